/** What VP9 demands of configurations (WebCodecs VP9 registration), and how they reach native code. */
import { notSupportedError } from '../errors.js'
import { BitstreamFormat } from '../native.js'
import { planSelfContainedDecoder } from './decoder-plan.js'
import { nativeEncoderConfig, quantizerReader } from './encoder-plan.js'
import { requireWithinLevel } from './level-limits.js'
import type { EncoderPlan, VideoCodec } from './video-codec.js'
import type { ParsedVideoEncoderConfig } from './video-encoder-config.js'
import { isVp9KeyChunk } from './vp9-bitstream.js'
import { parseVp9CodecString, type Vp9CodecString } from './vp9-codec-string.js'

/** The quantizer index of the bitstream (base_q_idx). Browsers take the scale of libvpx's command line, which ends at 63. */
const MAX_QUANTIZER = 255

/** By profile: the bit depths and chroma formats that it has (VP9 Bitstream Specification, section 7.2). */
const PROFILES = [
  { bitDepths: [8], chroma: [420] },
  { bitDepths: [8], chroma: [422, 444] },
  { bitDepths: [10, 12], chroma: [420] },
  { bitDepths: [10, 12], chroma: [422, 444] },
] as const

/**
 * The limits of level 6.2, the highest (VP9 Levels, version 1.1), are those of all strings: nothing in a VP9 stream
 * tells its level, so that none disagrees with its string, and browsers take "vp09.00.10.08" for any size.
 */
const LIMITS = {
  name: '6.2',
  maxPictureSize: 35651584,
  maxSampleRate: 4706009088,
  maxWidth: 16384,
  maxHeight: 16384,
  maxBitrate: 480_000_000,
} as const

function planEncoder(codec: Vp9CodecString, config: ParsedVideoEncoderConfig): EncoderPlan {
  const { profile, level, bitDepth, chroma } = codec
  const allowed = PROFILES[profile]!
  if (!allowed.bitDepths.some((value) => value === bitDepth) || !allowed.chroma.some((value) => value === chroma)) {
    const expected = `${allowed.bitDepths.join(' or ')} bits and ${allowed.chroma.join(' or ')}`
    throw notSupportedError(`expected ${expected} for profile ${profile} of VP9 but received ${config.codec}`)
  }
  if (config.alpha === 'keep' && profile !== 0) {
    throw notSupportedError(`expected "discard" for alpha of profile ${profile} but received "keep"`)
  }
  requireWithinLevel(config, LIMITS, 1)
  const stream = {
    codec: 'vp9',
    profile,
    constraints: 0,
    level,
    bitDepth,
    chroma: chroma!,
    bitstreamFormat: BitstreamFormat.lengthPrefixed,
    maxReferenceFrames: 0,
    maxBitrate: 0,
    maxCpbSize: 0,
  } as const
  return { config: nativeEncoderConfig(stream, config), quantizer }
}

const quantizer = quantizerReader('vp9', MAX_QUANTIZER)

export const vp9: VideoCodec = {
  parse(codecString) {
    const codec = parseVp9CodecString(codecString)
    return (
      codec && {
        planEncoder: (config) => planEncoder(codec, config),
        planDecoder: (config) => planSelfContainedDecoder('vp9', config, codec, isVp9KeyChunk, codec.color),
      }
    )
  },
}
