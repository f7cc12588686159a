/** Media files as mediabunny writes them. */
import {
  AdtsOutputFormat,
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedVideoPacketSource,
  FlacOutputFormat,
  type MetadataTags,
  MkvOutputFormat,
  MovOutputFormat,
  Mp3OutputFormat,
  Mp4OutputFormat,
  MpegTsOutputFormat,
  OggOutputFormat,
  Output,
  type OutputFormat,
  StreamTarget,
  WavOutputFormat,
  WebMOutputFormat,
} from 'mediabunny'
import { outputError } from './errors.js'
import { fileStream } from './file-writer.js'
import type { ContainerName } from './formats.js'
import type { ContainerAbilities, MediaSink, SinkChunk, SinkOptions, SinkTrack, SinkWriter } from './media-io.js'
import { codecFrom, toAudioCodec, toVideoCodec } from './mediabunny-codecs.js'
import { Ticks } from './ticks.js'

/** Bytes that are gathered before they are written. */
const WRITE_SIZE = 1 << 20

/** The containers that mediabunny writes. */
export type MediabunnyContainer = keyof typeof FORMATS

const FORMATS = {
  mp4: () => new Mp4OutputFormat({ fastStart: false }),
  m4a: () => new Mp4OutputFormat({ fastStart: false }),
  mov: () => new MovOutputFormat({ fastStart: false }),
  mkv: () => new MkvOutputFormat(),
  webm: () => new WebMOutputFormat(),
  ts: () => new MpegTsOutputFormat(),
  ogg: () => new OggOutputFormat(),
  mp3: () => new Mp3OutputFormat(),
  flac: () => new FlacOutputFormat(),
  wav: () => new WavOutputFormat(),
  adts: () => new AdtsOutputFormat(),
} satisfies Partial<Record<ContainerName, () => OutputFormat>>

export function mediabunnyAbilities(container: MediabunnyContainer): ContainerAbilities {
  return abilitiesOf(FORMATS[container]())
}

export function abilitiesOf(format: OutputFormat): ContainerAbilities {
  const codecs = new Set(format.getSupportedCodecs().map(codecFrom))
  const counts = format.getSupportedTrackCounts()
  return {
    holds: (codec) => codecs.has(codec),
    turns: format.supportsVideoTransformationMetadata,
    beginsBeforeZero: format.negativeTimestampSupport === 'full',
    timesPictures: true,
    reorders: true,
    maxAudioTracks: counts.audio.max,
    maxVideoTracks: counts.video.max,
  }
}

export function openMediabunnySink(
  container: MediabunnyContainer,
  { path, metadata }: SinkOptions,
  named: string,
): MediaSink {
  const target = new StreamTarget(fileStream(path, named), { chunked: true, chunkSize: WRITE_SIZE })
  return new MediabunnySink(new Output({ format: FORMATS[container](), target }), metadata, named)
}

export class MediabunnySink implements MediaSink {
  readonly #output: Output
  readonly #named: string
  readonly #exactTicks: boolean

  /**
   * @param named the path that errors tell
   * @param exactTicks whether the ticks of video become the unit of its timestamps; formats that tell people a frame rate
   *   would tell them that
   */
  constructor(output: Output, metadata: Readonly<Record<string, string>>, named: string, exactTicks = true) {
    this.#output = output
    this.#exactTicks = exactTicks
    this.#named = named
    if (Object.keys(metadata).length > 0) output.setMetadataTags(tagsFrom(metadata))
  }

  addTrack(track: SinkTrack): SinkWriter {
    return addTrackTo(this.#output, track, this.#named, this.#exactTicks)
  }

  async start(): Promise<void> {
    await this.#output.start().catch((error) => {
      throw outputError(this.#named, error)
    })
  }

  async finalize(): Promise<void> {
    await this.#output.finalize().catch((error) => {
      throw outputError(this.#named, error)
    })
  }

  async abort(): Promise<void> {
    await this.#output.cancel().catch(() => {})
  }
}

function addTrackTo(output: Output, track: SinkTrack, named: string, exactTicks: boolean): SinkWriter {
  const { language, title, disposition } = track
  const base = { languageCode: language, ...(title === null ? {} : { name: title }), disposition }
  const ticks = new Ticks(track.ticksPerSecond, 0)
  if (track.type === 'audio') {
    const source = new EncodedAudioPacketSource(toAudioCodec(track.codec))
    output.addAudioTrack(source, base)
    return writerTo(source, ticks, named)
  }
  const source = new EncodedVideoPacketSource(toVideoCodec(track.codec))
  const { rotation, flip } = track
  // The muxer derives the unit of the track's timestamps from the rate.
  output.addVideoTrack(source, { ...base, rotation, flip, ...(exactTicks ? { frameRate: ticks.perSecond } : {}) })
  return writerTo(source, ticks, named)
}

function writerTo(
  source: EncodedVideoPacketSource | EncodedAudioPacketSource,
  ticks: Ticks,
  named: string,
): SinkWriter {
  return {
    async write({ data, key, timestamp, duration, decoderConfig }: SinkChunk) {
      const type = key ? 'key' : 'delta'
      const packet = new EncodedPacket(data, type, ticks.toSeconds(timestamp), ticks.toSeconds(duration))
      try {
        // The types of the DOM and of this package agree but for the kind of buffer in the description.
        await source.add(packet, decoderConfig ? { decoderConfig: decoderConfig as never } : undefined)
      } catch (error) {
        throw outputError(named, error)
      }
    },
    close: () => source.close(),
  }
}

function tagsFrom(metadata: Readonly<Record<string, string>>): MetadataTags {
  const { date, ...texts } = metadata
  return date === undefined ? texts : { ...texts, date: new Date(date) }
}
