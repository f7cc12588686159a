/** The audio codecs: their codec strings, and what they demand of configurations (the codec registrations). */
import { notSupportedError } from '../errors.js'
import {
  BitrateMode,
  type NativeAudioCodec,
  type NativeAudioDecoderConfig,
  type NativeAudioEncoderConfig,
  OpusApplication,
  OpusSignal,
} from '../native.js'
import type { ParsedAudioDecoderConfig } from './audio-decoder-config.js'
import {
  defaultFlacEncoderConfig,
  defaultOpusEncoderConfig,
  type ParsedAudioEncoderConfig,
} from './audio-encoder-config.js'
import { flacStreamInfo } from './flac.js'
import { describeOpus, parseOpusHead } from './opus.js'

export interface AudioEncoderPlan {
  readonly config: NativeAudioEncoderConfig
}

export interface AudioDecoderPlan {
  readonly config: NativeAudioDecoderConfig
}

interface AudioCodec {
  readonly codec: NativeAudioCodec
  /** false for streams that nothing here makes. */
  readonly encodes: boolean
  /** AAC: whether encoded streams are MPEG-2's. */
  readonly mpeg2?: boolean
}

const coded = (codec: NativeAudioCodec): AudioCodec => ({ codec, encodes: true })
const decodedOnly = (codec: NativeAudioCodec): AudioCodec => ({ codec, encodes: false })

/** By codec string; the registrations know them in this spelling alone. */
const AUDIO_CODECS: ReadonlyMap<string, AudioCodec> = new Map([
  ['mp4a.40.2', coded('aac')],
  ['mp4a.40.02', coded('aac')],
  ['mp4a.67', { codec: 'aac', encodes: true, mpeg2: true }],
  ['mp4a.40.5', decodedOnly('aac')],
  ['mp4a.40.05', decodedOnly('aac')],
  ['mp4a.40.29', decodedOnly('aac')],
  ['opus', coded('opus')],
  ['mp3', coded('mp3')],
  ['mp4a.69', coded('mp3')],
  ['mp4a.6B', coded('mp3')],
  ['flac', coded('flac')],
  ['vorbis', coded('vorbis')],
  ['ac-3', decodedOnly('ac-3')],
  ['ec-3', decodedOnly('ec-3')],
  ['pcm-u8', coded('pcm-u8')],
  ['pcm-s16', coded('pcm-s16')],
  ['pcm-s24', coded('pcm-s24')],
  ['pcm-s32', coded('pcm-s32')],
  ['pcm-f32', coded('pcm-f32')],
  ['alaw', coded('alaw')],
  ['ulaw', coded('ulaw')],
])

function findCodec(codecString: string): AudioCodec {
  const codec = AUDIO_CODECS.get(codecString)
  if (!codec) throw notSupportedError(`expected a supported codec string for codec but received "${codecString}"`)
  return codec
}

/** What the codecs and the resampler are tried with. */
const MAX_CHANNELS = 8
const MAX_SAMPLE_RATE = 192000

function requireSupported(name: string, value: number, highest: number): void {
  if (value < 1 || value > highest)
    throw notSupportedError(`expected 1 to ${highest} for ${name} but received ${value}`)
}

/**
 * "Check Configuration Support" as far as it needs no encoder.
 * @throws NotSupportedError that tells what is not supported
 */
export function planAudioEncoder(config: ParsedAudioEncoderConfig): AudioEncoderPlan {
  const { codec, encodes, mpeg2 = false } = findCodec(config.codec)
  if (!encodes)
    throw notSupportedError(`expected a codec that is encoded here for codec but received "${config.codec}"`)
  requireSupported('sampleRate', config.sampleRate, MAX_SAMPLE_RATE)
  requireSupported('numberOfChannels', config.numberOfChannels, MAX_CHANNELS)
  if (config.bitrate === 0) {
    throw notSupportedError('expected a positive number of bits per second for bitrate but received 0')
  }
  const opus = config.opus ?? defaultOpusEncoderConfig
  const flac = config.flac ?? defaultFlacEncoderConfig
  return {
    config: {
      codec,
      sampleRate: config.sampleRate,
      numberOfChannels: config.numberOfChannels,
      bitrate: config.bitrate ?? 0,
      bitrateMode: BitrateMode[config.bitrateMode],
      adts: config.aac?.format === 'adts',
      mpeg2,
      frameDuration: opus.frameDuration,
      application: OpusApplication[opus.application],
      signal: OpusSignal[opus.signal],
      complexity: opus.complexity,
      packetLoss: opus.packetlossperc,
      fec: opus.useinbandfec,
      dtx: opus.usedtx,
      blockSize: flac.blockSize,
      compressionLevel: flac.compressLevel,
      encoderOptions: Object.entries(config.encoderOptions ?? {}).flat(),
    },
  }
}

interface Headers {
  description: Uint8Array | null
  preSkip: number
}

/** What the decoder needs to know besides the chunks. */
function headersOf(codec: NativeAudioCodec, config: ParsedAudioDecoderConfig): Headers {
  // As in browsers, an empty description counts as none.
  const description = config.description?.byteLength ? new Uint8Array(config.description) : null
  switch (codec) {
    case 'opus': {
      const head = description ?? describeOpus(config.numberOfChannels)
      return { description: head, preSkip: parseOpusHead(head).preSkip }
    }
    case 'flac':
      return { description: flacStreamInfo(description), preSkip: 0 }
    case 'vorbis':
      if (!description) throw notSupportedError('expected the three headers of Vorbis for description')
      return { description, preSkip: 0 }
    case 'aac':
      return { description, preSkip: 0 }
    default:
      // The other registrations have no use for it.
      return { description: null, preSkip: 0 }
  }
}

/** Streams of these do not tell their rate and number of channels. */
const isHeaderless = (codec: NativeAudioCodec): boolean => codec.startsWith('pcm-') || codec.endsWith('law')

/**
 * "Check Configuration Support" as far as it needs no decoder.
 * @throws NotSupportedError that tells what is not supported
 */
export function planAudioDecoder(config: ParsedAudioDecoderConfig): AudioDecoderPlan {
  const { codec } = findCodec(config.codec)
  const { sampleRate, numberOfChannels } = config
  if (isHeaderless(codec)) {
    requireSupported('sampleRate', sampleRate, MAX_SAMPLE_RATE)
    requireSupported('numberOfChannels', numberOfChannels, MAX_CHANNELS)
  }
  const isTold = isHeaderless(codec)
  return {
    config: {
      codec,
      ...headersOf(codec, config),
      sampleRate: isTold ? sampleRate : 0,
      numberOfChannels: isTold ? numberOfChannels : 0,
    },
  }
}
