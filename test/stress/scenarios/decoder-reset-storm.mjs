import { assert, assertAborted, assertNothingLives, encodeClip, makeDecoder } from './support.mjs'

const { chunks, decoderConfig } = await encodeClip(12)
const { decoder, timestamps, errors } = makeDecoder(null)
const aborted = []
for (let round = 0; round < 150; round++) {
  decoder.configure({ ...decoderConfig, optimizeForLatency: round % 2 === 0 })
  for (const chunk of chunks.slice(0, 1 + (round % 12))) decoder.decode(chunk)
  if (round % 3 === 0) aborted.push(assertAborted(decoder.flush()))
  decoder.reset()
  assert.equal(decoder.decodeQueueSize, 0)
}
await Promise.all(aborted)
timestamps.length = 0

decoder.configure(decoderConfig)
for (const chunk of chunks) decoder.decode(chunk)
await decoder.flush()
assert.deepEqual(
  timestamps,
  chunks.map((chunk) => chunk.timestamp),
)
assert.deepEqual(errors, [])
decoder.close()
await assertNothingLives()
