// Frames that were given to encode() come out before the process ends, without a flush.
import { encodeFrames, makeEncoder } from './support.mjs'

const { encoder, chunks } = makeEncoder()
encodeFrames(encoder, 30)
process.on('exit', () => console.log(`chunks ${chunks.length}`))
