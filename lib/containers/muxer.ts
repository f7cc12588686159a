/** Writes containers by libavformat. */
import type { AudioDecoderConfig } from '../config/audio-decoder-config.js'
import type { VideoDecoderConfig } from '../config/video-decoder-config.js'
import { type EncodedAudioChunk, encodedAudioChunkInternals } from '../encoded-audio-chunk.js'
import { type EncodedVideoChunk, encodedVideoChunkInternals } from '../encoded-video-chunk.js'
import { abortError, invalidStateError, notSupportedError } from '../errors.js'
import { type ContainerEvent, EventKind, type NativeOutputTrack } from '../native.js'
import { parseRotation } from '../orientation.js'
import { isObject, typeError } from '../webidl/conversions.js'
import { Connection } from './connection.js'
import { codecName, nativeAudioTrack, nativeVideoTrack, type TrackOptions } from './muxer-track.js'
import { libavOptions, optionalSignal, optionalString } from './options.js'
import { type MuxerTarget, type OpenedTarget, openTarget } from './target.js'

export interface MuxerOptions {
  /** libavformat's name of the format, such as "mp4" or "mpegts". Default: by the extension of the target. */
  format?: string
  /** The container's tags, such as `{ title: 'Rushes' }`. */
  tags?: Readonly<Record<string, string>>
  /** Ends the muxer, at any time, and leaves nothing behind; what waits rejects with the signal's reason. */
  signal?: AbortSignal
  /** Options of libavformat's muxer and protocol, such as `{ movflags: 'faststart' }`. */
  libavOptions?: Readonly<Record<string, string | number | boolean>>
}

export interface VideoTrackOptions extends TrackOptions {
  /** Frames per second, for formats that tell it, and the grid of timestamps. AVI cannot do without. */
  framerate?: number
}

export interface AudioTrackOptions extends TrackOptions {}

/** A track of a muxer. */
export interface MuxerTrack {
  readonly id: number
  readonly type: 'video' | 'audio'
}

/** What encoders give with their chunks. */
export interface ChunkMetadata {
  /** Its members are put over those that the track was added with. */
  readonly decoderConfig?: Partial<VideoDecoderConfig> | Partial<AudioDecoderConfig>
  readonly alphaSideData?: unknown
}

export interface MuxerResult {
  /** Bytes; undefined where it is not known, as of network outputs. */
  readonly size: number | undefined
  /** Microseconds from the first presentation to the end of the last. */
  readonly duration: number
}

type Event<Kind extends number> = Extract<ContainerEvent, { 0: Kind }>
type Chunk = EncodedVideoChunk | EncodedAudioChunk

interface TrackState extends MuxerTrack {
  config: VideoDecoderConfig | AudioDecoderConfig
  readonly options: VideoTrackOptions
  /** The bytes of the first chunk. */
  first: Uint8Array | null
  readonly needsChunk: boolean
}

interface Waiting {
  resolve(): void
  reject(reason: unknown): void
}

/** Bytes that may be on their way to the writing thread before addChunk() waits. */
const MANY_BYTES = 8 << 20
/** Formats that can tell a rotation. */
const ROTATING_FORMATS: ReadonlySet<string> = new Set(['mov', 'mp4', '3gp', '3g2', 'ipod', 'psp', 'ismv', 'f4v'])
/** Formats that are written from the beginning to the end only in fragments. */
const FRAGMENTED_FORMATS: ReadonlySet<string> = new Set(['mov', 'mp4', '3gp', '3g2', 'ipod', 'psp', 'f4v'])
const FRAGMENTS = ['movflags', 'frag_keyframe+empty_moov+default_base_moof'] as const

interface Opening {
  resolve(event: Event<typeof EventKind.outputOpened>): void
  reject(reason: unknown): void
}

/** The way to the writing thread, and to the target. */
class Writer {
  readonly connection: Connection
  readonly #target: OpenedTarget
  readonly #signal: AbortSignal | undefined
  #opened: Opening | null
  #finished: { resolve(event: Event<typeof EventKind.outputFinished>): void; reject(reason: unknown): void } | null =
    null
  /** Sizes of the chunks that are not written, in order. */
  readonly #sizes: number[] = []
  #bytes = 0
  #waiting: Waiting[] = []
  #sinkError: { readonly error: unknown } | null = null
  #lastWrite: Promise<void> = Promise.resolve()
  #isWhole = false
  #abortReason: { readonly reason: unknown } | null = null
  #onDiscarded: (() => void) | null = null
  end: { readonly reason: unknown } | null = null

  constructor(target: OpenedTarget, signal: AbortSignal | undefined, opened: Opening) {
    this.#target = target
    this.#signal = signal
    this.#opened = opened
    this.connection = new Connection(
      'Muxer',
      (native, id) => native.createMuxer(id),
      (event) => this.#receive(event as ContainerEvent),
      (reason) => this.#onEnd(reason),
    )
    signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  readonly #onAbort = (): void => void this.abort(this.#signal!.reason)

  /** Ends the writing, and then discards what was written: the thread has closed it by then. */
  abort(reason: unknown): Promise<void> {
    if (this.end) return Promise.resolve()
    this.#abortReason ??= { reason }
    return new Promise((resolve) => {
      const before = this.#onDiscarded
      this.#onDiscarded = () => {
        before?.()
        resolve()
      }
      if (before) return
      this.connection.wait()
      this.connection.native.abortMuxer(this.connection.handle)
    })
  }

  /** Ends with an output that is whole. */
  close(): void {
    this.#isWhole = true
    this.connection.end()
  }

  #receive(event: ContainerEvent | [kind: typeof EventKind.done, id: number, generation: number, count: number]): void {
    switch (event[0]) {
      case EventKind.outputOpened:
        this.connection.done()
        this.#opened?.resolve(event)
        this.#opened = null
        break
      case EventKind.done:
        this.#written(event[3])
        break
      case EventKind.bytesWritten:
        this.#lastWrite = this.#lastWrite.then(() => this.#sink(event))
        break
      case EventKind.outputFinished:
        this.connection.done()
        this.#finished?.resolve(event)
        this.#finished = null
        break
    }
  }

  #written(count: number): void {
    for (const size of this.#sizes.splice(0, count)) {
      this.#bytes -= size
      this.connection.done()
    }
    if (this.#bytes >= MANY_BYTES) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const { resolve } of waiting) resolve()
  }

  async #sink([, , , position, bytes]: Event<typeof EventKind.bytesWritten>): Promise<void> {
    let failed = false
    const size = bytes.byteLength
    try {
      if (!this.#sinkError && !this.end) await this.#target.sink!.write(new Uint8Array(bytes), position)
    } catch (error) {
      failed = true
      this.#sinkError = { error }
    }
    if (this.connection.isOpen) this.connection.native.acknowledgeMuxer(this.connection.handle, size, failed)
  }

  #onEnd(reason: unknown): void {
    this.#signal?.removeEventListener('abort', this.#onAbort)
    const isOwn = reason instanceof DOMException && reason.name === 'NotReadableError'
    this.end = this.#abortReason ?? { reason: isOwn && this.#sinkError ? this.#sinkError.error : reason }
    void this.#discard(this.end.reason)
  }

  /** What waits hears of the end when nothing is left. */
  async #discard(reason: unknown): Promise<void> {
    if (!this.#isWhole) await this.#target.discard(reason).catch(() => {})
    for (const { reject } of this.#waiting) reject(reason)
    this.#waiting = []
    this.#opened?.reject(reason)
    this.#finished?.reject(reason)
    this.#opened = this.#finished = null
    this.#onDiscarded?.()
  }

  start(tracks: readonly NativeOutputTrack[]): void {
    this.connection.native.startMuxer(this.connection.handle, tracks)
  }

  /** Resolves when there is room for another. */
  write(track: number, data: Uint8Array, isKey: boolean, timestamp: number, duration: number | null): Promise<void> {
    this.connection.wait()
    this.#sizes.push(data.byteLength)
    this.#bytes += data.byteLength
    this.connection.native.writeMuxer(this.connection.handle, track, data, isKey, timestamp, duration)
    if (this.#bytes < MANY_BYTES) return Promise.resolve()
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  finish(): Promise<Event<typeof EventKind.outputFinished>> {
    this.connection.wait()
    this.connection.native.finishMuxer(this.connection.handle)
    return new Promise((resolve, reject) => {
      this.#finished = { resolve, reject }
    })
  }
}

const makeKey = Symbol('Muxer')

/**
 * Writes chunks of VideoEncoder and AudioEncoder, or of a Demuxer, into a container, on a thread of its own. A file
 * appears under its name when it is whole: finalize() completes it, abort() discards it, and a muxer has no other end.
 */
export class Muxer {
  readonly #writer: Writer
  readonly #target: OpenedTarget
  readonly #format: string
  readonly #tracks: TrackState[] = []
  /** Chunks that came before the header could be written. */
  #early: [track: TrackState, chunk: Chunk][] = []
  #state: 'open' | 'started' | 'finalizing' | 'finalized' | 'aborted' = 'open'

  /** Use `Muxer.open()`. */
  constructor(key: typeof makeKey, writer: Writer, target: OpenedTarget, format: string) {
    if (key !== makeKey) throw new TypeError('expected Muxer.open() for the constructor of Muxer')
    this.#writer = writer
    this.#target = target
    this.#format = format
  }

  /**
   * Rejects with a TypeError for arguments of the wrong type, and with a NotSupportedError when no format is known by the
   * name or extension; or the signal's reason.
   */
  static async open(target: MuxerTarget, options: MuxerOptions = {}): Promise<Muxer> {
    if (!isObject(options)) throw typeError('an object', 'options', options)
    const format = optionalString(options.format, 'options.format') ?? ''
    const tags = libavOptions(options.tags, 'options.tags')
    const dictionary = libavOptions(options.libavOptions, 'options.libavOptions')
    const signal = optionalSignal(options.signal, 'options.signal')
    signal?.throwIfAborted()
    if (isObject(target) && !(target instanceof URL) && format === '') {
      throw typeError('a format for a target without a name', 'options.format', undefined)
    }
    const opened = openTarget(target)
    const isFragmented = opened.sink && !opened.sink.seekable && FRAGMENTED_FORMATS.has(format)
    if (isFragmented && !dictionary.includes('movflags')) dictionary.push(...FRAGMENTS)
    let writer: Writer | undefined
    try {
      const open = (url: string) =>
        new Promise<Event<typeof EventKind.outputOpened>>((resolve, reject) => {
          writer = new Writer(opened, signal, { resolve, reject })
          const sink = opened.sink ? (opened.sink.seekable ? 'seekable' : 'stream') : 'none'
          const { connection } = writer
          connection.wait()
          connection.native.openMuxer(connection.handle, { url, format, dictionary, tags, sink })
        })
      let event = await open(opened.url)
      if (event[5] && opened.useFolder) {
        writer!.close()
        event = await open(await opened.useFolder())
      }
      if (event[5] && opened.sink)
        throw notSupportedError(`expected a path for ${event[3]}, which writes several files`)
      return new Muxer(makeKey, writer!, opened, event[3])
    } catch (error) {
      await writer?.abort(error)
      throw error
    }
  }

  /** libavformat's name of the format, such as "mp4". */
  get format(): string {
    return this.#format
  }

  /**
   * Adds a track; all are added before the first chunk.
   * @param config that of the track's decoder, as encoders give it or demuxers have it. What is known later comes with the
   *   first chunk's metadata.
   * @throws NotSupportedError when the format cannot hold the codec, or the rotation; InvalidStateError when the header is
   *   written
   */
  addVideoTrack(config: VideoDecoderConfig, options: VideoTrackOptions = {}): MuxerTrack {
    this.#requireRotation(config)
    return this.#addTrack('video', config, options)
  }

  /** The same for sound. */
  addAudioTrack(config: AudioDecoderConfig, options: AudioTrackOptions = {}): MuxerTrack {
    return this.#addTrack('audio', config, options)
  }

  /**
   * Writes a chunk; those of a track in decode order. The header is written when every track has had a chunk, where its
   * configuration did not have all that the header needs. Resolves when there is room for another.
   * @param metadata what the encoder gave with the chunk
   */
  async addChunk(track: MuxerTrack, chunk: Chunk, metadata?: ChunkMetadata): Promise<void> {
    const state = this.#tracks[track?.id]
    if (state !== track) throw typeError('a track of this muxer', 'track', track)
    const internals = state.type === 'video' ? encodedVideoChunkInternals : encodedAudioChunkInternals
    if (!internals.isChunk(chunk))
      throw typeError(state.type === 'video' ? 'an EncodedVideoChunk' : 'an EncodedAudioChunk', 'chunk', chunk)
    this.#requireOpen()
    if (metadata?.alphaSideData) throw notSupportedError('expected no alpha: muxers write the pictures alone')
    if (this.#state === 'started') return this.#write(state, chunk)
    if (metadata?.decoderConfig) {
      state.config = { ...state.config, ...metadata.decoderConfig } as TrackState['config']
      if (state.type === 'video') this.#requireRotation(state.config as VideoDecoderConfig)
    }
    state.first ??= internals.slotsOf(chunk as never).data
    this.#early.push([state, chunk])
    if (this.#tracks.every((other) => !other.needsChunk || other.first || hasDescription(other))) await this.#start()
  }

  /**
   * Writes what is left, and lets the file appear. Rejects with what went wrong in writing, and leaves nothing then.
   */
  async finalize(): Promise<MuxerResult> {
    if (this.#state !== 'open' && this.#state !== 'started') this.#requireOpen()
    try {
      this.#requireOpen()
      if (this.#tracks.length === 0) throw invalidStateError('expected a track at least')
      if (this.#state === 'open') await this.#start()
      this.#state = 'finalizing'
      const [, , , bytes, duration] = await this.#writer.finish()
      this.#writer.close()
      const size = (await this.#target.commit()) ?? (this.#target.sink ? bytes : undefined)
      this.#state = 'finalized'
      return { size, duration }
    } catch (error) {
      this.#state = 'aborted'
      await this.#writer.abort(error)
      // Where it was whole, and did not take its name.
      await this.#target.discard(error).catch(() => {})
      throw error
    }
  }

  /**
   * Gives the output up. Resolves when nothing is left of it; what waits rejects with `reason`. Harmless once it is finalized
   * or aborted: it may stand in a `finally` after finalize().
   * @param reason by default an AbortError
   */
  async abort(reason: unknown = abortError('Muxer was aborted')): Promise<void> {
    if (this.#state === 'finalized') return
    this.#state = 'aborted'
    await this.#writer.abort(reason)
  }

  #requireOpen(): void {
    if (this.#writer.end && this.#state !== 'finalized') throw this.#writer.end.reason
    if (this.#state !== 'open' && this.#state !== 'started') {
      throw invalidStateError(`expected an open Muxer but it is ${this.#state}`)
    }
  }

  #requireRotation({ rotation = 0, flip = false }: VideoDecoderConfig): void {
    const isUpright = parseRotation(rotation) === 0 && !flip
    if (!isUpright && !ROTATING_FORMATS.has(this.#format)) {
      throw notSupportedError(`expected no rotation and no flip for ${this.#format}, which cannot tell them`)
    }
  }

  #addTrack(type: 'video' | 'audio', config: TrackState['config'], options: VideoTrackOptions): MuxerTrack {
    this.#requireOpen()
    if (!isObject(config))
      throw typeError(`${type === 'video' ? 'a VideoDecoderConfig' : 'an AudioDecoderConfig'}`, 'config', config)
    if (this.#state !== 'open') throw invalidStateError('expected all tracks before the header is written')
    const { name, needsChunk } = codecName(type, config.codec)
    if (!this.#writer.connection.native.queryMuxer(this.#format, name)) {
      throw notSupportedError(
        `expected a codec that ${this.#format} can hold for config.codec but received "${config.codec}"`,
      )
    }
    const track: TrackState = {
      id: this.#tracks.length,
      type,
      config: { ...config },
      options: { ...options },
      first: null,
      needsChunk,
    }
    this.#tracks.push(track)
    return track
  }

  async #start(): Promise<void> {
    const natives = this.#tracks.map(({ type, config, options, first }) =>
      type === 'video'
        ? nativeVideoTrack(config as VideoDecoderConfig, options, first)
        : nativeAudioTrack(config as AudioDecoderConfig, options, first),
    )
    this.#state = 'started'
    this.#writer.start(natives)
    const early = this.#early
    this.#early = []
    await Promise.all(early.map(([track, chunk]) => this.#write(track, chunk)))
  }

  #write({ id, type }: TrackState, chunk: Chunk): Promise<void> {
    const internals = type === 'video' ? encodedVideoChunkInternals : encodedAudioChunkInternals
    const { data, timestamp, duration } = internals.slotsOf(chunk as never)
    return this.#writer.write(id, data, chunk.type === 'key', timestamp, duration)
  }
}

const hasDescription = ({ config: { description } }: TrackState): boolean => (description?.byteLength ?? 0) > 0
