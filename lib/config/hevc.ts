/** What HEVC demands of configurations (WebCodecs HEVC registration), and how they reach native code. */
import { notSupportedError } from '../errors.js'
import { BitstreamFormat } from '../native.js'
import { type NalCodec, planNalDecoder } from './decoder-plan.js'
import { nativeEncoderConfig, quantizerReader, requireNoAlpha, requireWholeChroma } from './encoder-plan.js'
import { isHevcKeyChunk, parseHevcDecoderConfigurationRecord } from './hevc-bitstream.js'
import {
  constraintFlags,
  type HevcCodecString,
  HevcConstraint,
  type HevcFormat,
  HevcProfile,
  hevcFormat,
  parseHevcCodecString,
} from './hevc-codec-string.js'
import { type LevelLimits, requireWithinLevel } from './level-limits.js'
import type { DecoderPlan, EncoderPlan, VideoCodec } from './video-codec.js'
import type { ParsedVideoDecoderConfig } from './video-decoder-config.js'
import type { ParsedVideoEncoderConfig } from './video-encoder-config.js'

const MAX_QUANTIZER = 51
const MAX_DECODED_BIT_DEPTH = 12
/** Coded pictures consist of coding blocks that are at least this wide and high. */
const MIN_CODING_BLOCK_SIZE = 8
/** The unit of bit rates and buffer sizes in the level table, in bits: that of the Main profiles, which x265 keeps to in all of them. */
const CPB_VCL_FACTOR = 1000

const flags = HevcConstraint
/** What a stream of progressive frames says of itself. */
const SOURCE_FLAGS = flags.progressiveSource | flags.nonPacked | flags.frameOnly
const FORMAT_FLAGS = flags.max12Bit | flags.max10Bit | flags.max8Bit | flags.max422Chroma | flags.max420Chroma

interface EncodableProfile {
  /** The general_profile_compatibility_flags that its streams have. */
  readonly compatibility: number
  /** Flags of the first two constraint bytes that its streams can keep. */
  readonly keptConstraints: number
}

const ENCODABLE_PROFILES: ReadonlyMap<number, EncodableProfile> = new Map([
  // What a decoder for Main 10 can decode includes Main.
  [HevcProfile.main, { compatibility: 0x6, keptConstraints: SOURCE_FLAGS }],
  [HevcProfile.main10, { compatibility: 0x4, keptConstraints: SOURCE_FLAGS }],
  [
    HevcProfile.rangeExtensions,
    { compatibility: 0x10, keptConstraints: SOURCE_FLAGS | FORMAT_FLAGS | flags.lowerBitRate },
  ],
])

/** Formats of the range extensions that have a profile of their own for inter coding (ITU-T H.265, table A.2). */
const RANGE_EXTENSIONS_FORMATS: ReadonlySet<string> = new Set([
  '12 420',
  '10 422',
  '12 422',
  '8 444',
  '10 444',
  '12 444',
])

/** @throws NotSupportedError for a profile that there is no encoder for, or flags that its streams do not have */
function requireEncodableProfile(codec: HevcCodecString, codecString: string): HevcFormat {
  const profile = ENCODABLE_PROFILES.get(codec.profile)
  const format = hevcFormat(codec)
  const hasFormat =
    format &&
    (codec.profile !== HevcProfile.rangeExtensions ||
      RANGE_EXTENSIONS_FORMATS.has(`${format.bitDepth} ${format.chroma}`))
  if (!profile || !hasFormat) {
    throw notSupportedError(
      `expected Main, Main 10 or a range extensions profile of up to 12 bits for codec but received ${codecString}`,
    )
  }
  const hasOwnFlag = ((codec.compatibility >>> codec.profile) & 1) !== 0
  if (!hasOwnFlag || (codec.compatibility & ~profile.compatibility) !== 0) {
    const expected = profile.compatibility.toString(16)
    throw notSupportedError(`expected ${expected} for the compatibility flags of codec but received ${codecString}`)
  }
  const hasOtherBytes = codec.constraints.slice(2).some((byte) => byte !== 0)
  if (hasOtherBytes || (constraintFlags(codec) & ~profile.keptConstraints) !== 0) {
    throw notSupportedError(`expected constraint flags of progressive video for codec but received ${codecString}`)
  }
  return format
}

function limitsOf({ level, levelIdc, tier }: HevcCodecString): LevelLimits {
  // Neither side may be longer than the square root of eight times the picture size.
  const maxSide = Math.floor(Math.sqrt(level.maxPictureSize * 8))
  return {
    name: (levelIdc / 30).toFixed(1),
    maxPictureSize: level.maxPictureSize,
    maxSampleRate: level.maxSampleRate,
    maxWidth: maxSide,
    maxHeight: maxSide,
    maxBitrate: level.maxBitrate[tier] * CPB_VCL_FACTOR,
  }
}

/** ITU-T H.265, A.4.2: MaxDpbSize, which counts the current picture too. */
function maxDecodedPictures(pictureSize: number, maxPictureSize: number): number {
  if (pictureSize <= maxPictureSize / 4) return 16
  if (pictureSize <= maxPictureSize / 2) return 12
  return pictureSize <= (maxPictureSize * 3) / 4 ? 8 : 6
}

function planEncoder(codec: HevcCodecString, config: ParsedVideoEncoderConfig): EncoderPlan {
  const { bitDepth, chroma } = requireEncodableProfile(codec, config.codec)
  const limits = limitsOf(codec)
  if (limits.maxBitrate === 0) {
    throw notSupportedError(`expected the Main tier below level 4.0 for codec but received ${config.codec}`)
  }
  requireNoAlpha(config)
  requireWholeChroma(config, chroma)
  requireWithinLevel(config, limits, MIN_CODING_BLOCK_SIZE)
  const stream = {
    codec: 'hevc',
    profile: codec.profile,
    constraints: codec.tier,
    level: codec.levelIdc,
    bitDepth,
    chroma,
    bitstreamFormat: config.hevc?.format === 'annexb' ? BitstreamFormat.annexb : BitstreamFormat.lengthPrefixed,
    maxReferenceFrames: maxDecodedPictures(config.width * config.height, limits.maxPictureSize) - 1,
    maxBitrate: limits.maxBitrate,
    maxCpbSize: codec.level.maxCpbSize[codec.tier] * CPB_VCL_FACTOR,
  } as const
  return { config: nativeEncoderConfig(stream, config), quantizer }
}

const quantizer = quantizerReader('hevc', MAX_QUANTIZER)

const nalCodec: NalCodec = {
  codec: 'hevc',
  recordName: 'HEVCDecoderConfigurationRecord',
  parseRecord: parseHevcDecoderConfigurationRecord,
  isKeyChunk: isHevcKeyChunk,
}

/** Whether a decoder of one of the profiles known here can decode the stream, whatever profile it has itself. */
function isDecodable(codec: HevcCodecString): boolean {
  const format = hevcFormat(codec)
  if (format) return format.bitDepth <= MAX_DECODED_BIT_DEPTH
  return Object.values(HevcProfile).some((profile) => ((codec.compatibility >>> profile) & 1) !== 0)
}

function planDecoder(codec: HevcCodecString, config: ParsedVideoDecoderConfig): DecoderPlan {
  if (!isDecodable(codec)) {
    throw notSupportedError(
      `expected Main, Main 10, Main Still Picture or range extensions of up to 12 bits for codec but received ${config.codec}`,
    )
  }
  return planNalDecoder(nalCodec, config, hevcFormat(codec))
}

export const hevc: VideoCodec = {
  parse(codecString) {
    const codec = parseHevcCodecString(codecString)
    return (
      codec && {
        planEncoder: (config) => planEncoder(codec, config),
        planDecoder: (config) => planDecoder(codec, config),
      }
    )
  },
}
