import { channel } from 'node:diagnostics_channel'
import type { NativeBinding, NativeCounters } from '../native.js'
import { type AllocationGroup, type ForgottenMedia, makeReport } from './report.js'
import { type Running, requireInterval } from './statistics-view.js'

/** Names of the channels of `node:diagnostics_channel` that metrics go to. */
export const channelNames = {
  /** A StatisticsMessage each interval. */
  statistics: 'webcodecs-native:statistics',
  /** While allocations are tracked: an AllocationGroup that has begun to repeat. */
  repeatedAllocation: 'webcodecs-native:repeated-allocation',
  /** While allocations are tracked: a ForgottenMedia with what was collected since the message before. */
  forgotten: 'webcodecs-native:forgotten',
} as const

/** The name of the performance marks that carry a StatisticsMessage as `detail`. */
export const statisticsMark = 'webcodecs-native:statistics'

export interface StatisticsMessage {
  counters: NativeCounters
  /** Since the message before: milliseconds, and what happened meanwhile. */
  elapsed: number
  poolHits: number
  poolMisses: number
  poolEvictions: number
  events: number
  wakes: number
}

export interface MetricsOptions {
  /** Milliseconds between two messages. Default 10,000. */
  interval?: number
}

const keyOf = ({ source, stack, ...rest }: AllocationGroup | ForgottenMedia): string =>
  [source, 'kind' in rest ? rest.kind : rest.interface, ...stack].join('\n')

/** What a thread publishes each interval. */
class Metrics {
  readonly #bindingOf: () => NativeBinding
  #time = performance.now()
  #counters: NativeCounters
  readonly #repeated = new Set<string>()
  readonly #forgotten = new Map<string, number>()

  constructor(bindingOf: () => NativeBinding) {
    this.#bindingOf = bindingOf
    this.#counters = bindingOf().counters()
  }

  publish(): void {
    const native = this.#bindingOf()
    const message = this.#message(native.counters())
    channel(channelNames.statistics).publish(message)
    performance.mark(statisticsMark, { detail: message })
    // Observers have it; the timeline, which nobody empties, would keep it for ever.
    performance.clearMarks(statisticsMark)
    if (native.tracksAllocations()) this.#publishFindings(native)
  }

  #message(counters: NativeCounters): StatisticsMessage {
    const now = performance.now()
    const before = this.#counters
    const message = {
      counters,
      elapsed: now - this.#time,
      poolHits: counters.pool.hits - before.pool.hits,
      poolMisses: counters.pool.misses - before.pool.misses,
      poolEvictions: counters.pool.evictions - before.pool.evictions,
      events: counters.events - before.events,
      wakes: counters.wakes - before.wakes,
    }
    this.#time = now
    this.#counters = counters
    return message
  }

  #publishFindings(native: NativeBinding): void {
    const { repeated, forgotten } = makeReport(native)
    for (const group of repeated) {
      const key = keyOf(group)
      if (this.#repeated.has(key)) continue
      this.#repeated.add(key)
      channel(channelNames.repeatedAllocation).publish(group)
    }
    for (const media of forgotten) {
      const key = keyOf(media)
      // Fewer than before: tracking began anew.
      const known = this.#forgotten.get(key) ?? 0
      const count = media.count >= known ? media.count - known : media.count
      this.#forgotten.set(key, media.count)
      if (count > 0) channel(channelNames.forgotten).publish({ ...media, count })
    }
  }
}

export function publishMetrics(bindingOf: () => NativeBinding, { interval = 10_000 }: MetricsOptions): Running {
  const period = requireInterval(interval)
  const metrics = new Metrics(bindingOf)
  const timer = setInterval(() => metrics.publish(), period)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}
