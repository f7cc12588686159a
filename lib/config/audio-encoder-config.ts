/** AudioEncoderConfig (WebCodecs, "AudioEncoderConfig"; the codec registrations). */
import { boolean, domString, enforceRange, enumeration, record } from '../webidl/conversions.js'
import { dictionary, optional, required, withDefault } from '../webidl/dictionary.js'
import { requireCodecString } from './video-encoder-config.js'

export type BitrateMode = 'constant' | 'variable'
/** "aac": raw frames, an AudioSpecificConfig as description. "adts": frames with an ADTS header each. */
export type AacBitstreamFormat = 'aac' | 'adts'
/** The packets of both are the same, and both come with an identification header as description. */
export type OpusBitstreamFormat = 'opus' | 'ogg'
export type OpusSignal = 'auto' | 'music' | 'voice'
export type OpusApplication = 'voip' | 'audio' | 'lowdelay'

/** https://www.w3.org/TR/webcodecs-aac-codec-registration/#aac-encoder-config */
export interface AacEncoderConfig {
  /** Default "aac". */
  format?: AacBitstreamFormat
}

/** https://www.w3.org/TR/webcodecs-opus-codec-registration/#opus-encoder-config */
export interface OpusEncoderConfig {
  /** Default "opus". */
  format?: OpusBitstreamFormat
  /** What kind of sound it is. Default "auto". */
  signal?: OpusSignal
  /** Default "audio". */
  application?: OpusApplication
  /** Microseconds of each chunk: 2500, 5000, 10000, 20000, 40000 or 60000. Default 20000. */
  frameDuration?: number
  /** 0 (fastest) to 10. Default 9. */
  complexity?: number
  /** The expected loss of packets in percent. Default 0. */
  packetlossperc?: number
  /** Whether packets bring what is needed to conceal the loss of the one before. Default false. */
  useinbandfec?: boolean
  /** Whether silence takes next to no bits. Default false. */
  usedtx?: boolean
}

/** https://www.w3.org/TR/webcodecs-flac-codec-registration/#flac-encoder-config */
export interface FlacEncoderConfig {
  /** Samples of each channel in a chunk, 16 to 65535; 0 for the encoder's choice. Default 0. */
  blockSize?: number
  /** 0 (fastest) to 8 (smallest). Default 5. */
  compressLevel?: number
}

/** https://www.w3.org/TR/webcodecs/#dictdef-audioencoderconfig */
export interface AudioEncoderConfig {
  /** A codec string such as "opus", "mp4a.40.2", "mp3", "flac", "vorbis", "pcm-s16", "alaw" or "ulaw". */
  codec: string
  /** Frames per second of the input; resampled where the codec has no such rate. */
  sampleRate: number
  /** Of the input, up to 8; remixed where the codec has no such number. */
  numberOfChannels: number
  /** Bits per second. Says nothing to codecs without loss, which take what they need. */
  bitrate?: number
  /** Default "variable". */
  bitrateMode?: BitrateMode
  /**
   * Options of the encoder by FFmpeg's names, such as `{ aac_coder: 'twoloop' }`. Not supported where the encoder does not
   * know one, or the rest of the configuration decides it. An extension of this package: browsers ignore it.
   */
  encoderOptions?: Record<string, string>
  aac?: AacEncoderConfig
  flac?: FlacEncoderConfig
  opus?: OpusEncoderConfig
}

const DEFAULT_OPUS_COMPLEXITY = 9

const readAacEncoderConfig = dictionary('AacEncoderConfig', {
  format: withDefault(enumeration<AacBitstreamFormat>(['aac', 'adts']), 'aac'),
})

const readOpusEncoderConfig = dictionary('OpusEncoderConfig', {
  application: withDefault(enumeration<OpusApplication>(['voip', 'audio', 'lowdelay']), 'audio'),
  complexity: withDefault(enforceRange.unsignedLong, DEFAULT_OPUS_COMPLEXITY),
  format: withDefault(enumeration<OpusBitstreamFormat>(['opus', 'ogg']), 'opus'),
  frameDuration: withDefault(enforceRange.unsignedLongLong, 20000),
  packetlossperc: withDefault(enforceRange.unsignedLong, 0),
  signal: withDefault(enumeration<OpusSignal>(['auto', 'music', 'voice']), 'auto'),
  usedtx: withDefault(boolean, false),
  useinbandfec: withDefault(boolean, false),
})

const readFlacEncoderConfig = dictionary('FlacEncoderConfig', {
  blockSize: withDefault(enforceRange.unsignedLong, 0),
  compressLevel: withDefault(enforceRange.unsignedLong, 5),
})

export type ParsedOpusEncoderConfig = ReturnType<typeof readOpusEncoderConfig>
export type ParsedFlacEncoderConfig = ReturnType<typeof readFlacEncoderConfig>

/** What holds where a configuration has no such member. */
export const defaultOpusEncoderConfig: ParsedOpusEncoderConfig = readOpusEncoderConfig({}, '')
export const defaultFlacEncoderConfig: ParsedFlacEncoderConfig = readFlacEncoderConfig({}, '')

export const readAudioEncoderConfig = dictionary('AudioEncoderConfig', {
  aac: optional(readAacEncoderConfig),
  bitrate: optional(enforceRange.unsignedLongLong),
  bitrateMode: withDefault(enumeration<BitrateMode>(['constant', 'variable']), 'variable'),
  codec: required(domString),
  encoderOptions: optional(record(domString)),
  flac: optional(readFlacEncoderConfig),
  numberOfChannels: required(enforceRange.unsignedLong),
  opus: optional(readOpusEncoderConfig),
  sampleRate: required(enforceRange.unsignedLong),
})

/** An AudioEncoderConfig after conversion: a copy with the recognised members alone, defaults included. */
export type ParsedAudioEncoderConfig = ReturnType<typeof readAudioEncoderConfig>

function requireInRange(name: string, value: number, lowest: number, highest: number): void {
  if (value < lowest || value > highest) {
    throw new TypeError(`expected ${lowest} to ${highest} for ${name} but received ${value}`)
  }
}

/** RFC 6716, section 2.1.4, in microseconds. */
const OPUS_FRAME_DURATIONS: readonly number[] = [2500, 5000, 10000, 20000, 40000, 60000]

function requireValidOpus({ frameDuration, complexity, packetlossperc }: ParsedOpusEncoderConfig): void {
  if (!OPUS_FRAME_DURATIONS.includes(frameDuration)) {
    const expected = OPUS_FRAME_DURATIONS.join(', ')
    throw new TypeError(`expected one of ${expected} for opus.frameDuration but received ${frameDuration}`)
  }
  requireInRange('opus.complexity', complexity, 0, 10)
  requireInRange('opus.packetlossperc', packetlossperc, 0, 100)
}

function requireValidFlac({ blockSize, compressLevel }: ParsedFlacEncoderConfig): void {
  if (blockSize !== 0) requireInRange('flac.blockSize', blockSize, 16, 65535)
  requireInRange('flac.compressLevel', compressLevel, 0, 8)
}

/**
 * spec: "valid AudioEncoderConfig", as a TypeError when it is not. What no sound ever is counts as invalid too:
 * web-platform-tests expect it.
 */
export function requireValidAudioEncoderConfig(config: ParsedAudioEncoderConfig): void {
  requireCodecString(config.codec)
  requireInRange('sampleRate', config.sampleRate, 3000, 768000)
  requireInRange('numberOfChannels', config.numberOfChannels, 1, 32)
  if (config.bitrate !== undefined) requireInRange('bitrate', config.bitrate, 0, 2 ** 31 - 1)
  if (config.opus) requireValidOpus(config.opus)
  if (config.flac) requireValidFlac(config.flac)
}
