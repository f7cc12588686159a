/** What H.264 demands of configurations (WebCodecs AVC registration), and how they reach native code. */
import { notSupportedError } from '../errors.js'
import { BitstreamFormat } from '../native.js'
import { isAvcKeyChunk, parseAvcDecoderConfigurationRecord } from './avc-bitstream.js'
import { type AvcCodecString, AvcProfile, CONSTRAINT_SET3, parseAvcCodecString } from './avc-codec-string.js'
import { type NalCodec, planNalDecoder } from './decoder-plan.js'
import { nativeEncoderConfig, quantizerReader, requireNoAlpha, requireWholeChroma } from './encoder-plan.js'
import { type LevelLimits, requireWithinLevel } from './level-limits.js'
import type { DecoderPlan, EncoderPlan, VideoCodec } from './video-codec.js'
import type { ParsedVideoDecoderConfig } from './video-decoder-config.js'
import type { ParsedVideoEncoderConfig } from './video-encoder-config.js'

interface EncodableProfile {
  readonly bitDepth: number
  readonly chroma: number
  /** The unit of bit rates and buffer sizes in the level table, in bits (ITU-T H.264, table A-2: cpbBrVclFactor). */
  readonly bitrateFactor: number
  /**
   * The constraint_set flags that streams made here can keep, besides those that x264 signals anyhow (ITU-T H.264, A.2):
   * a Baseline stream is Constrained Baseline and fits Extended; 4 means frames only and 5 no B slices.
   */
  readonly keptConstraints: number
}

const profile = (
  bitDepth: number,
  chroma: number,
  bitrateFactor: number,
  keptConstraints: number,
): EncodableProfile => ({ bitDepth, chroma, bitrateFactor, keptConstraints })

const ENCODABLE_PROFILES: ReadonlyMap<number, EncodableProfile> = new Map([
  [AvcProfile.baseline, profile(8, 420, 1000, 0xe0)],
  [AvcProfile.main, profile(8, 420, 1000, 0x4c)],
  [AvcProfile.high, profile(8, 420, 1250, 0x0c)],
  [AvcProfile.high10, profile(10, 420, 3000, 0x08)],
  [AvcProfile.high422, profile(10, 422, 4000, 0)],
  [AvcProfile.high444, profile(8, 444, 4000, 0)],
])

const DECODABLE_PROFILES: ReadonlySet<number> = new Set(Object.values(AvcProfile))
const MAX_QUANTIZER = 51
const MAX_REFERENCE_FRAMES = 16
const MACROBLOCK_SIZE = 16
const MACROBLOCK_SAMPLES = MACROBLOCK_SIZE ** 2

const macroblocks = (pixels: number): number => Math.ceil(pixels / MACROBLOCK_SIZE)

function limitsOf({ level, levelIdc, isLevel1b }: AvcCodecString, { bitrateFactor }: EncodableProfile): LevelLimits {
  // Neither side may be longer than the square root of eight times the frame size.
  const maxSide = Math.floor(Math.sqrt(level.maxFrameSize * 8)) * MACROBLOCK_SIZE
  return {
    name: isLevel1b ? '1b' : (levelIdc / 10).toFixed(1),
    maxPictureSize: level.maxFrameSize * MACROBLOCK_SAMPLES,
    maxSampleRate: level.maxMacroblockRate * MACROBLOCK_SAMPLES,
    maxWidth: maxSide,
    maxHeight: maxSide,
    maxBitrate: level.maxBitrate * bitrateFactor,
  }
}

function requireKeptConstraints(codec: AvcCodecString, { codec: codecString }: ParsedVideoEncoderConfig): void {
  const { keptConstraints } = ENCODABLE_PROFILES.get(codec.profile)!
  const kept = keptConstraints | (codec.isLevel1b ? CONSTRAINT_SET3 : 0)
  if ((codec.constraints & ~kept) !== 0) {
    throw notSupportedError(
      `expected no other constraint flags than 0x${kept.toString(16)} but received ${codecString}`,
    )
  }
}

function planEncoder(codec: AvcCodecString, config: ParsedVideoEncoderConfig): EncoderPlan {
  const encodable = ENCODABLE_PROFILES.get(codec.profile)
  if (!encodable) {
    throw notSupportedError(`expected a profile from Baseline to High 4:4:4 but received ${config.codec}`)
  }
  requireKeptConstraints(codec, config)
  requireNoAlpha(config)
  // As in browsers, whatever the profile.
  requireWholeChroma(config, 420)
  const limits = limitsOf(codec, encodable)
  requireWithinLevel(config, limits, MACROBLOCK_SIZE)
  const frameSize = macroblocks(config.width) * macroblocks(config.height)
  const stream = {
    codec: 'h264',
    profile: codec.profile,
    constraints: codec.constraints,
    level: codec.levelIdc,
    bitDepth: encodable.bitDepth,
    chroma: encodable.chroma,
    bitstreamFormat: config.avc?.format === 'annexb' ? BitstreamFormat.annexb : BitstreamFormat.lengthPrefixed,
    maxReferenceFrames: Math.min(Math.floor(codec.level.maxDpbMacroblocks / frameSize), MAX_REFERENCE_FRAMES),
    maxBitrate: limits.maxBitrate,
    maxCpbSize: codec.level.maxCpbSize * encodable.bitrateFactor,
  } as const
  return { config: nativeEncoderConfig(stream, config), quantizer }
}

const quantizer = quantizerReader('avc', MAX_QUANTIZER)

const nalCodec: NalCodec = {
  codec: 'h264',
  recordName: 'AVCDecoderConfigurationRecord',
  parseRecord: parseAvcDecoderConfigurationRecord,
  isKeyChunk: isAvcKeyChunk,
}

function planDecoder(codec: AvcCodecString, config: ParsedVideoDecoderConfig): DecoderPlan {
  if (!DECODABLE_PROFILES.has(codec.profile)) {
    throw notSupportedError(`expected a profile from Baseline to High 4:4:4 but received ${config.codec}`)
  }
  return planNalDecoder(nalCodec, config, ENCODABLE_PROFILES.get(codec.profile))
}

export const avc: VideoCodec = {
  parse(codecString) {
    const codec = parseAvcCodecString(codecString)
    return (
      codec && {
        planEncoder: (config) => planEncoder(codec, config),
        planDecoder: (config) => planDecoder(codec, config),
      }
    )
  },
}
