/** The video codecs, and the support checks that hold for all of them. A codec is one line of `VIDEO_CODECS`. */
import { notSupportedError } from '../errors.js'
import type { NativeVideoDecoderConfig, NativeVideoEncoderConfig } from '../native.js'
import { avc } from './avc.js'
import type { ParsedVideoDecoderConfig } from './video-decoder-config.js'
import type { ParsedEncodeOptions, ParsedVideoEncoderConfig } from './video-encoder-config.js'

export interface EncoderPlan {
  readonly config: NativeVideoEncoderConfig
  /**
   * The quantizer that encode options ask for; undefined when they do not.
   * @throws TypeError when the codec has no such quantizer
   */
  quantizer(options: ParsedEncodeOptions): number | undefined
}

export interface DecoderPlan {
  readonly config: NativeVideoDecoderConfig
  /** Whether the data of a chunk is truly a key chunk; undefined when it cannot be told. */
  isKeyChunk(data: Uint8Array): boolean | undefined
}

/** A codec with the profile, level and constraints of a codec string. Both throw a NotSupportedError for what is not supported. */
export interface VideoCodecProfile {
  planEncoder(config: ParsedVideoEncoderConfig): EncoderPlan
  planDecoder(config: ParsedVideoDecoderConfig): DecoderPlan
}

export interface VideoCodec {
  /** null when the codec string is not one of this codec's. */
  parse(codecString: string): VideoCodecProfile | null
}

const VIDEO_CODECS: readonly VideoCodec[] = [avc]

function findCodec(codecString: string): VideoCodecProfile {
  for (const codec of VIDEO_CODECS) {
    const profile = codec.parse(codecString)
    if (profile) return profile
  }
  throw notSupportedError(`expected a supported codec string for codec but received "${codecString}"`)
}

function requireNoHardware({ hardwareAcceleration }: { hardwareAcceleration: string }): void {
  if (hardwareAcceleration === 'prefer-hardware') throw notSupportedError('hardware acceleration is not supported')
}

/** Rates that an encoder can make sense of, in frames per second; those of browsers. */
const MIN_FRAMERATE = 0.0001
const MAX_FRAMERATE = 1e9

/**
 * "Check Configuration Support" as far as it needs no encoder.
 * @throws NotSupportedError that tells what is not supported
 */
export function planVideoEncoder(config: ParsedVideoEncoderConfig): EncoderPlan {
  const codec = findCodec(config.codec)
  requireNoHardware(config)
  const { framerate, bitrate, scalabilityMode } = config
  if (config.alpha === 'keep') throw notSupportedError('encoding an alpha channel is not supported')
  if (scalabilityMode !== undefined && scalabilityMode !== 'L1T1') {
    throw notSupportedError(`expected "L1T1" for scalabilityMode but received "${scalabilityMode}"`)
  }
  if (framerate !== undefined && !(framerate >= MIN_FRAMERATE && framerate <= MAX_FRAMERATE)) {
    throw notSupportedError(
      `expected a rate from ${MIN_FRAMERATE} to ${MAX_FRAMERATE} for framerate but received ${framerate}`,
    )
  }
  if (bitrate === 0 && config.bitrateMode !== 'quantizer') {
    throw notSupportedError('expected a positive number of bits per second for bitrate but received 0')
  }
  return codec.planEncoder(config)
}

/**
 * "Check Configuration Support" as far as it needs no decoder.
 * @throws NotSupportedError that tells what is not supported
 */
export function planVideoDecoder(config: ParsedVideoDecoderConfig): DecoderPlan {
  const codec = findCodec(config.codec)
  requireNoHardware(config)
  return codec.planDecoder(config)
}
