import type { NativeBinding, NativeCounters } from '../native.js'
import { typeError } from '../webidl/conversions.js'
import { formatBytes, makeReport } from './report.js'

/** Where the view is drawn: a terminal, or anything else that takes text. */
export interface StatisticsStream {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
  on?(event: 'error', listener: (error: Error) => void): unknown
  off?(event: 'error', listener: (error: Error) => void): unknown
}

export interface StatisticsViewOptions {
  /** Default process.stderr. */
  stream?: StatisticsStream
  /** Milliseconds between two pictures. Default 1,000. */
  interval?: number
}

/** Something that goes on until it is stopped. It does not keep the process alive. */
export interface Running {
  stop(): void
}

/** The longest that Node's timers wait. */
const MAX_INTERVAL = 2 ** 31 - 1

export function requireInterval(interval: unknown): number {
  if (typeof interval === 'number' && interval >= 1 && interval <= MAX_INTERVAL) return interval
  throw typeError('a number of milliseconds from 1 on', 'interval', interval)
}

const SHOWN_GROUPS = 5

interface Reading {
  time: number
  counters: NativeCounters
}

const percent = (part: number, whole: number): string => (whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`)

/** What has happened since the reading before. */
function rates(before: Reading, { time, counters }: Reading) {
  const seconds = Math.max((time - before.time) / 1000, 1e-3)
  const hits = counters.pool.hits - before.counters.pool.hits
  const misses = counters.pool.misses - before.counters.pool.misses
  return {
    hitRate: percent(hits, hits + misses),
    buffers: Math.round((hits + misses) / seconds),
    events: Math.round((counters.events - before.counters.events) / seconds),
    wakes: Math.round((counters.wakes - before.counters.wakes) / seconds),
  }
}

function picture(native: NativeBinding, start: number, before: Reading, now: Reading): string[] {
  const { rss, heapUsed, external } = process.memoryUsage()
  const { counters } = now
  const { pool } = counters
  const { hitRate, buffers, events, wakes } = rates(before, now)
  const lines = [
    `webcodecs-native  ${((now.time - start) / 1000).toFixed(0)} s  RSS ${formatBytes(rss)}  heap ${formatBytes(heapUsed)}  external ${formatBytes(external)}`,
    `pool   ${pool.inUse} in use (${formatBytes(pool.inUseBytes)})  ${pool.idle} idle (${formatBytes(pool.idleBytes)})  most ${formatBytes(pool.highWaterBytes)}  hits ${hitRate} of ${buffers}/s  evictions ${pool.evictions}`,
    `live   frames ${counters.frames}  pictures ${counters.pictures} (${formatBytes(counters.pictureBytes)})  audio ${counters.audioData}  codecs ${counters.codecs}  in flight ${counters.inFlight}`,
    `events ${events}/s in ${wakes} wakes/s`,
  ]
  if (native.tracksAllocations()) {
    const { groups, forgotten } = makeReport(native)
    const collected = forgotten.reduce((sum, { count }) => sum + count, 0)
    lines.push(`allocations, most live first  (${collected} collected without close())`)
    for (const group of groups.slice(0, SHOWN_GROUPS)) {
      lines.push(
        `  ${formatBytes(group.liveBytes).padStart(9)} in ${group.live}  ${group.source || '(unknown source)'}, ${group.kind}  ${group.stack[0] ?? ''}`,
      )
    }
  }
  return lines
}

/**
 * Draws the figures again and again: in place on a terminal, as one line each time elsewhere.
 * @param bindingOf the binding as it is now
 */
export function drawStatistics(bindingOf: () => NativeBinding, options: StatisticsViewOptions): Running {
  const { stream = process.stderr, interval = 1000 } = options
  if (typeof stream !== 'object' || stream === null || typeof stream.write !== 'function') {
    throw typeError('a stream with write()', 'stream', stream)
  }
  const period = requireInterval(interval)
  const read = (): Reading => ({ time: performance.now(), counters: bindingOf().counters() })
  const first = read()
  let before = first
  let drawn = 0
  const draw = (): void => {
    const now = read()
    const lines = picture(bindingOf(), first.time, before, now)
    before = now
    if (stream.isTTY) {
      const columns = stream.columns ?? 80
      const up = drawn > 0 ? `\x1b[${drawn}A` : ''
      stream.write(`${up}\r\x1b[J${lines.map((line) => `${line.slice(0, columns - 1)}\n`).join('')}`)
      drawn = lines.length
    } else {
      stream.write(`${lines.slice(0, 4).join(' | ')}\n`)
    }
  }
  const timer = setInterval(draw, period)
  timer.unref()
  // A pipe that nobody reads any more ends the view, not the program.
  const stop = (): void => {
    clearInterval(timer)
    stream.off?.('error', stop)
  }
  stream.on?.('error', stop)
  return { stop }
}
