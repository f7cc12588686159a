// reset() gives back all but the codec itself.
import {
  assert,
  assertNothingLives,
  encodeClip,
  encodeFrames,
  encoderConfig,
  liveCounters,
  makeDecoder,
  makeEncoder,
  until,
} from './support.mjs'

const clip = await encodeClip(20)
const { encoder, chunks } = makeEncoder({ ...encoderConfig, codec: 'avc1.640028', latencyMode: 'quality' })
encodeFrames(encoder, 60)
await until(() => chunks.length > 0, 'the first chunk')
encoder.reset()
const { decoder, timestamps } = makeDecoder(clip.decoderConfig)
for (const chunk of clip.chunks) decoder.decode(chunk)
await until(() => timestamps.length > 0, 'the first frame')
decoder.reset()
const others = ({ codecs, ...rest }) => rest
await until(() => Object.keys(others(liveCounters())).length === 0, 'everything but the codecs to go')
assert.equal(encoder.state, 'unconfigured')
encoder.close()
decoder.close()
await assertNothingLives()
