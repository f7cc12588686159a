/** One job at work. */
import { stat } from 'node:fs/promises'
import { AudioCopy, AudioEncoding } from './audio-stream.js'
import { InputError } from './errors.js'
import { type PendingOutput, prepareOutput } from './file-writer.js'
import { hlsResult, openHlsSink } from './hls-output.js'
import type { Job } from './job.js'
import type { ContainerAbilities, MediaSink, MediaSource, Packet, SinkTrack, Track, VideoTrack } from './media-io.js'
import type { RangedFile } from './mediabunny-source.js'
import { abilities, openSink, openSource } from './open-media.js'
import { Pipeline } from './pipeline.js'
import {
  audioKey,
  type PlannedAudio,
  type PlannedRendition,
  type PlannedVideo,
  planRenditions,
  requireDecodable,
  videoTrackOf,
} from './plan.js'
import { type Progress, ProgressMeter } from './progress.js'
import {
  type AudioResult,
  type OutputResult,
  type TranscodeResult,
  totalsOf,
  type VariantResult,
  type VideoResult,
} from './result.js'
import { SinkQueue } from './sink-queue.js'
import { openContactSheet, openThumbnails, type StillOutput } from './stills.js'
import type { S3Options } from './storage/s3.js'
import { type FrameConsumer, type PacketConsumer, type Span, VideoCopy, VideoDecoding } from './video-decoding.js'
import { VideoEncoding } from './video-encoding.js'

export interface RunOptions {
  /** Stops the work, within about a frame's time, and leaves nothing behind. */
  signal?: AbortSignal | undefined
  /** Called up to five times a second, and at the end. */
  onProgress?: ((progress: Progress) => void) | undefined
  /** How the stores of "s3://" addresses are reached. Default: as the environment says. */
  s3?: S3Options | undefined
}

type AudioStream = AudioCopy | AudioEncoding
type VideoStream = VideoCopy | VideoEncoding

/** A rendition at work. */
interface OpenRendition {
  readonly planned: PlannedRendition
  readonly video: { readonly stream: VideoStream; readonly planned: PlannedVideo } | null
  readonly audio: readonly { readonly stream: AudioStream; readonly planned: PlannedAudio }[]
}

/** A file, or the folder of HLS, that is being written. */
interface OpenOutput {
  readonly pending: PendingOutput
  readonly sink: MediaSink
  readonly queue: SinkQueue
  readonly result: () => Promise<OutputResult>
}

/**
 * Does a job whose outputs are files of this machine.
 * @param options `ranged`: how the source is read, unless it is one too
 * @param deliver takes each output as soon as it is whole
 * @throws BatchError
 */
export async function runJob(
  job: Job,
  { signal, onProgress, ranged }: RunOptions & { readonly ranged?: RangedFile | undefined },
  deliver: (output: OutputResult) => void,
): Promise<TranscodeResult> {
  const pipeline = new Pipeline()
  const unfollow = pipeline.follow(signal)
  const work = new Work(job, pipeline, ranged)
  try {
    pipeline.check()
    return await work.run(onProgress, deliver)
  } catch (error) {
    // Whatever failed first is the reason: what fails after it may be its doing.
    pipeline.fail(error)
    await work.abandon()
    pipeline.check()
    throw error
  } finally {
    unfollow()
    work.close()
  }
}

class Work {
  readonly #job: Job
  readonly #pipeline: Pipeline
  readonly #ranged: RangedFile | undefined
  readonly #span: Span
  readonly #started = performance.now()
  #source: MediaSource | null = null
  readonly #renditions: OpenRendition[] = []
  readonly #outputs: OpenOutput[] = []
  readonly #stills: StillOutput[] = []
  readonly #pending: PendingOutput[] = []
  /** What takes packets, by track. Several where a track is both copied and encoded. */
  readonly #consumers = new Map<Track, PacketConsumer<never>[]>()
  readonly #audioStreams = new Map<string, AudioStream>()
  readonly #frameConsumers = new Map<VideoTrack, FrameConsumer[]>()

  constructor(job: Job, pipeline: Pipeline, ranged: RangedFile | undefined) {
    this.#job = job
    this.#pipeline = pipeline
    this.#ranged = ranged
    this.#span = {
      from: Math.round(job.from * 1e6),
      to: job.to === undefined ? Number.POSITIVE_INFINITY : Math.round(job.to * 1e6),
    }
  }

  async run(onProgress: RunOptions['onProgress'], deliver: (output: OutputResult) => void): Promise<TranscodeResult> {
    const source = await openSource(this.#job.input, this.#ranged)
    this.#source = source
    this.#requireWithin(source)
    const planned = await planRenditions(this.#job, source)
    for (const plan of planned) this.#openRendition(plan)
    const metadata = { ...source.metadata, ...this.#job.metadata }
    for (const rendition of this.#renditions) await this.#openFile(rendition, metadata)
    if (this.#job.hls) await this.#openHls(this.#job.hls, metadata)
    await this.#openStills(source)
    for (const [track, consumers] of this.#frameConsumers) {
      this.#consume(
        track,
        new VideoDecoding(this.#pipeline, track.decoderConfig!, this.#span, consumers, this.#job.input.path),
      )
    }
    await Promise.all(this.#outputs.map(({ sink }) => sink.start()))
    const meter = new ProgressMeter(this.#expectedDuration(source), onProgress)
    await this.#feed(source, meter)
    await this.#pipeline.orFail(Promise.all([...this.#allConsumers()].map((consumer) => consumer.finish())))
    const results: OutputResult[] = []
    for (const output of this.#outputs) {
      await this.#pipeline.orFail(output.queue.idle())
      await this.#pipeline.orFail(output.sink.finalize())
      this.#pipeline.check()
      await output.pending.commit()
      const result = await output.result()
      results.push(result)
      deliver(result)
    }
    for (const still of this.#stills) {
      const result = await still.commit()
      results.push(result)
      deliver(result)
    }
    const { frames, position } = this.#position()
    meter.finish(
      frames,
      position,
      results.reduce((sum, { bytes }) => sum + bytes, 0),
    )
    return {
      outputs: results,
      seconds: (performance.now() - this.#started) / 1000,
      ...totalsOf(results),
    }
  }

  /** Leaves nothing behind of what is not whole. */
  async abandon(): Promise<void> {
    await Promise.all(this.#outputs.map(({ sink }) => sink.abort()))
    const pending = [...this.#pending, ...this.#stills.flatMap((still) => still.pending)]
    await Promise.all(pending.map((output) => output.discard()))
  }

  close(): void {
    for (const consumer of this.#allConsumers()) consumer.close()
    for (const consumers of this.#frameConsumers.values()) for (const consumer of consumers) consumer.close()
    this.#source?.close()
  }

  /** Packets to whoever takes them, no faster than they are taken. */
  async #feed(source: MediaSource, meter: ProgressMeter): Promise<void> {
    const tracks = [...this.#consumers.keys()]
    const bytes = () => this.#outputs.reduce((sum, { queue }) => sum + queue.bytes, 0)
    const soundAlone = tracks.every(({ type }) => type === 'audio')
    for await (const { track, chunk } of source.packets(tracks, this.#job.from, { soundAlone })) {
      const consumers = this.#consumers.get(track)!
      await this.#pipeline.until(() => consumers.every(({ done, busy }) => done || !busy))
      for (const consumer of consumers) if (!consumer.done) (consumer as PacketConsumer<Packet['chunk']>).push(chunk)
      const { frames, position } = this.#position()
      meter.update(frames, position, bytes)
      if (tracks.every((other) => this.#consumers.get(other)!.every(({ done }) => done))) break
    }
  }

  #openRendition(planned: PlannedRendition): void {
    const named = planned.rendition.output ?? `rendition ${planned.rendition.name}`
    const { video } = planned
    this.#renditions.push({
      planned,
      video: video ? { stream: this.#videoStream(video, named), planned: video } : null,
      audio: planned.audio.map((audio) => ({ stream: this.#audioStream(audio, named), planned: audio })),
    })
  }

  async #openFile(rendition: OpenRendition, metadata: Readonly<Record<string, string>>): Promise<void> {
    const { output: path, container } = rendition.planned.rendition
    if (path === undefined) return
    const able = abilities(container!)
    const pending = await this.#prepare(path)
    const sink = openSink({ container: container!, path: pending.temporaryPath, metadata }, path)
    const queue = new SinkQueue(this.#pipeline, sink)
    attach([rendition], queue, able)
    this.#outputs.push({ pending, sink, queue, result: () => fileResult(rendition, path) })
  }

  async #openHls(settings: NonNullable<Job['hls']>, metadata: Readonly<Record<string, string>>): Promise<void> {
    const pending = await this.#prepare(settings.output, { folder: true })
    const { sink, able } = await openHlsSink(settings, pending, metadata)
    const queue = new SinkQueue(this.#pipeline, sink)
    attach(this.#renditions, queue, able)
    this.#outputs.push({ pending, sink, queue, result: () => hlsResult(pending, this.#renditions.map(variantResult)) })
  }

  async #openStills(source: MediaSource): Promise<void> {
    const { thumbnails, contactSheet, input } = this.#job
    if (!thumbnails && !contactSheet) return
    const track = videoTrackOf(source)
    if (!track) throw new InputError('no-tracks', `${input.path}: it has no video track`)
    await requireDecodable(track, input.path)
    const duration = this.#expectedDuration(source)
    if (thumbnails) this.#stills.push(openThumbnails(this.#job, track, duration, this.#pipeline))
    if (contactSheet) this.#stills.push(await openContactSheet(this.#job, track, duration, this.#pipeline))
    for (const { consumer } of this.#stills) this.#consumeFrames(track, consumer)
  }

  async #prepare(path: string, options: { folder?: boolean } = {}): Promise<PendingOutput> {
    const pending = await prepareOutput(path, this.#job.input.path, options)
    this.#pending.push(pending)
    return pending
  }

  #videoStream({ track, encoding }: PlannedVideo, named: string): VideoStream {
    if (!encoding) {
      const copy = new VideoCopy(track.decoderConfig!)
      this.#consume(track, copy)
      return copy
    }
    const stream = new VideoEncoding({ pipeline: this.#pipeline, named, ...encoding })
    this.#consumeFrames(track, stream)
    return stream
  }

  #consumeFrames(track: VideoTrack, consumer: FrameConsumer): void {
    const consumers = this.#frameConsumers.get(track)
    if (consumers) consumers.push(consumer)
    else this.#frameConsumers.set(track, [consumer])
  }

  #audioStream(planned: PlannedAudio, named: string): AudioStream {
    const key = audioKey(planned)
    const known = this.#audioStreams.get(key)
    if (known) return known
    const { track, codec, encoderConfig, beginsAtZero } = planned
    const stream = encoderConfig
      ? new AudioEncoding({
          pipeline: this.#pipeline,
          decoderConfig: track.decoderConfig!,
          codec,
          encoderConfig,
          span: this.#span,
          beginsAtZero,
          input: this.#job.input.path,
          output: named,
        })
      : new AudioCopy(track.decoderConfig!, this.#span)
    this.#audioStreams.set(key, stream)
    this.#consume(track, stream)
    return stream
  }

  #consume(track: Track, consumer: PacketConsumer<never>): void {
    const consumers = this.#consumers.get(track)
    if (consumers) consumers.push(consumer)
    else this.#consumers.set(track, [consumer])
  }

  *#allConsumers(): Generator<PacketConsumer<never>> {
    for (const consumers of this.#consumers.values()) yield* consumers
  }

  #requireWithin(source: MediaSource): void {
    const { from, input } = this.#job
    if (source.duration === null || from < source.duration) return
    const message = `${input.path}: it ends at ${source.duration.toFixed(3)} s, before from (${from})`
    throw new InputError('no-tracks', message)
  }

  #expectedDuration(source: MediaSource): number | null {
    const end = Math.min(source.duration ?? Number.POSITIVE_INFINITY, this.#job.to ?? Number.POSITIVE_INFINITY)
    return end === Number.POSITIVE_INFINITY ? null : end - this.#job.from
  }

  /** Of the output that is least far. */
  #position(): { frames: number; position: number } {
    const videos = this.#renditions.flatMap(({ video }) => (video ? [video.stream.statistics] : []))
    const audios = this.#renditions.flatMap(({ audio }) => audio.map(({ stream }) => stream.statistics))
    const counted = videos.length > 0 ? videos : audios
    const frames = videos.length > 0 ? Math.min(...videos.map(({ chunks }) => chunks)) : 0
    return { frames, position: counted.length > 0 ? Math.max(0, Math.min(...counted.map(({ end }) => end))) : 0 }
  }
}

export function videoSinkTrack({ track, codec, ticksPerSecond, framerate }: PlannedVideo): SinkTrack {
  const { language, title, disposition, rotation, flip } = track
  return { type: 'video', codec, language, title, disposition, rotation, flip, framerate, ticksPerSecond }
}

export function audioSinkTrack({ track, codec, encoderConfig }: PlannedAudio): SinkTrack {
  const { language, title, disposition } = track
  // Encoded sound is counted in samples.
  const ticksPerSecond = encoderConfig ? encoderConfig.sampleRate : track.ticksPerSecond
  return { type: 'audio', codec, language, title, disposition, ticksPerSecond }
}

/** Sends the streams of renditions into one file or folder; a stream that several share goes there once. */
function attach(renditions: readonly OpenRendition[], queue: SinkQueue, able: ContainerAbilities): void {
  const attached = new Set<AudioStream>()
  for (const { video, audio } of renditions) {
    if (video) video.stream.receivers.push(queue.addTrack(videoSinkTrack(video.planned), able))
    for (const { stream, planned } of audio) {
      if (attached.has(stream)) continue
      attached.add(stream)
      stream.receivers.push(queue.addTrack(audioSinkTrack(planned), able))
    }
  }
}

const variantResult = ({ planned, video, audio }: OpenRendition): VariantResult => ({
  name: planned.rendition.name,
  video: video ? videoResult(video.stream, video.planned) : null,
  audio: audio.map(({ stream, planned: plan }) => audioResult(stream, plan)),
})

async function fileResult(open: OpenRendition, path: string): Promise<OutputResult> {
  const { rendition, warnings } = open.planned
  const { size } = await stat(path)
  return {
    ...variantResult(open),
    kind: 'file',
    path,
    files: [path],
    container: rendition.container!,
    bytes: size,
    warnings: [...warnings],
  }
}

function videoResult({ statistics }: VideoStream, { track, encoding, codec }: PlannedVideo): VideoResult {
  const { chunks, duration, bytes, bitrate, bytesPerSecond } = statistics
  return {
    codec: statistics.codec ?? codec,
    width: encoding?.chosen.config.width ?? track.codedWidth,
    height: encoding?.chosen.config.height ?? track.codedHeight,
    frames: chunks,
    duration,
    bytes,
    bitrate,
    bytesPerSecond,
    copied: encoding === null,
  }
}

function audioResult({ statistics }: AudioStream, { track, encoderConfig, codec }: PlannedAudio): AudioResult {
  const { duration, bytes, bitrate } = statistics
  const { language } = track
  return { codec: statistics.codec ?? codec, language, duration, bytes, bitrate, copied: encoderConfig === null }
}
