import {
  assert,
  assertAborted,
  assertNothingLives,
  encodeFrames,
  encoderConfig,
  makeEncoder,
  timestampOf,
} from './support.mjs'

const { encoder, chunks, errors } = makeEncoder(null)
const aborted = []
for (let round = 0; round < 200; round++) {
  encoder.configure(encoderConfig)
  encodeFrames(encoder, 3, { from: 1000 + round * 3 })
  if (round % 3 === 0) aborted.push(assertAborted(encoder.flush()))
  encoder.reset()
  assert.equal(encoder.state, 'unconfigured')
  assert.equal(encoder.encodeQueueSize, 0)
}
await Promise.all(aborted)
chunks.length = 0

encoder.configure(encoderConfig)
encodeFrames(encoder, 10)
await encoder.flush()
assert.deepEqual(
  chunks.map((chunk) => chunk.timestamp),
  Array.from({ length: 10 }, (_, index) => timestampOf(index)),
)
assert.equal(chunks[0].type, 'key')
assert.deepEqual(errors, [])
encoder.close()
await assertNothingLives()
