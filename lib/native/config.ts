/**
 * The part of the contract with the addon that says what codecs and images are configured with: plain values, already
 * valid. Sizes are pixels, rates are bits per second.
 */

export const BitrateMode = { constant: 0, variable: 1, quantizer: 2 } as const
export const LatencyMode = { quality: 0, realtime: 1 } as const
export const BitstreamFormat = { lengthPrefixed: 0, annexb: 1 } as const

export type NativeVideoCodec = 'h264' | 'hevc' | 'vp8' | 'vp9' | 'av1'

/** How much hardware may be used. */
export const Hardware = { none: 0, required: 1 } as const

export interface NativeVideoEncoderConfig {
  codec: NativeVideoCodec
  /** As the stream has it: profile_idc (H.264), general_profile_idc (HEVC), profile (VP9), seq_profile (AV1); 0 for VP8. */
  profile: number
  /** H.264: the byte with the constraint_set flags. HEVC: general_tier_flag. AV1: seq_tier. Otherwise 0. */
  constraints: number
  /**
   * level_idc (H.264: 31 is level 3.1), general_level_idc (HEVC: 93 is level 3.1), level (VP9: 31 is level 3.1),
   * seq_level_idx (AV1: 5 is level 3.1); 0 for VP8.
   */
  level: number
  /** Bits per sample of the stream: 8, 10 or 12. */
  bitDepth: number
  /** Chroma format of the stream: 420, 422 or 444. */
  chroma: number
  width: number
  height: number
  displayWidth: number
  displayHeight: number
  /** Bits per second; 0 when the configuration has none. */
  bitrate: number
  bitrateMode: number
  /** Frames per second; 0 when the configuration has none. */
  framerate: number
  latencyMode: number
  bitstreamFormat: number
  /** The level's limits, so that the stream stays inside them; 0 where a level does not limit. */
  maxReferenceFrames: number
  maxBitrate: number
  maxCpbSize: number
  /** '' when the configuration has none. */
  contentHint: string
  /** 1 for no temporal scalability, 2 for L1T2, 3 for L1T3. */
  temporalLayers: number
  /** Whether alpha is coded too, as a stream of its own. */
  alpha: boolean
  hardware: number
  /** For one encoder (the `threads` extension); 0 when the configuration has none. */
  threads: number
  /** An encoder picked by hand (the `encoder` extension), such as 'libx264'; '' when the configuration has none. */
  encoder: string
  /** Names and values in turn (the `encoderOptions` extension). */
  encoderOptions: readonly string[]
  /** On the library's own scale (the `quality` extension); -1 when the configuration has none. */
  quality: number
}

export interface NativeVideoDecoderConfig {
  codec: NativeVideoCodec
  /** avcC and the like; null when parameter sets come in-band. */
  description: Uint8Array | null
  /** 0 when the configuration has none. */
  codedWidth: number
  codedHeight: number
  /** As the codec string tells them; 0 where it does not. */
  bitDepth: number
  chroma: number
  optimizeForLatency: boolean
  hardware: number
  /** For one decoder (the `threads` extension); 0 when the configuration has none. */
  threads: number
}

export type NativeImageFormat = 'png' | 'jpeg' | 'gif' | 'bmp' | 'webp' | 'avif' | 'jxl'

export interface NativeImageConfig {
  format: NativeImageFormat
  /** Whether colour profiles in the file are ignored: the pixels are taken for sRGB. */
  ignoreColor: boolean
  /** Size that frames are scaled to, as they are shown; 0 for their own. */
  desiredWidth: number
  desiredHeight: number
}

export type NativeAudioCodec =
  | 'aac'
  | 'opus'
  | 'mp3'
  | 'flac'
  | 'vorbis'
  | 'ac-3'
  | 'ec-3'
  | 'pcm-u8'
  | 'pcm-s16'
  | 'pcm-s24'
  | 'pcm-s32'
  | 'pcm-f32'
  | 'alaw'
  | 'ulaw'

export const OpusApplication = { voip: 0, audio: 1, lowdelay: 2 } as const
export const OpusSignal = { auto: 0, music: 1, voice: 2 } as const

export interface NativeAudioEncoderConfig {
  codec: NativeAudioCodec
  sampleRate: number
  numberOfChannels: number
  /** Bits per second; 0 when the configuration has none. */
  bitrate: number
  bitrateMode: number
  /** AAC: whether each frame has an ADTS header. */
  adts: boolean
  /** AAC: whether the stream must be one of MPEG-2, which has no perceptual noise substitution. */
  mpeg2: boolean
  /** Opus: microseconds. */
  frameDuration: number
  application: number
  signal: number
  complexity: number
  /** Percent. */
  packetLoss: number
  fec: boolean
  dtx: boolean
  /** FLAC: samples; 0 for the encoder's choice. */
  blockSize: number
  compressionLevel: number
  /** Names and values in turn (the `encoderOptions` extension). */
  encoderOptions: readonly string[]
}

export interface NativeAudioDecoderConfig {
  codec: NativeAudioCodec
  /** The registration's description; of FLAC only STREAMINFO. Always given for Opus; null where there is none. */
  description: Uint8Array | null
  sampleRate: number
  numberOfChannels: number
  /** Opus: samples at 48 kHz to remove from the front. */
  preSkip: number
}
