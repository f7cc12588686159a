import { encodeFrames, encoderConfig, makeEncoder } from './support.mjs'

const size = { width: 1280, height: 720 }
const config = { ...encoderConfig, ...size }
encodeFrames(makeEncoder({ ...config, latencyMode: 'quality' }).encoder, 40, size)
encodeFrames(makeEncoder(config, { onChunk: () => process.exit(7) }).encoder, 40, size)
