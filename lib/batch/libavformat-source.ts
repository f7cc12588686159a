/** What libavformat reads, by this package's Demuxer: the formats that mediabunny does not know, and addresses. */
import { stat } from 'node:fs/promises'
import { Demuxer } from '../containers/demuxer.js'
import type * as containers from '../containers/track.js'
import { EncodedAudioChunk } from '../encoded-audio-chunk.js'
import { EncodedVideoChunk } from '../encoded-video-chunk.js'
import { type BatchError, InputError, inputError, messageOf } from './errors.js'
import { type AudioCodecName, isTag, type VideoCodecName } from './formats.js'
import type { Job } from './job.js'
import type { AudioTrack, Disposition, MediaSource, Packet, Track, VideoTrack } from './media-io.js'
import { isAddress } from './storage/addresses.js'

/** The short names of codecs by libavcodec's. */
const VIDEO_CODECS: Readonly<Record<string, VideoCodecName>> = {
  h264: 'h264',
  hevc: 'hevc',
  vp8: 'vp8',
  vp9: 'vp9',
  av1: 'av1',
}
const AUDIO_CODECS: Readonly<Record<string, AudioCodecName>> = {
  aac: 'aac',
  opus: 'opus',
  mp3: 'mp3',
  flac: 'flac',
  vorbis: 'vorbis',
  ac3: 'ac-3',
  eac3: 'ec-3',
  pcm_u8: 'pcm-u8',
  pcm_s16le: 'pcm-s16',
  pcm_s24le: 'pcm-s24',
  pcm_s32le: 'pcm-s32',
  pcm_f32le: 'pcm-f32',
  pcm_alaw: 'alaw',
  pcm_mulaw: 'ulaw',
}

/** Formats that are read from the beginning: FFmpeg 5.1 finds nothing more in fragmented MP4 once it has sought. */
const DOES_NOT_SEEK = 'hls'
/** Formats whose clock begins where presentation does. The clocks of the others begin anywhere. */
const BEGINS_AT_ZERO = /\b(?:mov|mp4|matroska|webm)\b/
const DEFAULT_FRAMERATE = 30

/**
 * @param copy path of a copy on this machine, for what lies where libavformat cannot go
 * @throws InputError
 */
export async function openWithLibavformat({ path, format, options }: Job['input'], copy = path): Promise<MediaSource> {
  try {
    const demuxer = await Demuxer.open(copy, {
      ...(format === undefined ? {} : { format }),
      ...(options === undefined ? {} : { libavOptions: options }),
    })
    const bytes = isAddress(copy) ? null : (await stat(copy)).size
    return new LibavformatSource(path, demuxer, bytes)
  } catch (error) {
    throw openError(path, error)
  }
}

function openError(path: string, error: unknown): BatchError {
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotFoundError':
      return new InputError('not-found', `${path}: there is no such file`, { cause: error })
    case 'DataError':
      return new InputError('unknown-format', `${path}: it is not a media file of a known format`, { cause: error })
    case 'NotSupportedError':
      return new InputError('unknown-format', `${path}: ${messageOf(error)}`, { cause: error })
    default:
      return readError(path, error)
  }
}

function readError(path: string, error: unknown): BatchError {
  const name = error instanceof DOMException ? error.name : ''
  if (name !== 'NetworkError' && name !== 'TimeoutError') return inputError(path, error)
  const message = `${path}: it cannot be read (${messageOf(error)})`
  return new InputError('unreadable', message, { retryable: true, cause: error })
}

class LibavformatSource implements MediaSource {
  readonly format: string
  readonly tracks: readonly Track[]
  readonly metadata: Readonly<Record<string, string>>
  readonly duration: number | null
  readonly bytes: number | null
  readonly #path: string
  readonly #demuxer: Demuxer
  readonly #own = new Map<containers.Track, Track>()
  /** Microseconds on the container's clock that become 0. */
  readonly #origin: number

  constructor(path: string, demuxer: Demuxer, bytes: number | null) {
    this.#path = path
    this.#demuxer = demuxer
    this.bytes = bytes
    this.format = demuxer.formatDescription
    this.metadata = tagsFrom(demuxer.tags)
    this.#origin = BEGINS_AT_ZERO.test(demuxer.format) ? 0 : (demuxer.startTime ?? 0)
    this.duration = demuxer.duration === undefined ? null : demuxer.duration / 1e6
    for (const track of demuxer.tracks) {
      if (track.type === 'video' && !track.disposition.attachedPicture) this.#own.set(track, videoTrack(track))
      else if (track.type === 'audio') this.#own.set(track, audioTrack(track))
    }
    this.tracks = [...this.#own.values()]
    if (this.tracks.length === 0) {
      demuxer.close()
      throw new InputError('no-tracks', `${path}: it has neither pictures nor sound`)
    }
  }

  async *packets(tracks: readonly Track[], from: number): AsyncGenerator<Packet, void, undefined> {
    const selected = [...this.#own].filter(([, own]) => tracks.includes(own)).map(([track]) => track)
    const seek =
      from > 0 && this.#demuxer.format !== DOES_NOT_SEEK ? { from: this.#origin + Math.round(from * 1e6) } : {}
    const begun = new Set<Track>()
    try {
      for await (const packet of this.#demuxer.packets({ tracks: selected, ...seek })) {
        if (packet.type === 'other') continue
        const track = this.#own.get(packet.track)!
        if (track.type === 'audio') {
          if (packet.type === 'audio') yield { track, chunk: this.#audioChunk(packet.chunk) }
          continue
        }
        if (packet.type !== 'video') continue
        // Decoding begins with a key frame.
        if (packet.chunk.type === 'key') begun.add(track)
        if (begun.has(track)) yield { track, chunk: this.#videoChunk(packet.chunk) }
      }
    } catch (error) {
      throw readError(this.#path, error)
    }
  }

  close(): void {
    this.#demuxer.close()
  }

  #videoChunk(chunk: EncodedVideoChunk): EncodedVideoChunk {
    return this.#origin === 0 ? chunk : new EncodedVideoChunk(moved(chunk, this.#origin))
  }

  #audioChunk(chunk: EncodedAudioChunk): EncodedAudioChunk {
    return this.#origin === 0 ? chunk : new EncodedAudioChunk(moved(chunk, this.#origin))
  }
}

/** The tags that outputs have too. libavformat's names are those of here but for one. */
function tagsFrom(tags: Readonly<Record<string, string>>): Record<string, string> {
  const named = Object.entries(tags).map(
    ([key, value]) => [key === 'album_artist' ? 'albumArtist' : key, value] as const,
  )
  return Object.fromEntries(named.filter(([key, value]) => isTag(key, value)))
}

/** The same chunk earlier by some microseconds. */
function moved(chunk: EncodedVideoChunk | EncodedAudioChunk, by: number) {
  const data = new Uint8Array(chunk.byteLength)
  chunk.copyTo(data)
  const { type, timestamp, duration } = chunk
  return { type, timestamp: timestamp - by, ...(duration === null ? {} : { duration }), data, transfer: [data.buffer] }
}

function trackBase(track: containers.VideoTrack | containers.AudioTrack) {
  const { id, codecName, language, title, timeBase, duration, bitrate } = track
  return {
    id,
    codecId: codecName,
    language: language !== undefined && /^[a-z]{3}$/.test(language) ? language : 'und',
    title: title ?? null,
    disposition: dispositionOf(track.disposition),
    ticksPerSecond: Math.min(timeBase.denominator, 500_000),
    duration: duration === undefined ? null : duration / 1e6,
    bitrate: bitrate ?? null,
  }
}

function dispositionOf(disposition: containers.Disposition): Disposition {
  const { original, forced, comment, hearingImpaired, visualImpaired } = disposition
  return {
    default: disposition.default,
    forced,
    original,
    commentary: comment,
    hearingImpaired,
    visuallyImpaired: visualImpaired,
  }
}

function videoTrack(track: containers.VideoTrack): VideoTrack {
  const { codedWidth, codedHeight, decoderConfig } = track
  const aspectWidth = decoderConfig?.displayAspectWidth ?? codedWidth
  const aspectHeight = decoderConfig?.displayAspectHeight ?? codedHeight
  return {
    ...trackBase(track),
    type: 'video',
    codec: VIDEO_CODECS[track.codecName] ?? null,
    decoderConfig,
    codedWidth,
    codedHeight,
    pixelAspect: { num: aspectWidth * codedHeight, den: aspectHeight * codedWidth },
    rotation: track.rotation as VideoTrack['rotation'],
    flip: track.flip,
    framerate: track.framerate ?? DEFAULT_FRAMERATE,
  }
}

function audioTrack(track: containers.AudioTrack): AudioTrack {
  const { sampleRate, numberOfChannels, decoderConfig } = track
  const codec = AUDIO_CODECS[track.codecName] ?? null
  return { ...trackBase(track), type: 'audio', codec, decoderConfig, sampleRate, numberOfChannels }
}
