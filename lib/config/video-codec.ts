/** What a video codec is to the checks of configurations: one object of this shape for each, in a file of its own. */
import type { NativeColorSpace, NativeVideoDecoderConfig, NativeVideoEncoderConfig } from '../native.js'
import type { ParsedVideoDecoderConfig } from './video-decoder-config.js'
import type { ParsedEncodeOptions, ParsedVideoEncoderConfig } from './video-encoder-config.js'

export interface EncoderPlan {
  readonly config: NativeVideoEncoderConfig
  /**
   * The quantizer that encode options ask for; undefined when they do not.
   * @throws TypeError when it is out of the codec's range
   */
  quantizer(options: ParsedEncodeOptions): number | undefined
}

export interface DecoderPlan {
  readonly config: NativeVideoDecoderConfig
  /** Whether the data of a chunk is truly a key chunk; undefined when it cannot be told. */
  isKeyChunk(data: Uint8Array): boolean | undefined
  /** What may be the reason that a chunk is no key chunk, for the user; '' when nothing is to be said. */
  readonly keyChunkHint: string
  /** The colour space that the codec string names, for what the stream does not tell; null when it names none. */
  readonly color: NativeColorSpace | null
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
