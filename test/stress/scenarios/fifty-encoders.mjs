import { assert, assertNothingLives, encodeFrames, encoderConfig, makeEncoder, timestampOf } from './support.mjs'

const size = { width: 160, height: 96 }
const encoders = Array.from({ length: 50 }, () => makeEncoder({ ...encoderConfig, ...size }))
for (let from = 0; from < 20; from += 5) {
  for (const { encoder } of encoders) encodeFrames(encoder, 5, { from, ...size })
}
await Promise.all(encoders.map(({ encoder }) => encoder.flush()))
const expected = Array.from({ length: 20 }, (_, index) => timestampOf(index))
for (const { encoder, chunks, errors } of encoders) {
  assert.deepEqual(errors, [])
  assert.deepEqual(
    chunks.map((chunk) => chunk.timestamp),
    expected,
  )
  encoder.close()
}
await assertNothingLives()
