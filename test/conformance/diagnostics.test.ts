/** Who allocated what, the live view, and metrics. What is planted is found: test/guardrails/allocation_tracker.js. */
import { spawnSync } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { PerformanceObserver } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  channelNames,
  enableAllocationTracking,
  getAllocationReport,
  isAllocationTrackingEnabled,
  showStatistics,
  startMetrics,
  statisticsMark,
} from '../../lib/diagnostics.js'
import { VideoFrame } from '../../lib/index.js'

const makeFrame = () =>
  new VideoFrame(new Uint8Array(16 * 16 * 4), { format: 'RGBA', codedWidth: 16, codedHeight: 16, timestamp: 0 })

afterEach(() => enableAllocationTracking(false))

describe('the allocation report', () => {
  test('is off until it is asked for', () => {
    expect(isAllocationTrackingEnabled()).toBe(false)
    enableAllocationTracking(true)
    expect(isAllocationTrackingEnabled()).toBe(true)
    expect(getAllocationReport()).toMatchObject({ tracking: true, groups: [], live: [], repeated: [], forgotten: [] })
  })

  test('has size, kind, source and stack of what is alive', () => {
    enableAllocationTracking(true)
    const frame = makeFrame()
    const [allocation] = getAllocationReport().live
    expect(allocation).toMatchObject({ size: 1024, kind: 'copy', source: 'VideoFrame' })
    expect(allocation?.stack[0]).toContain('makeFrame')
    frame.close()
    expect(getAllocationReport()).toMatchObject({ live: [], groups: [{ count: 1, live: 0, mostLive: 1 }] })
  })

  test('is an object, JSON or text', () => {
    enableAllocationTracking(true)
    makeFrame().close()
    expect(JSON.parse(getAllocationReport('json')).groups).toEqual(getAllocationReport().groups)
    expect(getAllocationReport('text')).toMatch(/VideoFrame, copy: 1 allocations/)
  })

  test('begins anew each time', () => {
    enableAllocationTracking(true)
    const frame = makeFrame()
    enableAllocationTracking(false)
    expect(getAllocationReport().groups).toHaveLength(1)
    enableAllocationTracking(true)
    frame.close()
    expect(getAllocationReport().groups).toEqual([])
  })

  test('wants arguments that it knows', () => {
    expect(() => enableAllocationTracking(1 as never)).toThrow('expected a boolean for enabled but received 1')
    expect(() => getAllocationReport('xml' as never)).toThrow(TypeError)
    expect(() => getAllocationReport('object', { repeatedAfter: 0 })).toThrow(TypeError)
  })

  test('is printed at the end with DEBUG_BUFFER_ALLOC=true', () => {
    const program = `import { VideoFrame } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)}
      function keep() {
        return new VideoFrame(new Uint8Array(1024), { format: 'RGBA', codedWidth: 16, codedHeight: 16, timestamp: 0 })
      }
      globalThis.kept = keep()`
    const run = (value: string) =>
      spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
        env: { ...process.env, DEBUG_BUFFER_ALLOC: value },
        encoding: 'utf8',
      })
    expect(run('true').stderr).toMatch(/Still alive:\n {2}VideoFrame, copy: 1 live.*\n {6}at keep/)
    expect(run('false').stderr).toBe('')
  })
})

describe('the live view', () => {
  /** Lines that are written in some time, to a terminal or not. */
  async function written(isTTY: boolean): Promise<string[]> {
    const texts: string[] = []
    const view = showStatistics({ stream: { isTTY, columns: 60, write: (text) => texts.push(text) }, interval: 10 })
    await vi.waitFor(() => expect(texts.length).toBeGreaterThan(2))
    view.stop()
    view.stop()
    return texts
  }

  test('is drawn in place on a terminal, within its width', async () => {
    const [first, second] = await written(true)
    expect(first).toContain('RSS')
    // Up over the lines before, and all below erased.
    expect(second?.startsWith(`\x1b[${first!.split('\n').length - 1}A\r\x1b[J`)).toBe(true)
    for (const line of first!.replace('\r\x1b[J', '').split('\n')) expect(line.length).toBeLessThan(60)
  })

  test('is a line each time elsewhere, without escape codes', async () => {
    for (const text of await written(false)) {
      expect(text).toMatch(/^webcodecs-native.*pool.*\n$/)
      expect(text).not.toContain('\x1b')
    }
  })

  test('runs beside a program with `webcodecs-native watch`', () => {
    const command = fileURLToPath(new URL('../../bin/webcodecs-native.mjs', import.meta.url))
    const program = fileURLToPath(new URL('../helpers/short-lived.mjs', import.meta.url))
    const { status, stdout, stderr } = spawnSync(process.execPath, [command, 'watch', program, '7'], {
      encoding: 'utf8',
    })
    expect(stderr).toMatch(/RSS .* MB/)
    expect(stdout).toBe('ends with 7\n')
    expect(status).toBe(7)
  })

  test('wants a stream and an interval', () => {
    expect(() => showStatistics({ stream: {} as never })).toThrow(TypeError)
    expect(() => showStatistics({ interval: 0 })).toThrow(TypeError)
  })
})

describe('metrics', () => {
  test('go to the channel and to performance observers, and do not pile up', async () => {
    const messages: unknown[] = []
    const marks: unknown[] = []
    const receive = (message: unknown) => messages.push(message)
    const observer = new PerformanceObserver((list) => {
      for (const mark of list.getEntriesByName(statisticsMark)) marks.push((mark as PerformanceMark).detail)
    })
    observer.observe({ entryTypes: ['mark'] })
    subscribe(channelNames.statistics, receive)
    const metrics = startMetrics({ interval: 10 })
    await vi.waitFor(() => expect(Math.min(messages.length, marks.length)).toBeGreaterThan(1))
    metrics.stop()
    unsubscribe(channelNames.statistics, receive)
    observer.disconnect()
    expect(messages[0]).toMatchObject({ counters: { frames: 0 }, poolHits: 0, poolMisses: 0 })
    expect(marks[0]).toEqual(messages[0])
    expect(performance.getEntriesByName(statisticsMark)).toEqual([])
  })

  test('tell of what is found while allocations are tracked', async () => {
    const found: unknown[] = []
    const receive = (message: unknown) => found.push(message)
    subscribe(channelNames.repeatedAllocation, receive)
    enableAllocationTracking(true)
    const metrics = startMetrics({ interval: 10 })
    const frames = Array.from({ length: 120 }, makeFrame)
    await vi.waitFor(() => expect(found.length).toBe(1))
    metrics.stop()
    for (const frame of frames) frame.close()
    unsubscribe(channelNames.repeatedAllocation, receive)
    expect(found[0]).toMatchObject({ source: 'VideoFrame', live: 120 })
  })

  test('want an interval', () => {
    expect(() => startMetrics({ interval: Number.NaN })).toThrow(TypeError)
  })
})
