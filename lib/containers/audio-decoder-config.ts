/** From what libavformat tells of an audio stream to the configuration of its decoder. */
import type { AudioDecoderConfig } from '../config/audio-decoder-config.js'
import type { NativeTrack } from '../native.js'

interface CodecOfTrack {
  readonly codec: string
  readonly description?: Uint8Array
}

const NO_BYTES = new ArrayBuffer(0)
const extradataOf = (track: NativeTrack): Uint8Array => new Uint8Array(track.extradata ?? NO_BYTES)

/** Audio object types (ISO/IEC 14496-3, table 1.17): AAC-LC, SBR and PS. */
const AAC_OBJECT_TYPES: ReadonlySet<number> = new Set([2, 5, 29])
const ESCAPE_VALUE = 31

function audioObjectType(config: Uint8Array): number {
  const type = config[0]! >> 3
  return type === ESCAPE_VALUE ? 32 + ((config[0]! & 7) << 3) + (config[1]! >> 5) : type
}

function aac(track: NativeTrack): CodecOfTrack | null {
  const description = extradataOf(track)
  // Without an AudioSpecificConfig the chunks are ADTS frames. FFmpeg's profiles are object types less one.
  const type = description.length >= 2 ? audioObjectType(description) : track.profile >= 0 ? track.profile + 1 : 2
  if (!AAC_OBJECT_TYPES.has(type)) return null
  const codec = `mp4a.40.${type}`
  return description.length >= 2 ? { codec, description } : { codec }
}

const OPUS_MAGIC = 'OpusHead'

function opus(track: NativeTrack): CodecOfTrack {
  const description = extradataOf(track)
  const magic = String.fromCharCode(...description.subarray(0, OPUS_MAGIC.length))
  return magic === OPUS_MAGIC ? { codec: 'opus', description } : { codec: 'opus' }
}

const STREAM_INFO_SIZE = 34
/** "fLaC", and the header of a last block, STREAMINFO (RFC 9639, section 8). */
const FLAC_START = [0x66, 0x4c, 0x61, 0x43, 0x80, 0, 0, STREAM_INFO_SIZE] as const

function flac(track: NativeTrack): CodecOfTrack | null {
  const streamInfo = extradataOf(track)
  if (streamInfo.length < STREAM_INFO_SIZE) return null
  const description = Uint8Array.from([...FLAC_START, ...streamInfo.subarray(0, STREAM_INFO_SIZE)])
  return { codec: 'flac', description }
}

function vorbis(track: NativeTrack): CodecOfTrack | null {
  const description = extradataOf(track)
  // Three packets, laced: the number of them less one comes first.
  return description[0] === 2 ? { codec: 'vorbis', description } : null
}

const plain = (codec: string) => (): CodecOfTrack => ({ codec })

/** By libavcodec's name. */
const CODECS: ReadonlyMap<string, (track: NativeTrack) => CodecOfTrack | null> = new Map([
  ['aac', aac],
  ['opus', opus],
  ['flac', flac],
  ['vorbis', vorbis],
  ['mp3', plain('mp3')],
  ['ac3', plain('ac-3')],
  ['eac3', plain('ec-3')],
  ['pcm_u8', plain('pcm-u8')],
  ['pcm_s16le', plain('pcm-s16')],
  ['pcm_s24le', plain('pcm-s24')],
  ['pcm_s32le', plain('pcm-s32')],
  ['pcm_f32le', plain('pcm-f32')],
  ['pcm_alaw', plain('alaw')],
  ['pcm_mulaw', plain('ulaw')],
])

/** null for a codec that WebCodecs does not know, or a stream that does not tell what it is. */
export function audioDecoderConfig(track: NativeTrack): AudioDecoderConfig | null {
  const codec = CODECS.get(track.codec)?.(track)
  if (!codec || track.sampleRate <= 0 || track.channels <= 0) return null
  return { ...codec, sampleRate: track.sampleRate, numberOfChannels: track.channels }
}
