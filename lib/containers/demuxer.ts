/** Reads containers by libavformat. */
import type { AudioDecoderConfig } from '../config/audio-decoder-config.js'
import type { VideoDecoderConfig } from '../config/video-decoder-config.js'
import { type EncodedAudioChunk, encodedAudioChunkInternals } from '../encoded-audio-chunk.js'
import type { ChunkSlots } from '../encoded-chunk.js'
import { type EncodedVideoChunk, encodedVideoChunkInternals } from '../encoded-video-chunk.js'
import { exceptionFromStatus, invalidStateError } from '../errors.js'
import { type ContainerEvent, EventKind, type NativeInput, type NativeTrack, StatusCode } from '../native.js'
import { isObject, typeError } from '../webidl/conversions.js'
import { audioDecoderConfig } from './audio-decoder-config.js'
import { Connection, endOnAbort } from './connection.js'
import { libavOptions, optionalSignal, optionalString, timeoutMicroseconds } from './options.js'
import { type DemuxerSource, type Feeder, openSource } from './source.js'
import { type AudioTrack, makeTrack, type OtherTrack, type Track, tagsOf, type VideoTrack } from './track.js'
import { isKeyPacket, videoDecoderConfig, withParameterSets } from './video-decoder-config.js'

export interface DemuxerOptions {
  /** libavformat's name of the format, such as "mpegts" or "h264". Default: found out. */
  format?: string
  /** A file name whose extension helps to find out the format of bytes. */
  name?: string
  /** Milliseconds that opening, and each packet, may take. Default: no limit. */
  timeout?: number
  /** Ends the demuxer, at any time: what waits, and what follows, rejects with the signal's reason. */
  signal?: AbortSignal
  /** Options of libavformat's demuxer and protocol, such as `{ rtsp_transport: 'tcp' }`. */
  libavOptions?: Readonly<Record<string, string | number | boolean>>
}

export interface PacketsOptions {
  /** The tracks to read, by themselves or by id. Default: all of video and sound with a `codec`. */
  tracks?: readonly (Track | number)[]
  /** Microseconds: reads from key frames on from which this moment can be decoded. Default: where reading is. */
  from?: number
}

export interface VideoPacket {
  readonly type: 'video'
  readonly track: VideoTrack
  readonly chunk: EncodedVideoChunk
  /** The chunk's alpha in WebM, a stream of its own. */
  readonly alphaSideData?: Uint8Array
  /** What to configure the decoder with before this chunk, where it is not what came before it. */
  readonly decoderConfig?: VideoDecoderConfig
}

export interface AudioPacket {
  readonly type: 'audio'
  readonly track: AudioTrack
  readonly chunk: EncodedAudioChunk
  /** What to configure the decoder with before this chunk, where it is not what came before it. */
  readonly decoderConfig?: AudioDecoderConfig
}

/** Of subtitles and other data. */
export interface OtherPacket {
  readonly type: 'other'
  readonly track: OtherTrack
  readonly data: Uint8Array
  /** Microseconds. */
  readonly timestamp: number
  readonly duration: number | null
}

export type DemuxedPacket = VideoPacket | AudioPacket | OtherPacket

type Event<Kind extends number> = Extract<ContainerEvent, { 0: Kind }>
type PacketEvent = Event<typeof EventKind.packet>

/** Packets are asked for by so many, when no more than the second number and no more than so many bytes wait. */
const PACKETS_PER_READ = 64
const FEW_PACKETS = 32
const MANY_BYTES = 8 << 20

interface OpenRequest {
  resolve(input: NativeInput): void
  reject(reason: unknown): void
}

/** The state of a demuxer apart from it, so that a demuxer that is forgotten can be collected while this one waits. */
class Reader {
  readonly connection: Connection
  readonly #feeder: Feeder | null
  #open: OpenRequest | null
  /** Why the source gave no bytes: better than what libavformat makes of it. */
  #sourceError: { readonly error: unknown } | null = null
  #natives: readonly NativeTrack[] = []
  #packets: PacketEvent[] = []
  #next = 0
  #bytes = 0
  #isReading = false
  #isAtEnd = false
  #epoch = 0
  #started: ((event: Event<typeof EventKind.inputStarted>) => void) | null = null
  /** Called when something has changed. */
  #wake: (() => void) | null = null
  #end: { readonly reason: unknown } | null = null

  constructor(feeder: Feeder | null, open: OpenRequest) {
    this.#feeder = feeder
    this.#open = open
    this.connection = new Connection(
      'Demuxer',
      (native, id) => native.createDemuxer(id),
      (event) => this.#receive(event as ContainerEvent),
      (reason) => this.#onEnd(reason),
    )
  }

  #receive(event: ContainerEvent | [kind: typeof EventKind.done, ...rest: unknown[]]): void {
    switch (event[0]) {
      case EventKind.inputOpened:
        this.connection.done()
        this.#natives = event[3].tracks
        this.#open?.resolve(event[3])
        this.#open = null
        break
      case EventKind.packet:
        this.#packets.push(event)
        this.#bytes += event[5].byteLength
        this.#wake?.()
        break
      case EventKind.inputEnded:
        this.#isAtEnd = true
        break
      case EventKind.inputStarted:
        this.connection.done()
        this.#started?.(event)
        break
      case EventKind.bytesWanted:
        void this.#feed(event)
        break
      case EventKind.done:
        this.connection.done()
        this.#isReading = false
        this.#wake?.()
        break
    }
  }

  async #feed([, , , requestId, position, size]: Event<typeof EventKind.bytesWanted>): Promise<void> {
    let bytes = new Uint8Array(0)
    let failed = false
    try {
      bytes = (await this.#feeder!.read(position, size)) as Uint8Array<ArrayBuffer>
    } catch (error) {
      failed = true
      this.#sourceError = { error }
    }
    if (!this.connection.isOpen) return
    // Views of other elements than bytes were turned into bytes by the feeder.
    this.connection.native.feedDemuxer(this.connection.handle, requestId, bytes, failed)
  }

  #onEnd(reason: unknown): void {
    this.#feeder?.end()
    const isOwn = reason instanceof DOMException && reason.name === 'NotReadableError'
    this.#end = { reason: isOwn && this.#sourceError ? this.#sourceError.error : reason }
    this.#open?.reject(this.#end.reason)
    this.#open = null
    this.#wake?.()
    this.#started?.([EventKind.inputStarted, 0, 0, 0, StatusCode.ok, ''])
  }

  /** Chooses tracks, and where to read from. Rejects when it cannot go there. */
  async start(tracks: readonly number[], from: number | null): Promise<void> {
    this.connection.wait()
    if (from !== null) this.#epoch++
    this.connection.native.startDemuxer(this.connection.handle, this.#epoch, tracks, from)
    const [, , , , status, message] = await new Promise<Event<typeof EventKind.inputStarted>>((resolve) => {
      this.#started = resolve
    })
    this.#started = null
    if (this.#end) throw this.#end.reason
    if (status !== StatusCode.ok) throw exceptionFromStatus(status, message)
    if (from === null) return
    this.#packets = []
    this.#next = 0
    this.#bytes = 0
    this.#isAtEnd = false
  }

  /** The next packet; null at the end. What was read before the input failed comes before the error. */
  async next(): Promise<PacketEvent | null> {
    for (;;) {
      const packet = this.#packets[this.#next]
      if (packet) {
        this.#take(packet)
        return packet
      }
      if (this.#end) throw this.#end.reason
      if (this.#isAtEnd) return null
      this.#readAhead()
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = null
    }
  }

  #take(packet: PacketEvent): void {
    this.#next++
    this.#bytes -= packet[5].byteLength
    if (this.#next === this.#packets.length || this.#next > 4 * PACKETS_PER_READ) {
      this.#packets = this.#packets.slice(this.#next)
      this.#next = 0
    }
    this.#readAhead()
  }

  #readAhead(): void {
    const waiting = this.#packets.length - this.#next
    if (this.#isReading || this.#isAtEnd || this.#end || waiting > FEW_PACKETS || this.#bytes > MANY_BYTES) return
    this.#isReading = true
    this.connection.wait()
    this.connection.native.readDemuxer(this.connection.handle, this.#epoch, PACKETS_PER_READ)
  }

  /** The track's extradata, which packets may change. */
  extradata(track: number): Uint8Array {
    return new Uint8Array(this.#natives[track]!.extradata ?? new ArrayBuffer(0))
  }

  /** The track with other extradata; null when it is what it was. */
  changeExtradata(track: number, extradata: ArrayBuffer): NativeTrack | null {
    const native = this.#natives[track]!
    if (native.extradata && Buffer.from(native.extradata).equals(Buffer.from(extradata))) return null
    native.extradata = extradata
    return native
  }
}

const makeKey = Symbol('Demuxer')

/**
 * Reads the packets of a container, as chunks that VideoDecoder and AudioDecoder take, in decode order. It works on a
 * thread of its own, and reads ahead of its consumer by a bounded amount.
 */
export class Demuxer {
  readonly #reader: Reader
  readonly #input: NativeInput
  readonly #stopWatching: () => void
  readonly #tracks: readonly Track[]
  /** The ids that native code reads. */
  #selected: ReadonlySet<number>
  #isIterating = false
  #seekTo: number | null = null

  /** Use `Demuxer.open()`. */
  constructor(key: typeof makeKey, reader: Reader, input: NativeInput, stopWatching: () => void) {
    if (key !== makeKey) throw new TypeError('expected Demuxer.open() for the constructor of Demuxer')
    this.#reader = reader
    this.#input = input
    this.#stopWatching = stopWatching
    this.#tracks = Object.freeze(input.tracks.map(makeTrack))
    this.#selected = new Set(this.#tracks.map(({ id }) => id))
  }

  /**
   * Opens a container and finds out what is in it.
   * Rejects with a TypeError for arguments of the wrong type, and else with a DOMException: NotFoundError,
   * NotReadableError (permissions, input and output), NetworkError, DataError (no format was found, or it is damaged),
   * NotSupportedError (no such format, protocol or option), TimeoutError; or the signal's reason, or what the source
   * rejected with.
   */
  static async open(source: DemuxerSource, options: DemuxerOptions = {}): Promise<Demuxer> {
    if (!isObject(options)) throw typeError('an object', 'options', options)
    const format = optionalString(options.format, 'options.format') ?? ''
    const name = optionalString(options.name, 'options.name') ?? ''
    const timeout = timeoutMicroseconds(options.timeout, 'options.timeout')
    const dictionary = libavOptions(options.libavOptions, 'options.libavOptions')
    const signal = optionalSignal(options.signal, 'options.signal')
    signal?.throwIfAborted()
    const { config, feeder } = openSource(source, name)
    let stopWatching = (): void => {}
    try {
      let reader!: Reader
      const input = await new Promise<NativeInput>((resolve, reject) => {
        reader = new Reader(feeder, { resolve, reject })
        stopWatching = endOnAbort(reader.connection, signal)
        reader.connection.wait()
        reader.connection.native.openDemuxer(reader.connection.handle, { ...config, format, timeout, dictionary })
      })
      return new Demuxer(makeKey, reader, input, stopWatching)
    } catch (error) {
      stopWatching()
      throw error
    }
  }

  /** libavformat's short names of the format, separated by commas, such as "mov,mp4,m4a,3gp,3g2,mj2". */
  get format(): string {
    return this.#input.format
  }

  /** The format in words. */
  get formatDescription(): string {
    return this.#input.longName
  }

  /** The first presentation timestamp, in microseconds; undefined when it is not known. */
  get startTime(): number | undefined {
    return this.#input.start ?? undefined
  }

  /** Microseconds; undefined when it is not known, as of live sources. */
  get duration(): number | undefined {
    return this.#input.duration ?? undefined
  }

  /** Bits per second of all together; undefined when it is not known. */
  get bitrate(): number | undefined {
    return this.#input.bitrate > 0 ? this.#input.bitrate : undefined
  }

  /** Whether seek() can work. */
  get seekable(): boolean {
    return this.#input.seekable
  }

  /** The container's tags, such as "title". */
  get tags(): Readonly<Record<string, string>> {
    return tagsOf(this.#input.tags)
  }

  get tracks(): readonly Track[] {
    return this.#tracks
  }

  get videoTracks(): VideoTrack[] {
    return this.#tracks.filter((track) => track.type === 'video')
  }

  get audioTracks(): AudioTrack[] {
    return this.#tracks.filter((track) => track.type === 'audio')
  }

  /**
   * Makes the next packets() begin at key frames from which the moment can be decoded.
   * @param timestamp microseconds, of the same clock as the chunks' timestamps
   * @throws TypeError when it is not a number; InvalidStateError while packets() is read
   */
  seek(timestamp: number): void {
    if (!Number.isFinite(timestamp)) throw typeError('a number of microseconds', 'timestamp', timestamp)
    this.#requireIdle()
    this.#seekTo = Math.round(timestamp)
  }

  /**
   * The packets of the chosen tracks, in decode order, as the container has them interleaved. One reading at a time;
   * when it is left early, the next one goes on where it was. Reading throws what open() rejects with, after the packets
   * that are intact; an AbortError after close(); and a NotSupportedError where the input cannot go to `from`.
   */
  async *packets({ tracks, from }: PacketsOptions = {}): AsyncGenerator<DemuxedPacket, void, undefined> {
    const selected = this.#readTracks(tracks)
    if (from !== undefined) this.seek(from)
    this.#requireIdle()
    this.#isIterating = true
    try {
      await this.#start(selected)
      for (;;) {
        const event = await this.#reader.next()
        if (!event) return
        if (selected.has(event[4])) yield this.#packetOf(event)
      }
    } finally {
      this.#isIterating = false
    }
  }

  /** Ends reading, and frees everything. Harmless when it is closed. */
  close(): void {
    this.#stopWatching()
    this.#reader.connection.end()
  }

  #requireIdle(): void {
    if (this.#isIterating) throw invalidStateError('expected one reading of packets() at a time')
  }

  async #start(selected: ReadonlySet<number>): Promise<void> {
    const from = this.#seekTo
    const isSame = selected.size === this.#selected.size && [...selected].every((id) => this.#selected.has(id))
    if (isSame && from === null) return
    this.#seekTo = null
    this.#selected = selected
    await this.#reader.start([...selected], from)
  }

  #readTracks(tracks: PacketsOptions['tracks']): ReadonlySet<number> {
    if (tracks === undefined)
      return new Set(this.#tracks.filter(({ codec }) => codec !== undefined).map(({ id }) => id))
    if (!Array.isArray(tracks)) throw typeError('an array of tracks', 'tracks', tracks)
    return new Set(
      tracks.map((track: Track | number, index) => {
        const id = isObject(track) ? track.id : track
        if (!this.#tracks.some((known) => known.id === id))
          throw typeError('a track of this demuxer', `tracks[${index}]`, id)
        return id
      }),
    )
  }

  #packetOf(event: PacketEvent): DemuxedPacket {
    const [, , , , id, buffer, isMarkedKey, timestamp, duration, alpha, extradata] = event
    const track = this.#tracks[id]!
    const data = new Uint8Array(buffer)
    if (track.type !== 'video' && track.type !== 'audio') return { type: 'other', track, data, timestamp, duration }
    const changed = extradata && this.#reader.changeExtradata(id, extradata)
    if (track.type === 'audio') {
      const chunk = encodedAudioChunkInternals.create({
        data,
        type: isMarkedKey ? 'key' : 'delta',
        timestamp,
        duration,
      })
      const decoderConfig = changed && audioDecoderConfig(changed)
      return { type: 'audio', track, chunk, ...(decoderConfig && { decoderConfig }) }
    }
    // Containers mark more than what a decoder can begin with, such as pictures of a gradual refresh.
    const isKey = isMarkedKey && isKeyPacket(track.codecName, this.#reader.extradata(id), data) !== false
    const whole = isKey ? withParameterSets(track.codecName, this.#reader.extradata(id), data) : data
    const slots: ChunkSlots = { data: whole, type: isKey ? 'key' : 'delta', timestamp, duration }
    const decoderConfig = changed && videoDecoderConfig(changed)
    return {
      type: 'video',
      track,
      chunk: encodedVideoChunkInternals.create(slots),
      ...(alpha && { alphaSideData: new Uint8Array(alpha) }),
      ...(decoderConfig && { decoderConfig }),
    }
  }
}
