/** VideoDecoderConfig (WebCodecs, "VideoDecoderConfig"). */
import { readVideoColorSpaceInit, type VideoColorSpaceInit } from '../color-space.js'
import type { AllowSharedBufferSource } from '../webidl/buffer-source.js'
import { boolean, domString, double, enforceRange } from '../webidl/conversions.js'
import { dictionary, optional, required, withDefault } from '../webidl/dictionary.js'
import { DETACHED, descriptionBytes } from './description.js'
import { type HardwareAcceleration, hardwareAcceleration, requireCodecString } from './video-encoder-config.js'

/** https://www.w3.org/TR/webcodecs/#dictdef-videodecoderconfig */
export interface VideoDecoderConfig {
  /** A codec string such as "avc1.42001f", "hev1.1.6.L93.B0", "vp8", "vp09.00.31.08" or "av01.0.05M.08". */
  codec: string
  /**
   * Codec specific bytes. For H.264 an AVCDecoderConfigurationRecord, for HEVC an HEVCDecoderConfigurationRecord; without
   * it their chunks are in Annex B format. The other codecs have no use for it.
   */
  description?: AllowSharedBufferSource
  /** Size of the coded pictures in pixels; both or neither. */
  codedWidth?: number
  codedHeight?: number
  /** The aspect ratio to show frames with, which overrides the stream's own; both or neither. */
  displayAspectWidth?: number
  displayAspectHeight?: number
  /** Overrides the colour space of the stream. */
  colorSpace?: VideoColorSpaceInit
  /** "prefer-hardware" is not supported where no device decodes it. Default "no-preference". */
  hardwareAcceleration?: HardwareAcceleration
  /** Whether each frame should come with as few chunks after its own as possible. */
  optimizeForLatency?: boolean
  /** The rotation that frames get, in degrees clockwise. Default 0. */
  rotation?: number
  /** The flip that frames get. Default false. */
  flip?: boolean
  /**
   * How many threads the decoder takes, 1 to 64. Default: as many as there are processors, 16 at most, and one for small
   * pictures; the environment variable WEBCODECS_NATIVE_THREADS is another default.
   * An extension of this package: browsers ignore it.
   */
  threads?: number
}

export const readVideoDecoderConfig = dictionary('VideoDecoderConfig', {
  codec: required(domString),
  codedHeight: optional(enforceRange.unsignedLong),
  codedWidth: optional(enforceRange.unsignedLong),
  colorSpace: optional(readVideoColorSpaceInit),
  description: optional(descriptionBytes),
  displayAspectHeight: optional(enforceRange.unsignedLong),
  displayAspectWidth: optional(enforceRange.unsignedLong),
  flip: withDefault(boolean, false),
  hardwareAcceleration: withDefault(hardwareAcceleration, 'no-preference'),
  optimizeForLatency: optional(boolean),
  rotation: withDefault(double, 0),
  threads: optional(enforceRange.unsignedLong),
})

/** A VideoDecoderConfig after conversion: a copy with the recognised members alone, defaults included. */
export type ParsedVideoDecoderConfig = ReturnType<typeof readVideoDecoderConfig>

/** spec: "valid VideoDecoderConfig", as a TypeError when it is not */
export function requireValidVideoDecoderConfig(config: ParsedVideoDecoderConfig): void {
  requireCodecString(config.codec)
  if (config.description === DETACHED) {
    throw new TypeError('expected a buffer that is not detached for description')
  }
  requirePair(config, 'codedWidth', 'codedHeight')
  requirePair(config, 'displayAspectWidth', 'displayAspectHeight')
}

type SizeMember = 'codedWidth' | 'codedHeight' | 'displayAspectWidth' | 'displayAspectHeight'

function requirePair(config: ParsedVideoDecoderConfig, width: SizeMember, height: SizeMember): void {
  for (const [present, absent] of [
    [width, height],
    [height, width],
  ] as const) {
    if (config[present] !== undefined && config[absent] === undefined) {
      throw new TypeError(`expected a value for ${absent} beside ${present} but received undefined`)
    }
    if (config[present] === 0) throw new TypeError(`expected a positive integer for ${present} but received 0`)
  }
}
