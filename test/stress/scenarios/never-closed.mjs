// Codecs that are never closed do not keep the process, and what they finished is given back.
import { assert, encodeClip, encodeFrames, liveCounters, makeDecoder, makeEncoder, until } from './support.mjs'

const { encoder, chunks } = makeEncoder()
encodeFrames(encoder, 10)
await encoder.flush()
assert.equal(chunks.length, 10)

const clip = await encodeClip(10)
const { decoder, timestamps } = makeDecoder(clip.decoderConfig)
for (const chunk of clip.chunks) decoder.decode(chunk)
await decoder.flush()
assert.equal(timestamps.length, 10)
await until(
  () => liveCounters().codecs === 2 && !liveCounters().frames && !liveCounters().packets,
  'only the two codecs to live',
)
