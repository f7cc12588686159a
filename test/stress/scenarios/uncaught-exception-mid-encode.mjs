import { encodeFrames, encoderConfig, makeEncoder } from './support.mjs'

const size = { width: 1280, height: 720 }
const { encoder } = makeEncoder(
  { ...encoderConfig, ...size },
  {
    onChunk() {
      throw new Error('thrown by the output callback')
    },
  },
)
encodeFrames(encoder, 40, size)
encoder.flush()
