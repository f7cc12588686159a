import { encodeClip, encoderConfig, makeDecoder } from './support.mjs'

const { chunks, decoderConfig } = await encodeClip(30, { ...encoderConfig, width: 1280, height: 720 })
const { decoder } = makeDecoder(decoderConfig, { onFrame: () => process.exit(7) })
for (let i = 0; i < 10; i++) for (const chunk of chunks) decoder.decode(chunk)
