import { assert, assertNothingLives, encodeClip, encoderConfig, makeDecoder } from './support.mjs'

const small = await encodeClip(4, { ...encoderConfig, width: 160, height: 96 })
const large = await encodeClip(4, { ...encoderConfig, width: 640, height: 360 })
const widths = []
const { decoder, errors } = makeDecoder(null, { onFrame: (frame) => widths.push(frame.codedWidth) })
for (let round = 0; round < 50; round++) {
  const clip = round % 2 ? large : small
  decoder.configure(clip.decoderConfig)
  for (const chunk of clip.chunks) decoder.decode(chunk)
}
await decoder.flush()
assert.deepEqual(errors, [])
assert.deepEqual(
  widths,
  Array.from({ length: 200 }, (_, index) => (Math.floor(index / 4) % 2 ? 640 : 160)),
)
decoder.close()
await assertNothingLives()
