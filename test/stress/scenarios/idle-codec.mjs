// A configured codec with nothing to do does not keep the process.
import { encodeClip, makeDecoder, makeEncoder } from './support.mjs'

makeEncoder()
const { decoderConfig } = await encodeClip(2)
makeDecoder(decoderConfig)
