import {
  assertNothingLives,
  encodeClip,
  encodeFrames,
  encoderConfig,
  makeDecoder,
  makeEncoder,
  until,
} from './support.mjs'

const clip = await encodeClip(20)
for (const latencyMode of ['realtime', 'quality']) {
  const { encoder, chunks } = makeEncoder({ ...encoderConfig, codec: 'avc1.640028', latencyMode })
  encodeFrames(encoder, 60)
  await until(() => chunks.length > 0, 'the first chunk')
  encoder.close()
}
const { decoder, timestamps } = makeDecoder(clip.decoderConfig)
for (const chunk of clip.chunks) decoder.decode(chunk)
await until(() => timestamps.length > 0, 'the first frame')
decoder.close()
await assertNothingLives()
