// Callbacks may call any method of the codec that called them.
import {
  assert,
  assertAborted,
  assertNothingLives,
  encodeFrames,
  encoderConfig,
  makeEncoder,
  until,
} from './support.mjs'

const closing = makeEncoder(encoderConfig, { onChunk: () => closing.encoder.close() })
encodeFrames(closing.encoder, 20)
await assertAborted(closing.encoder.flush())
assert.equal(closing.chunks.length, 1)

const resetting = makeEncoder(encoderConfig, {
  onChunk() {
    if (resetting.chunks.length > 3) return
    resetting.encoder.reset()
    resetting.encoder.configure(encoderConfig)
    encodeFrames(resetting.encoder, 5)
  },
})
encodeFrames(resetting.encoder, 5)
await assertAborted(resetting.encoder.flush())
await resetting.encoder.flush().catch(() => {})
await resetting.encoder.flush().catch(() => {})
await resetting.encoder.flush()
assert.equal(resetting.chunks.length, 3 + 5)
resetting.encoder.close()

const flushing = makeEncoder(encoderConfig, {
  onChunk() {
    flushes.push(flushing.encoder.flush())
    if (flushing.chunks.length < 5) encodeFrames(flushing.encoder, 1, { from: flushing.chunks.length })
  },
})
const flushes = []
encodeFrames(flushing.encoder, 1)
await flushing.encoder.flush()
await until(() => flushes.length === 5, 'the fifth chunk')
await Promise.all(flushes)
assert.equal(flushing.chunks.length, 5)
flushing.encoder.close()
await assertNothingLives()
