/** Media files as mediabunny reads them. */
import { open, stat } from 'node:fs/promises'
import {
  ALL_FORMATS,
  CustomSource,
  type EncodedPacket,
  EncodedPacketSink,
  FilePathSource,
  HLS,
  Input,
  type InputAudioTrack,
  type InputTrack,
  type InputVideoTrack,
  type MetadataTags,
  MPEG_TS,
  UnsupportedInputFormatError,
} from 'mediabunny'
import type { AudioDecoderConfig } from '../config/audio-decoder-config.js'
import type { VideoDecoderConfig } from '../config/video-decoder-config.js'
import { EncodedAudioChunk } from '../encoded-audio-chunk.js'
import { EncodedVideoChunk } from '../encoded-video-chunk.js'
import { InputError, inputError, systemCode } from './errors.js'
import { isTag } from './formats.js'
import { requireWholeBoxes } from './isobmff.js'
import type { AudioTrack, MediaSource, Packet, Track, VideoTrack } from './media-io.js'
import { audioCodecFrom, videoCodecFrom } from './mediabunny-codecs.js'
import { exactAspect } from './picture-size.js'
import { Ticks } from './ticks.js'

/** Playlists name other files, which libavformat opens. */
const FORMATS = ALL_FORMATS.filter((format) => format !== HLS)
/** Packets that the frame rate is measured on. */
const FRAMERATE_PACKETS = 100
const DEFAULT_FRAMERATE = 30
/** Above it, the timestamps of the first packets say nothing about the rate. */
const HIGHEST_FRAMERATE = 1000
/** Bytes of a file that are kept: tracks are read side by side, and once. */
const CACHE_SIZE = 2 << 20
/** Seconds of sound before the place where it begins, which decoders need to be right from there on. */
const AUDIO_PREROLL = 0.1

/** A track, and what reading it takes. */
interface OpenTrack {
  readonly input: InputTrack
  readonly packets: EncodedPacketSink
  readonly ticks: Ticks
  /** The same, where nothing waits for the first picture that can be decoded. */
  readonly soundTicks: Ticks
  /** Of video: the key packet where decoding can begin. */
  readonly firstKey: EncodedPacket | null
}

/** A file that is read in ranges, wherever it is. */
export interface RangedFile {
  /** Bytes. */
  readonly size: number
  /** The bytes from `start` on and before `end`. */
  read(start: number, end: number): Promise<Uint8Array>
  /** Path of a copy on this machine, for who cannot read in ranges; made when it is first asked for. */
  copy(): Promise<string>
}

/**
 * Opens a file.
 * @param ranged how it is read, unless `path` is one of this machine
 * @returns null when mediabunny does not know its format
 * @throws InputError
 */
export async function openWithMediabunny(path: string, ranged?: RangedFile): Promise<MediaSource | null> {
  const size = ranged ? ranged.size : await sizeOfFile(path)
  if (size === 0) throw new InputError('unknown-format', `${path}: the file is empty`)
  const read = (start: number, end: number) => (ranged ? ranged.read(start, end) : readRange(path, start, end))
  await requireWholeBoxes(path, size, read)
  const source = ranged
    ? new CustomSource({ getSize: () => size, read, prefetchProfile: 'network' })
    : new FilePathSource(path, { maxCacheSize: CACHE_SIZE })
  const input = new Input({ source, formats: FORMATS })
  try {
    if (!(await isKnown(input))) {
      input.dispose()
      return null
    }
    return await MediabunnySource.create(path, size, input)
  } catch (error) {
    input.dispose()
    throw inputError(path, error)
  }
}

/** Few bytes may be too few even to look for what they are. */
async function isKnown(input: Input): Promise<boolean> {
  try {
    await input.getFormat()
    return true
  } catch (error) {
    if (error instanceof UnsupportedInputFormatError || systemCode(error) === undefined) return false
    throw error
  }
}

async function sizeOfFile(path: string): Promise<number> {
  const info = await stat(path).catch((error) => {
    throw inputError(path, error)
  })
  if (!info.isFile()) throw new InputError('unreadable', `${path}: it is not a file`)
  return info.size
}

async function readRange(path: string, start: number, end: number): Promise<Uint8Array> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

class MediabunnySource implements MediaSource {
  readonly format: string
  readonly tracks: readonly Track[]
  readonly metadata: Readonly<Record<string, string>>
  readonly duration: number | null
  readonly bytes: number
  readonly #path: string
  readonly #input: Input
  readonly #open: ReadonlyMap<Track, OpenTrack>

  private constructor(init: {
    path: string
    input: Input
    bytes: number
    format: string
    metadata: Record<string, string>
    duration: number | null
    open: ReadonlyMap<Track, OpenTrack>
  }) {
    this.#path = init.path
    this.#input = init.input
    this.#open = init.open
    this.tracks = [...init.open.keys()]
    this.format = init.format
    this.metadata = init.metadata
    this.duration = init.duration
    this.bytes = init.bytes
  }

  static async create(path: string, bytes: number, input: Input): Promise<MediabunnySource> {
    const format = await input.getFormat()
    const inputTracks = (await input.getTracks()).filter((track) => track.isVideoTrack() || track.isAudioTrack())
    if (inputTracks.length === 0) throw new InputError('no-tracks', `${path}: it has neither pictures nor sound`)
    const beginnings = new Map<InputTrack, Beginning>()
    for (const track of inputTracks) beginnings.set(track, await beginningOf(track))
    // The clock of a transport stream starts anywhere; in the other formats, 0 is where presentation begins.
    const soundOrigin = format === MPEG_TS ? await input.getFirstTimestamp() : 0
    const origin = format === MPEG_TS ? (lateStart([...beginnings.values()]) ?? soundOrigin) : 0
    const open = new Map<Track, OpenTrack>()
    for (const [track, { packets, firstKey }] of beginnings) {
      const resolution = await track.getTimeResolution()
      const ticks = new Ticks(resolution, origin)
      const described = track.isVideoTrack()
        ? await describeVideo(track, ticks)
        : await describeAudio(track as InputAudioTrack, ticks)
      open.set(described, { input: track, packets, ticks, soundTicks: new Ticks(resolution, soundOrigin), firstKey })
    }
    const end = await input.getDurationFromMetadata(inputTracks)
    return new MediabunnySource({
      path,
      input,
      bytes,
      format: format.name,
      metadata: plainTags(await input.getMetadataTags()),
      duration: end === null ? null : end - origin,
      open,
    })
  }

  async *packets(
    tracks: readonly Track[],
    from: number,
    { soundAlone = false } = {},
  ): AsyncGenerator<Packet, void, undefined> {
    const readers = tracks.map((track) => this.#read(track, from, soundAlone))
    const heads = await Promise.all(readers.map((reader) => reader.next()))
    try {
      for (;;) {
        // The track that is least far has its turn.
        let next = -1
        heads.forEach((head, index) => {
          const earliest = next < 0 ? Number.POSITIVE_INFINITY : heads[next]!.value!.chunk.timestamp
          if (!head.done && head.value.chunk.timestamp < earliest) next = index
        })
        if (next < 0) return
        yield heads[next]!.value as Packet
        heads[next] = await readers[next]!.next()
      }
    } finally {
      await Promise.all(readers.map((reader) => reader.return()))
    }
  }

  close(): void {
    this.#input.dispose()
  }

  async *#read(track: Track, from: number, soundAlone: boolean): AsyncGenerator<Packet, void, undefined> {
    const { input, packets, firstKey, ...clocks } = this.#open.get(track)!
    const ticks = soundAlone ? clocks.soundTicks : clocks.ticks
    let count = 0
    try {
      const start = await startPacket(track, packets, ticks, firstKey, from)
      if (!start) return
      const firstTimestamp = ticks.toMicroseconds(start.timestamp)
      for await (const packet of packets.packets(start)) {
        count++
        const timestamp = ticks.toMicroseconds(packet.timestamp)
        const duration = ticks.lengthToMicroseconds(packet.duration)
        const init = { type: packet.type, timestamp, duration, data: packet.data }
        if (track.type === 'audio') yield { track, chunk: new EncodedAudioChunk(init) }
        // Pictures that come after the first key frame but are shown before it need pictures that are not there.
        else if (timestamp >= firstTimestamp) yield { track, chunk: new EncodedVideoChunk(init) }
      }
      const isFirst = start.sequenceNumber === (await packets.getFirstPacket({ metadataOnly: true }))?.sequenceNumber
      if (isFirst) await this.#requireAll(input, count)
    } catch (error) {
      throw inputError(this.#path, error)
    }
  }

  /** A file that lists more packets than it has was cut off. */
  async #requireAll(track: InputTrack, count: number): Promise<void> {
    const { packetCount } = await track.computePacketStats()
    if (count >= packetCount) return
    const message = `${this.#path}: the file is truncated (it has ${count} of ${packetCount} packets of a track)`
    throw new InputError('truncated', message)
  }
}

interface Beginning {
  readonly packets: EncodedPacketSink
  readonly firstKey: EncodedPacket | null
  /** Whether pictures come before the first key frame, which nobody can decode. */
  readonly startsLate: boolean
}

async function beginningOf(track: InputTrack): Promise<Beginning> {
  const packets = new EncodedPacketSink(track)
  if (!track.isVideoTrack()) return { packets, firstKey: null, startsLate: false }
  const first = await packets.getFirstPacket({ metadataOnly: true })
  const firstKey = await packets.getFirstKeyPacket({ verifyKeyPackets: true })
  return { packets, firstKey, startsLate: first?.sequenceNumber !== firstKey?.sequenceNumber }
}

/** Seconds on the clock of the file where the first picture that can be decoded is, if others come before it. */
function lateStart(beginnings: readonly Beginning[]): number | undefined {
  return beginnings.find(({ startsLate }) => startsLate)?.firstKey?.timestamp
}

async function startPacket(
  track: Track,
  packets: EncodedPacketSink,
  ticks: Ticks,
  firstKey: EncodedPacket | null,
  from: number,
): Promise<EncodedPacket | null> {
  // On the track's own clock.
  const begin = from - ticks.toMicroseconds(0) / 1e6
  if (track.type === 'video') {
    if (from <= 0) return firstKey
    return (await packets.getKeyPacket(begin, { verifyKeyPackets: true })) ?? firstKey
  }
  if (from <= 0 && ticks.toMicroseconds(0) === 0) return packets.getFirstPacket()
  return (await packets.getPacket(begin - AUDIO_PREROLL)) ?? packets.getFirstPacket()
}

async function describeBase(track: InputTrack, ticks: Ticks) {
  const end = await track.getDurationFromMetadata()
  const disposition = await track.getDisposition()
  const { default: isDefault, forced, original, commentary, hearingImpaired, visuallyImpaired } = disposition
  return {
    id: track.id,
    codecId: String((await track.getInternalCodecId()) ?? 'unknown'),
    language: await track.getLanguageCode(),
    title: await track.getName(),
    disposition: { default: isDefault, forced, original, commentary, hearingImpaired, visuallyImpaired },
    ticksPerSecond: ticks.perSecond,
    duration: end === null ? null : end + ticks.toMicroseconds(0) / 1e6,
    bitrate: (await track.getAverageBitrate()) ?? (await track.getBitrate()),
  }
}

async function describeVideo(track: InputVideoTrack, ticks: Ticks): Promise<VideoTrack> {
  const { averagePacketRate: rate } = await track.computePacketStats(FRAMERATE_PACKETS)
  const [codedWidth, codedHeight] = [await track.getCodedWidth(), await track.getCodedHeight()]
  return {
    ...(await describeBase(track, ticks)),
    type: 'video',
    codec: videoCodecFrom(await track.getCodec()),
    decoderConfig: (await track.getDecoderConfig()) as VideoDecoderConfig | null,
    codedWidth,
    codedHeight,
    pixelAspect: exactAspect(await track.getPixelAspectRatio(), { width: codedWidth, height: codedHeight }),
    rotation: await track.getRotation(),
    flip: await track.getFlip(),
    framerate: rate > 0 && rate <= HIGHEST_FRAMERATE ? rate : DEFAULT_FRAMERATE,
  }
}

async function describeAudio(track: InputAudioTrack, ticks: Ticks): Promise<AudioTrack> {
  return {
    ...(await describeBase(track, ticks)),
    type: 'audio',
    codec: audioCodecFrom(await track.getCodec()),
    decoderConfig: (await track.getDecoderConfig()) as AudioDecoderConfig | null,
    sampleRate: await track.getSampleRate(),
    numberOfChannels: await track.getNumberOfChannels(),
  }
}

/** Those tags that are text. */
function plainTags(tags: MetadataTags): Record<string, string> {
  const plain: Record<string, string> = {}
  for (const [key, value] of Object.entries(tags)) {
    if (typeof value === 'string' && isTag(key, value)) plain[key] = value
    else if (value instanceof Date) plain[key] = value.toISOString()
  }
  return plain
}
