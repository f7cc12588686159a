/** What VP8 demands of configurations (WebCodecs VP8 registration), and how they reach native code. */
import { notSupportedError } from '../errors.js'
import { BitstreamFormat } from '../native.js'
import { planSelfContainedDecoder } from './decoder-plan.js'
import { nativeEncoderConfig } from './encoder-plan.js'
import type { EncoderPlan, VideoCodec } from './video-codec.js'
import type { ParsedVideoEncoderConfig } from './video-encoder-config.js'

/** Sizes have 14 bits in the frame header (RFC 6386, section 9.1). */
const MAX_SIDE = 16383
const FORMAT = { bitDepth: 8, chroma: 420 } as const
const FRAME_TAG_SIZE = 3
const START_CODE = [0x9d, 0x01, 0x2a] as const

/**
 * Whether the frame is a key frame: the lowest bit of its frame tag is 0, and a start code follows (RFC 6386, section
 * 9.1).
 * @returns undefined when the data breaks off, or is empty, before that is known
 */
export function isVp8KeyChunk(data: Uint8Array): boolean | undefined {
  if (data.length === 0) return undefined
  if ((data[0]! & 1) !== 0) return false
  if (data.length < FRAME_TAG_SIZE + START_CODE.length) return undefined
  return START_CODE.every((byte, index) => data[FRAME_TAG_SIZE + index] === byte)
}

function planEncoder(config: ParsedVideoEncoderConfig): EncoderPlan {
  const { width, height } = config
  if (config.bitrateMode === 'quantizer') {
    throw notSupportedError('expected "constant" or "variable" for bitrateMode of VP8 but received "quantizer"')
  }
  if (width > MAX_SIDE || height > MAX_SIDE) {
    throw notSupportedError(`expected at most ${MAX_SIDE}x${MAX_SIDE} for VP8 but received ${width}x${height}`)
  }
  const stream = {
    codec: 'vp8',
    profile: 0,
    constraints: 0,
    level: 0,
    ...FORMAT,
    bitstreamFormat: BitstreamFormat.lengthPrefixed,
    maxReferenceFrames: 0,
    maxBitrate: 0,
    maxCpbSize: 0,
  } as const
  // The registration knows no quantizer.
  return { config: nativeEncoderConfig(stream, config), quantizer: () => undefined }
}

export const vp8: VideoCodec = {
  parse(codecString) {
    if (codecString !== 'vp8') return null
    return {
      planEncoder,
      planDecoder: (config) => planSelfContainedDecoder('vp8', config, FORMAT, isVp8KeyChunk, null),
    }
  },
}
