// An exception thrown by a callback is an uncaught exception, as in browsers; nothing else is disturbed.
import {
  assert,
  assertNothingLives,
  encodeClip,
  encodeFrames,
  encoderConfig,
  makeDecoder,
  makeEncoder,
} from './support.mjs'

const uncaught = []
process.on('uncaughtException', (error) => uncaught.push(error.message))

const throwing = makeEncoder(encoderConfig, {
  onChunk() {
    throw new Error(`chunk ${throwing.chunks.length}`)
  },
})
const other = makeEncoder()
encodeFrames(throwing.encoder, 10)
encodeFrames(other.encoder, 10)
await Promise.all([throwing.encoder.flush(), other.encoder.flush()])
assert.equal(throwing.chunks.length, 10)
assert.equal(other.chunks.length, 10)
assert.equal(throwing.encoder.state, 'configured')

const { chunks, decoderConfig } = await encodeClip(5)
const decoding = makeDecoder(decoderConfig, {
  onFrame(frame) {
    frame.close()
    throw new Error('frame')
  },
})
for (const chunk of chunks) decoding.decoder.decode(chunk)
await decoding.decoder.flush()
assert.equal(decoding.timestamps.length, 5)

const dequeuing = makeEncoder()
dequeuing.encoder.ondequeue = () => {
  throw new Error('dequeue')
}
encodeFrames(dequeuing.encoder, 3)
await dequeuing.encoder.flush()
assert.equal(dequeuing.chunks.length, 3)

await new Promise((resolve) => setTimeout(resolve, 50))
assert.deepEqual(
  uncaught.filter((message) => message.startsWith('chunk')),
  Array.from({ length: 10 }, (_, index) => `chunk ${index + 1}`),
)
assert.equal(uncaught.filter((message) => message === 'frame').length, 5)
assert.ok(uncaught.includes('dequeue'))
throwing.encoder.close()
other.encoder.close()
decoding.decoder.close()
dequeuing.encoder.close()
await assertNothingLives()
