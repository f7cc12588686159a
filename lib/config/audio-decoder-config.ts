/** AudioDecoderConfig (WebCodecs, "AudioDecoderConfig"). */
import type { AllowSharedBufferSource } from '../webidl/buffer-source.js'
import { domString, enforceRange } from '../webidl/conversions.js'
import { dictionary, optional, required } from '../webidl/dictionary.js'
import { DETACHED, descriptionBytes } from './description.js'
import { requireCodecString } from './video-encoder-config.js'

/** https://www.w3.org/TR/webcodecs/#dictdef-audiodecoderconfig */
export interface AudioDecoderConfig {
  /** A codec string such as "opus", "mp4a.40.2", "mp3", "flac", "vorbis", "ac-3", "pcm-s16", "alaw" or "ulaw". */
  codec: string
  /** Frames per second; most streams know better. */
  sampleRate: number
  /** Most streams know better. */
  numberOfChannels: number
  /**
   * Codec specific bytes. AAC: an AudioSpecificConfig, or none for ADTS. Opus: an identification header, or none for
   * packets alone. FLAC: "fLaC" and STREAMINFO. Vorbis: the three headers with Xiph lacing.
   */
  description?: AllowSharedBufferSource
}

export const readAudioDecoderConfig = dictionary('AudioDecoderConfig', {
  codec: required(domString),
  description: optional(descriptionBytes),
  numberOfChannels: required(enforceRange.unsignedLong),
  sampleRate: required(enforceRange.unsignedLong),
})

/** An AudioDecoderConfig after conversion: a copy with the recognised members alone. */
export type ParsedAudioDecoderConfig = ReturnType<typeof readAudioDecoderConfig>

/** spec: "valid AudioDecoderConfig", as a TypeError when it is not */
export function requireValidAudioDecoderConfig(config: ParsedAudioDecoderConfig): void {
  requireCodecString(config.codec)
  if (config.description === DETACHED) throw new TypeError('expected a buffer that is not detached for description')
}
