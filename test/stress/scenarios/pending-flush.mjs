// Nothing but a pending flush keeps this process.
import { encodeFrames, encoderConfig, makeEncoder } from './support.mjs'

const { encoder, chunks } = makeEncoder({ ...encoderConfig, latencyMode: 'quality' })
encodeFrames(encoder, 30)
encoder.flush().then(() => console.log(`flushed ${chunks.length}`))
