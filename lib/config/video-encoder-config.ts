/** VideoEncoderConfig and VideoEncoderEncodeOptions (WebCodecs, "VideoEncoderConfig"; AVC registration). */
import type { AlphaOption } from '../video-frame-init.js'
import {
  boolean,
  domString,
  double,
  enforceRange,
  enumeration,
  nullable,
  unsignedShort,
} from '../webidl/conversions.js'
import { dictionary, optional, required, withDefault } from '../webidl/dictionary.js'

export type HardwareAcceleration = 'no-preference' | 'prefer-hardware' | 'prefer-software'
export type LatencyMode = 'quality' | 'realtime'
export type VideoEncoderBitrateMode = 'constant' | 'variable' | 'quantizer'
/** "avc": NAL units with their length in front, parameter sets in the description. "annexb": start codes, in-band. */
export type AvcBitstreamFormat = 'annexb' | 'avc'

export interface AvcEncoderConfig {
  /** Default "avc". */
  format?: AvcBitstreamFormat
}

/** https://www.w3.org/TR/webcodecs/#dictdef-videoencoderconfig */
export interface VideoEncoderConfig {
  /** A codec string such as "avc1.42001f". */
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
  hardwareAcceleration?: HardwareAcceleration
  alpha?: AlphaOption
  /** A scalability mode of WebRTC-SVC, such as "L1T2". */
  scalabilityMode?: string
  /** Default "variable". */
  bitrateMode?: VideoEncoderBitrateMode
  /** Default "quality". */
  latencyMode?: LatencyMode
  /** "motion", "detail" or "text". */
  contentHint?: string
  avc?: AvcEncoderConfig
}

export interface VideoEncoderEncodeOptionsForAvc {
  /** 0 to 51; for the bitrate mode "quantizer". */
  quantizer?: number | null
}

/** https://www.w3.org/TR/webcodecs/#dictdef-videoencoderencodeoptions */
export interface VideoEncoderEncodeOptions {
  /** Whether the frame must become a key frame. Default false. */
  keyFrame?: boolean
  avc?: VideoEncoderEncodeOptionsForAvc
}

export const hardwareAcceleration = enumeration<HardwareAcceleration>([
  'no-preference',
  'prefer-hardware',
  'prefer-software',
])

const readAvcEncoderConfig = dictionary('AvcEncoderConfig', {
  format: withDefault(enumeration<AvcBitstreamFormat>(['annexb', 'avc']), 'avc'),
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
  framerate: optional(double),
  hardwareAcceleration: withDefault(hardwareAcceleration, 'no-preference'),
  height: required(enforceRange.unsignedLong),
  latencyMode: withDefault(enumeration<LatencyMode>(['quality', 'realtime']), 'quality'),
  scalabilityMode: optional(domString),
  width: required(enforceRange.unsignedLong),
})

/** A VideoEncoderConfig after conversion: a copy with the recognised members alone, defaults included. */
export type ParsedVideoEncoderConfig = ReturnType<typeof readVideoEncoderConfig>

export const readVideoEncoderEncodeOptions = dictionary('VideoEncoderEncodeOptions', {
  avc: optional(dictionary('VideoEncoderEncodeOptionsForAvc', { quantizer: optional(nullable(unsignedShort)) })),
  keyFrame: withDefault(boolean, false),
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
