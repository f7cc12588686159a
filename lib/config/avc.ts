/** What H.264 demands of configurations (WebCodecs AVC registration), and how they reach native code. */
import { notSupportedError } from '../errors.js'
import { BitrateMode, BitstreamFormat, Hardware, LatencyMode } from '../native.js'
import { isAvcKeyChunk, parseAvcDecoderConfigurationRecord } from './avc-bitstream.js'
import { type AvcCodecString, AvcProfile, CONSTRAINT_SET3, parseAvcCodecString } from './avc-codec-string.js'
import type { DecoderPlan, EncoderPlan, VideoCodec } from './video-codecs.js'
import type { ParsedVideoDecoderConfig } from './video-decoder-config.js'
import type { ParsedEncodeOptions, ParsedVideoEncoderConfig } from './video-encoder-config.js'

/** The unit of bit rates and buffer sizes in the level table, in bits (ITU-T H.264, table A-2: cpbBrNalFactor). */
const CPB_BR_NAL_FACTOR: ReadonlyMap<number, number> = new Map([
  [AvcProfile.baseline, 1200],
  [AvcProfile.main, 1200],
  [AvcProfile.high, 1500],
])

/**
 * The constraint_set flags that streams made here can keep, besides those that x264 signals anyhow (ITU-T H.264, A.2):
 * a Baseline stream is Constrained Baseline and fits Extended; 4 means frames only and 5 no B slices.
 */
const KEPT_CONSTRAINTS: ReadonlyMap<number, number> = new Map([
  [AvcProfile.baseline, 0xe0],
  [AvcProfile.main, 0x4c],
  [AvcProfile.high, 0x0c],
])

const DECODABLE_PROFILES: ReadonlySet<number> = new Set(Object.values(AvcProfile))
const MAX_QUANTIZER = 51
const MAX_REFERENCE_FRAMES = 16

const macroblocks = (pixels: number): number => Math.ceil(pixels / 16)

/** Throws a NotSupportedError when a picture of this size, or this many of them, pass the limits of the level. */
function requireWithinLevel(codec: AvcCodecString, config: ParsedVideoEncoderConfig, maxBitrate: number): void {
  const { level, levelIdc } = codec
  const columns = macroblocks(config.width)
  const rows = macroblocks(config.height)
  const frameSize = columns * rows
  // Neither side may be longer than the square root of eight times the frame size.
  const maxSide = Math.floor(Math.sqrt(level.maxFrameSize * 8))
  const at = `for ${config.codec} (level ${levelIdc / 10})`
  if (frameSize > level.maxFrameSize || columns > maxSide || rows > maxSide) {
    throw notSupportedError(
      `expected at most ${level.maxFrameSize} macroblocks ${at} but received ${config.width}x${config.height}, which has ${frameSize}`,
    )
  }
  if (config.framerate !== undefined && frameSize * config.framerate > level.maxMacroblockRate) {
    const maxRate = (level.maxMacroblockRate / frameSize).toFixed(2)
    throw notSupportedError(
      `expected at most ${maxRate} frames per second of this size ${at} but received ${config.framerate}`,
    )
  }
  if (config.bitrateMode !== 'quantizer' && config.bitrate !== undefined && config.bitrate > maxBitrate) {
    throw notSupportedError(`expected at most ${maxBitrate} bits per second ${at} but received ${config.bitrate}`)
  }
}

function planEncoder(codec: AvcCodecString, config: ParsedVideoEncoderConfig): EncoderPlan {
  const factor = CPB_BR_NAL_FACTOR.get(codec.profile)
  if (factor === undefined) {
    throw notSupportedError(`expected a Baseline, Main or High profile but received ${config.codec}`)
  }
  const keptConstraints = (KEPT_CONSTRAINTS.get(codec.profile) ?? 0) | (codec.isLevel1b ? CONSTRAINT_SET3 : 0)
  if ((codec.constraints & ~keptConstraints) !== 0) {
    throw notSupportedError(
      `expected no other constraint flags than 0x${keptConstraints.toString(16)} but received ${config.codec}`,
    )
  }
  const { width, height } = config
  if (width % 2 !== 0 || height % 2 !== 0) {
    throw notSupportedError(`expected an even width and height for ${config.codec} but received ${width}x${height}`)
  }
  const { level, profile, constraints, levelIdc } = codec
  const maxBitrate = level.maxBitrate * factor
  requireWithinLevel(codec, config, maxBitrate)
  const frameSize = macroblocks(width) * macroblocks(height)
  return {
    config: {
      codec: 'h264',
      profile,
      constraints,
      level: levelIdc,
      width,
      height,
      displayWidth: config.displayWidth ?? width,
      displayHeight: config.displayHeight ?? height,
      bitrate: config.bitrate ?? 0,
      bitrateMode: BitrateMode[config.bitrateMode],
      framerate: config.framerate ?? 0,
      latencyMode: LatencyMode[config.latencyMode],
      bitstreamFormat: config.avc?.format === 'annexb' ? BitstreamFormat.annexb : BitstreamFormat.lengthPrefixed,
      maxReferenceFrames: Math.min(Math.floor(level.maxDpbMacroblocks / frameSize), MAX_REFERENCE_FRAMES),
      maxBitrate,
      maxCpbSize: level.maxCpbSize * factor,
      contentHint: config.contentHint ?? '',
      bitDepth: 8,
      chroma: 420,
      temporalLayers: 1,
      alpha: false,
      hardware: Hardware.none,
      encoder: '',
    },
    quantizer,
  }
}

/** AVC registration, "VideoEncoderEncodeOptionsForAvc" */
function quantizer(options: ParsedEncodeOptions): number | undefined {
  const value = options.avc?.quantizer ?? undefined
  if (value !== undefined && value > MAX_QUANTIZER) {
    throw new TypeError(`expected an integer from 0 to ${MAX_QUANTIZER} for avc.quantizer but received ${value}`)
  }
  return value
}

function planDecoder(codec: AvcCodecString, config: ParsedVideoDecoderConfig): DecoderPlan {
  if (!DECODABLE_PROFILES.has(codec.profile)) {
    throw notSupportedError(`expected a profile from Baseline to High 4:4:4 but received ${config.codec}`)
  }
  // As in browsers, an empty description counts as none.
  const description = config.description?.byteLength ? new Uint8Array(config.description) : null
  const record = description && parseAvcDecoderConfigurationRecord(description)
  if (description && !record) {
    throw notSupportedError('expected an AVCDecoderConfigurationRecord for description but it is malformed')
  }
  const lengthSize = record ? record.lengthSize : 0
  return {
    config: {
      codec: 'h264',
      description,
      codedWidth: config.codedWidth ?? 0,
      codedHeight: config.codedHeight ?? 0,
      optimizeForLatency: config.optimizeForLatency ?? false,
      hardware: Hardware.none,
    },
    isKeyChunk: (data) => isAvcKeyChunk(data, lengthSize),
  }
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
