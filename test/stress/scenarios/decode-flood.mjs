// 10,000 decode() calls at once do not become 10,000 pictures, even when JavaScript takes none of them for a while.
import { assert, assertNothingLives, counters, encodeClip, makeDecoder } from './support.mjs'

// Sixteen undelivered outputs, and what the decoder itself holds: its reference pictures and one per thread.
const mostPictures = 16 + 16 + 16
const { chunks, decoderConfig } = await encodeClip(50)
const flood = Array.from({ length: 10_000 }, (_, index) => chunks[index % chunks.length])
let most = 0
const { decoder, timestamps, errors } = makeDecoder(decoderConfig, {
  onFrame() {
    most = Math.max(most, counters().pictures)
  },
})
for (const chunk of flood) {
  decoder.decode(chunk)
  most = Math.max(most, counters().pictures)
}
assert.ok(decoder.decodeQueueSize > 1_000, `decodeQueueSize ${decoder.decodeQueueSize}`)
const end = performance.now() + 500
while (performance.now() < end) most = Math.max(most, counters().pictures)
await decoder.flush()
assert.deepEqual(errors, [])
assert.equal(timestamps.length, 10_000)
assert.ok(most > 0 && most <= mostPictures, `${most} pictures at once`)
decoder.close()
await assertNothingLives()
