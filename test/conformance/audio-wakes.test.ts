import { expect, it } from 'vitest'
import { counters } from '../../lib/index.js'
import { cut, decodeSound, encodeSound, tone } from '../helpers/audio-codecs.js'

const config = { codec: 'opus', sampleRate: 48000, numberOfChannels: 1, opus: { frameDuration: 2500, complexity: 0 } }

/** What one call costs: events, and how often JavaScript was woken for them. */
async function costOf<T>(work: () => Promise<T>): Promise<{ result: T; wakes: number; events: number }> {
  const before = counters()
  const result = await work()
  const after = counters()
  return { result, wakes: after.wakes - before.wakes, events: after.events - before.events }
}

it('wakes JavaScript once for many packets of sound', async () => {
  const sound = cut([tone(5, 48000, 440)], { pieces: () => 48000 })
  const encoded = await costOf(() => encodeSound(config, sound))
  const { chunks, config: decoderConfig } = encoded.result
  expect(chunks.length).toBeGreaterThan(2000)
  expect(encoded.wakes).toBeLessThan(encoded.events / 3)
  const decoded = await costOf(() => decodeSound(decoderConfig, chunks))
  expect(decoded.events).toBeGreaterThan(2000)
  expect(decoded.wakes).toBeLessThan(decoded.events / 3)
})
