/** Media files as libavformat writes them, by this package's Muxer: what mediabunny does not write. */
import type { AudioDecoderConfig } from '../config/audio-decoder-config.js'
import type { VideoDecoderConfig } from '../config/video-decoder-config.js'
import { Muxer, type MuxerTrack } from '../containers/muxer.js'
import { EncodedAudioChunk } from '../encoded-audio-chunk.js'
import { EncodedVideoChunk } from '../encoded-video-chunk.js'
import { outputError } from './errors.js'
import { fileStream } from './file-writer.js'
import type { LibavformatContainer } from './formats.js'
import type { ContainerAbilities, MediaSink, SinkChunk, SinkOptions, SinkTrack, SinkWriter } from './media-io.js'

export function libavformatAbilities({ codecs, times }: LibavformatContainer, holdsSound: boolean): ContainerAbilities {
  return {
    holds: (codec) => codecs.includes(codec),
    turns: false,
    beginsBeforeZero: false,
    timesPictures: times === 'presentation',
    reorders: times !== 'count',
    maxAudioTracks: holdsSound ? Number.POSITIVE_INFINITY : 0,
    maxVideoTracks: 1,
  }
}

export function openLibavformatSink(
  { format }: LibavformatContainer,
  { path, metadata }: SinkOptions,
  named: string,
): MediaSink {
  return new LibavformatSink(format, path, metadata, named)
}

/** A track, and what of it came before the header could be written. */
interface OpenTrack {
  readonly track: SinkTrack
  readonly early: SinkChunk[]
  muxerTrack: MuxerTrack | null
  ended: boolean
}

class LibavformatSink implements MediaSink {
  readonly #format: string
  readonly #path: string
  readonly #metadata: Readonly<Record<string, string>>
  readonly #named: string
  readonly #tracks: OpenTrack[] = []
  #muxer: Muxer | null = null
  #file: WritableStreamDefaultWriter<{ data: Uint8Array; position: number }> | null = null
  #headerIsWritten = false

  constructor(format: string, path: string, metadata: Readonly<Record<string, string>>, named: string) {
    this.#format = format
    this.#path = path
    this.#metadata = metadata
    this.#named = named
  }

  addTrack(track: SinkTrack): SinkWriter {
    const open: OpenTrack = { track, early: [], muxerTrack: null, ended: false }
    this.#tracks.push(open)
    return {
      write: (chunk) => this.#orOutputError(this.#write(open, chunk)),
      close: () => {
        open.ended = true
      },
    }
  }

  async start(): Promise<void> {
    const file = fileStream(this.#path, this.#named).getWriter()
    // Whoever writes next hears of it.
    file.closed.catch(() => {})
    this.#file = file
    await this.#orOutputError(file.ready)
    const write = (data: Uint8Array, position: number) => file.write({ data, position })
    const { albumArtist, ...tags } = this.#metadata
    const opening = Muxer.open(
      { seekable: true, write },
      { format: this.#format, tags: albumArtist === undefined ? tags : { ...tags, album_artist: albumArtist } },
    )
    this.#muxer = await this.#orOutputError(opening)
  }

  async finalize(): Promise<void> {
    await this.#orOutputError(this.#finalize())
  }

  async abort(): Promise<void> {
    await this.#muxer?.abort().catch(() => {})
    await this.#file?.abort().catch(() => {})
  }

  async #finalize(): Promise<void> {
    if (!this.#headerIsWritten) await this.#begin()
    await this.#muxer!.finalize()
    await this.#file!.close()
  }

  async #write(open: OpenTrack, chunk: SinkChunk): Promise<void> {
    if (open.muxerTrack) return this.#muxer!.addChunk(open.muxerTrack, chunkOf(open.track, chunk))
    // What a track is is known with its first chunk, and the header tells it of all.
    open.early.push(chunk)
    if (this.#tracks.every(({ early, ended }) => early.length > 0 || ended)) await this.#begin()
  }

  /** Tracks that have turned out to be empty are left out. */
  async #begin(): Promise<void> {
    this.#headerIsWritten = true
    const begun = this.#tracks.filter(({ early }) => early.length > 0)
    for (const open of begun) open.muxerTrack = this.#addTrack(open)
    for (const { track, muxerTrack, early } of begun) {
      for (const chunk of early.splice(0)) await this.#muxer!.addChunk(muxerTrack!, chunkOf(track, chunk))
    }
  }

  #addTrack({ track, early }: OpenTrack): MuxerTrack {
    const { language, title, disposition } = track
    const { commentary, visuallyImpaired, ...flags } = disposition
    const options = {
      ...(language === 'und' ? {} : { language }),
      ...(title === null ? {} : { title }),
      disposition: { ...flags, comment: commentary, visualImpaired: visuallyImpaired },
    }
    const config = early[0]!.decoderConfig
    if (track.type === 'audio') return this.#muxer!.addAudioTrack(config as AudioDecoderConfig, options)
    return this.#muxer!.addVideoTrack(config as VideoDecoderConfig, { ...options, framerate: track.framerate })
  }

  #orOutputError<T>(promise: Promise<T>): Promise<T> {
    return promise.catch((error) => {
      throw outputError(this.#named, error)
    })
  }
}

function chunkOf({ type }: SinkTrack, { key, timestamp, duration, data }: SinkChunk) {
  const init = { type: key ? ('key' as const) : ('delta' as const), timestamp, duration, data }
  return type === 'video' ? new EncodedVideoChunk(init) : new EncodedAudioChunk(init)
}
