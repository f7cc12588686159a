/** What AV1 demands of configurations (WebCodecs AV1 registration), and how they reach native code. */
import { notSupportedError } from '../errors.js'
import { BitstreamFormat } from '../native.js'
import { isAv1KeyChunk } from './av1-bitstream.js'
import { type Av1CodecString, Av1Profile, parseAv1CodecString } from './av1-codec-string.js'
import { AV1_LEVELS, FIRST_LEVEL_WITH_TIERS, MAXIMUM_PARAMETERS } from './av1-levels.js'
import { planSelfContainedDecoder } from './decoder-plan.js'
import { nativeEncoderConfig, quantizerReader, requireNoAlpha } from './encoder-plan.js'
import { requireWithinLevel } from './level-limits.js'
import type { EncoderPlan, VideoCodec } from './video-codec.js'
import type { ParsedVideoEncoderConfig } from './video-encoder-config.js'

/** The quantizer index of the bitstream (base_q_idx). */
const MAX_QUANTIZER = 255

/** By profile: what bit rates are multiplied with (section A.3, BitrateProfileFactor). */
const BITRATE_PROFILE_FACTOR = [1, 2, 3] as const

/** Whether the profile has the bit depth and chroma format (section 6.4.1, seq_profile). Monochrome is left out. */
function isCodable({ profile, bitDepth, chroma }: Av1CodecString): boolean {
  switch (profile) {
    case Av1Profile.main:
      return bitDepth < 12 && chroma === 420
    case Av1Profile.high:
      return bitDepth < 12 && chroma === 444
    default:
      return bitDepth === 12 ? chroma !== 400 : chroma === 422
  }
}

/**
 * @returns bits per second; 0 for no limit
 * @throws NotSupportedError when the level is reserved, or passed
 */
function requireLevel({ levelIdx, tier, profile }: Av1CodecString, config: ParsedVideoEncoderConfig): number {
  if (tier === 1 && levelIdx < FIRST_LEVEL_WITH_TIERS) {
    throw notSupportedError(`expected the Main tier below level 4.0 for codec but received ${config.codec}`)
  }
  if (levelIdx === MAXIMUM_PARAMETERS) return 0
  const level = AV1_LEVELS.get(levelIdx)
  if (!level) throw notSupportedError(`expected a defined level for codec but received ${config.codec}`)
  const maxBitrate = level.maxBitrate[tier] * BITRATE_PROFILE_FACTOR[profile]!
  requireWithinLevel(config, { ...level, maxBitrate }, 1)
  return maxBitrate
}

function planEncoder(codec: Av1CodecString, config: ParsedVideoEncoderConfig): EncoderPlan {
  if (!isCodable(codec)) {
    throw notSupportedError(
      `expected a bit depth and chroma format of the profile for codec but received ${config.codec}`,
    )
  }
  requireNoAlpha(config)
  const maxBitrate = requireLevel(codec, config)
  const stream = {
    codec: 'av1',
    profile: codec.profile,
    constraints: codec.tier,
    level: codec.levelIdx,
    bitDepth: codec.bitDepth,
    chroma: codec.chroma,
    bitstreamFormat: BitstreamFormat.lengthPrefixed,
    maxReferenceFrames: 0,
    maxBitrate,
    maxCpbSize: maxBitrate,
  } as const
  return { config: nativeEncoderConfig(stream, config), quantizer }
}

const quantizer = quantizerReader('av1', MAX_QUANTIZER)

export const av1: VideoCodec = {
  parse(codecString) {
    const codec = parseAv1CodecString(codecString)
    return (
      codec && {
        planEncoder: (config) => planEncoder(codec, config),
        planDecoder: (config) => planSelfContainedDecoder('av1', config, codec, isAv1KeyChunk, codec.color),
      }
    )
  },
}
