import { assert, assertNothingLives, encodeFrames, encoderConfig, makeEncoder } from './support.mjs'

const sizes = [
  { width: 320, height: 240 },
  { width: 160, height: 96 },
  { width: 640, height: 360 },
  { width: 322, height: 242 },
]
const rounds = 60
const { encoder, chunks, metadata, errors } = makeEncoder(null)
for (let round = 0; round < rounds; round++) {
  const size = sizes[round % sizes.length]
  const latencyMode = round % 2 ? 'quality' : 'realtime'
  encoder.configure({ ...encoderConfig, ...size, latencyMode })
  encodeFrames(encoder, 2, { from: round * 2, ...size })
}
await encoder.flush()
assert.deepEqual(errors, [])
assert.equal(chunks.length, rounds * 2)
const configs = metadata.map((data) => data?.decoderConfig).filter(Boolean)
assert.deepEqual(
  configs.map(({ codedWidth, codedHeight }) => ({ width: codedWidth, height: codedHeight })),
  Array.from({ length: rounds }, (_, round) => sizes[round % sizes.length]),
)
encoder.close()
await assertNothingLives()
