/** VideoEncoderConfig and VideoEncoderEncodeOptions (WebCodecs, "VideoEncoderConfig"; the codec registrations). */
import type { AlphaOption } from '../video-frame-init.js'
import {
  boolean,
  domString,
  double,
  enforceRange,
  enumeration,
  nullable,
  record,
  unsignedShort,
} from '../webidl/conversions.js'
import { dictionary, optional, required, withDefault } from '../webidl/dictionary.js'

export type HardwareAcceleration = 'no-preference' | 'prefer-hardware' | 'prefer-software'
export type LatencyMode = 'quality' | 'realtime'
export type VideoEncoderBitrateMode = 'constant' | 'variable' | 'quantizer'
/** "avc": NAL units with their length in front, parameter sets in the description. "annexb": start codes, in-band. */
export type AvcBitstreamFormat = 'annexb' | 'avc'
/** "hevc": as "avc" is for H.264. */
export type HevcBitstreamFormat = 'annexb' | 'hevc'

export interface AvcEncoderConfig {
  /** Default "avc". */
  format?: AvcBitstreamFormat
}

export interface HevcEncoderConfig {
  /** Default "hevc". */
  format?: HevcBitstreamFormat
}

/** https://www.w3.org/TR/webcodecs/#dictdef-videoencoderconfig */
export interface VideoEncoderConfig {
  /** A codec string such as "avc1.42001f", "hev1.1.6.L93.B0", "vp8", "vp09.00.31.08" or "av01.0.05M.08". */
  codec: string
  /** Size of the encoded pictures in pixels; frames of another size are scaled. */
  width: number
  height: number
  /** Size to show the pictures with. Default: `width` and `height`. */
  displayWidth?: number
  displayHeight?: number
  /** Bits per second. */
  bitrate?: number
  /** Frames per second. */
  framerate?: number
  /** "prefer-hardware" is not supported where no device encodes it. Default "no-preference". */
  hardwareAcceleration?: HardwareAcceleration
  /** "keep": the alpha of frames comes as `alphaSideData` of the metadata (VP8, VP9). Default "discard". */
  alpha?: AlphaOption
  /** A scalability mode of WebRTC-SVC: "L1T1", "L1T2" or "L1T3", for one, two or three temporal layers. */
  scalabilityMode?: string
  /** Default "variable". */
  bitrateMode?: VideoEncoderBitrateMode
  /** Default "quality". */
  latencyMode?: LatencyMode
  /** "motion", "detail" or "text". */
  contentHint?: string
  avc?: AvcEncoderConfig
  hevc?: HevcEncoderConfig
  /**
   * The encoder to use, by FFmpeg's name, such as "libx264". Not supported when it is missing or cannot do the rest.
   * An extension of this package: browsers ignore it.
   */
  encoder?: string
  /**
   * Options of the encoder in its library's own words, such as `{ preset: 'slow', 'aq-mode': '2' }` for x264, over what
   * this package would choose. Not supported where the library does not know one, or the rest of the configuration
   * decides it. An extension of this package: browsers ignore it.
   */
  encoderOptions?: Record<string, string>
  /**
   * Constant quality on the library's own scale, instead of a bitrate: x264, x265 and SVT-AV1 0 to 51, 51 and 63 (their
   * `crf`), libvpx and libaom 0 to 63 (`cq-level`). Lower is better. Not supported beside `bitrate`, or in another
   * bitrate mode than "variable". An extension of this package: browsers ignore it.
   */
  quality?: number
  /**
   * How many threads one encoder takes, 1 to 64. Default: as many as help at this size, and no more than there are
   * processors; the environment variable WEBCODECS_NATIVE_THREADS is another default.
   * An extension of this package: browsers ignore it.
   */
  threads?: number
}

/** https://www.w3.org/TR/webcodecs-avc-codec-registration/#avc-encode-options */
export interface VideoEncoderEncodeOptionsForAvc {
  /** 0 (best) to 51; for the bitrate mode "quantizer". */
  quantizer?: number | null
}

/** https://www.w3.org/TR/webcodecs-hevc-codec-registration/#hevc-encode-options */
export interface VideoEncoderEncodeOptionsForHevc {
  /** 0 (best) to 51; for the bitrate mode "quantizer". */
  quantizer?: number | null
}

/** https://www.w3.org/TR/webcodecs-vp9-codec-registration/#vp9-encode-options */
export interface VideoEncoderEncodeOptionsForVp9 {
  /** The quantizer index of the bitstream, 0 (best) to 255; for the bitrate mode "quantizer". Browsers take 0 to 63. */
  quantizer?: number | null
}

/** https://www.w3.org/TR/webcodecs-av1-codec-registration/#av1-encode-options */
export interface VideoEncoderEncodeOptionsForAv1 {
  /** The quantizer index of the bitstream, 0 (best) to 255; for the bitrate mode "quantizer". */
  quantizer?: number | null
}

/** https://www.w3.org/TR/webcodecs/#dictdef-videoencoderencodeoptions */
export interface VideoEncoderEncodeOptions {
  /** Whether the frame must become a key frame. Default false. */
  keyFrame?: boolean
  avc?: VideoEncoderEncodeOptionsForAvc
  hevc?: VideoEncoderEncodeOptionsForHevc
  vp9?: VideoEncoderEncodeOptionsForVp9
  av1?: VideoEncoderEncodeOptionsForAv1
}

export const hardwareAcceleration = enumeration<HardwareAcceleration>([
  'no-preference',
  'prefer-hardware',
  'prefer-software',
])

const readAvcEncoderConfig = dictionary('AvcEncoderConfig', {
  format: withDefault(enumeration<AvcBitstreamFormat>(['annexb', 'avc']), 'avc'),
})

const readHevcEncoderConfig = dictionary('HevcEncoderConfig', {
  format: withDefault(enumeration<HevcBitstreamFormat>(['annexb', 'hevc']), 'hevc'),
})

export const readVideoEncoderConfig = dictionary('VideoEncoderConfig', {
  alpha: withDefault(enumeration<AlphaOption>(['keep', 'discard']), 'discard'),
  avc: optional(readAvcEncoderConfig),
  bitrate: optional(enforceRange.unsignedLongLong),
  bitrateMode: withDefault(enumeration<VideoEncoderBitrateMode>(['constant', 'variable', 'quantizer']), 'variable'),
  codec: required(domString),
  contentHint: optional(domString),
  displayHeight: optional(enforceRange.unsignedLong),
  displayWidth: optional(enforceRange.unsignedLong),
  encoder: optional(domString),
  encoderOptions: optional(record(domString)),
  framerate: optional(double),
  hardwareAcceleration: withDefault(hardwareAcceleration, 'no-preference'),
  height: required(enforceRange.unsignedLong),
  hevc: optional(readHevcEncoderConfig),
  latencyMode: withDefault(enumeration<LatencyMode>(['quality', 'realtime']), 'quality'),
  quality: optional(double),
  scalabilityMode: optional(domString),
  threads: optional(enforceRange.unsignedLong),
  width: required(enforceRange.unsignedLong),
})

/** A VideoEncoderConfig after conversion: a copy with the recognised members alone, defaults included. */
export type ParsedVideoEncoderConfig = ReturnType<typeof readVideoEncoderConfig>

const quantizer = optional(nullable(unsignedShort))

export const readVideoEncoderEncodeOptions = dictionary('VideoEncoderEncodeOptions', {
  av1: optional(dictionary('VideoEncoderEncodeOptionsForAv1', { quantizer })),
  avc: optional(dictionary('VideoEncoderEncodeOptionsForAvc', { quantizer })),
  hevc: optional(dictionary('VideoEncoderEncodeOptionsForHevc', { quantizer })),
  keyFrame: withDefault(boolean, false),
  vp9: optional(dictionary('VideoEncoderEncodeOptionsForVp9', { quantizer })),
})

export type ParsedEncodeOptions = ReturnType<typeof readVideoEncoderEncodeOptions>

/** What makes a configuration invalid as opposed to not supported: a codec string of nothing but ASCII whitespace. */
export function requireCodecString(codec: string): void {
  if (/^[\t\n\f\r ]*$/.test(codec)) throw new TypeError(`expected a codec string for codec but received "${codec}"`)
}

/** spec: "valid VideoEncoderConfig", as a TypeError when it is not */
export function requireValidVideoEncoderConfig(config: ParsedVideoEncoderConfig): void {
  requireCodecString(config.codec)
  for (const name of ['width', 'height', 'displayWidth', 'displayHeight'] as const) {
    if (config[name] === 0) throw new TypeError(`expected a positive integer for ${name} but received 0`)
  }
}
