import { describe, expect, it } from 'vitest'
import type { EncodedVideoChunk } from '../../lib/index.js'
import { baseConfig, encodeAll, makeFrame } from '../helpers/codecs.js'

interface Times {
  timestamp: number
  duration?: number
}

async function timesOfChunks(times: Times[], latencyMode: 'realtime' | 'quality') {
  const frames = times.map((init, index) => makeFrame(index, init))
  const { chunks } = await encodeAll({ ...baseConfig, codec: 'avc1.64001f', latencyMode }, frames)
  return chunks.map(({ timestamp, duration }: EncodedVideoChunk) => ({ timestamp, duration }))
}

const cases: Record<string, Times[]> = {
  'at a steady rate': Array.from({ length: 40 }, (_, i) => ({ timestamp: i * 33_333, duration: 33_333 })),
  'at a variable rate': Array.from({ length: 40 }, (_, i) => ({ timestamp: i * i * 977, duration: (2 * i + 1) * 977 })),
  'with long gaps': Array.from({ length: 20 }, (_, i) => ({ timestamp: i * 3_600_000_000, duration: 1 })),
  'one microsecond apart': Array.from({ length: 20 }, (_, i) => ({ timestamp: 5_000_000 + i, duration: 1 })),
  'all the same': Array.from({ length: 20 }, (_, i) => ({ timestamp: 777, duration: 100 + i })),
  'in pairs': Array.from({ length: 30 }, (_, i) => ({ timestamp: Math.floor(i / 2) * 40_000, duration: i })),
  decreasing: Array.from({ length: 30 }, (_, i) => ({ timestamp: (30 - i) * 33_333, duration: i })),
  'to and fro': Array.from({ length: 30 }, (_, i) => ({ timestamp: ((i * 7) % 30) * 10_000, duration: i })),
  negative: Array.from({ length: 30 }, (_, i) => ({ timestamp: (i - 15) * 33_333, duration: 33_333 })),
  'at the limits of safe integers': [-9_007_199_254_740_991, -1, 0, 9_007_199_254_740_991].map((timestamp) => ({
    timestamp,
    duration: 0,
  })),
}

describe.each(['realtime', 'quality'] as const)(
  'timestamps and durations in %s mode come back exactly',
  (latencyMode) => {
    it.each(Object.entries(cases))('%s', async (_, times) => {
      const byBoth = (a: Times, b: Times) => a.timestamp - b.timestamp || (a.duration ?? 0) - (b.duration ?? 0)
      const received = (await timesOfChunks(times, latencyMode)) as Times[]
      expect([...received].sort(byBoth)).toEqual([...times].sort(byBoth))
    })

    it('with null for a frame without a duration', async () => {
      const received = await timesOfChunks(
        [{ timestamp: 0 }, { timestamp: 10, duration: 7 }, { timestamp: 20 }],
        latencyMode,
      )
      expect(received.sort((a, b) => a.timestamp - b.timestamp).map(({ duration }) => duration)).toEqual([
        null,
        7,
        null,
      ])
    })
  },
)

it('chunks come in the order of the frames in realtime mode, whatever their timestamps', async () => {
  const timestamps = [50, 40, 40, -3, 1_000_000, 0, 0]
  const received = await timesOfChunks(
    timestamps.map((timestamp) => ({ timestamp })),
    'realtime',
  )
  expect(received.map(({ timestamp }) => timestamp)).toEqual(timestamps)
})
