/** One encoder of a video, from decoded frames to chunks of one or more outputs. */
import type { EncodedVideoChunk } from '../encoded-video-chunk.js'
import { VideoEncoder } from '../video-encoder.js'
import type { EncodedVideoChunkMetadata } from '../video-encoder-output.js'
import { VideoFrame } from '../video-frame.js'
import type { ChosenVideo } from './choose-codec.js'
import { encodeError } from './errors.js'
import { visiblePart } from './picture-size.js'
import type { Pipeline } from './pipeline.js'
import type { ChunkReceiver } from './sink-queue.js'
import { SteadyRate } from './steady-rate.js'
import { StreamStatistics } from './stream-statistics.js'

/** Frames that may wait for the encoder. */
const QUEUE_LIMIT = 2

/** The part of an output that one encoder makes of several that share the work. */
export interface EncodingWindow {
  /** Microseconds in the output: frames with from <= timestamp < to are encoded. */
  readonly from: number
  /** Infinity for all that follow. */
  readonly to: number
  /** Called when a frame after the window came: no more are needed. */
  passed(): void
}

export interface VideoEncodingInit {
  readonly pipeline: Pipeline
  readonly chosen: ChosenVideo
  /** See PicturePlan. */
  readonly crop: number | null
  /** Seconds. */
  readonly keyframeInterval: number
  /** Frames per second to keep; undefined for the source's timestamps. */
  readonly framerate: number | undefined
  /** With `framerate`: whether the first frame is shown from 0 on. */
  readonly beginsAtZero: boolean
  /** What errors call the output. */
  readonly named: string
  /** Default: all frames. */
  readonly window?: EncodingWindow | undefined
}

export class VideoEncoding {
  readonly statistics = new StreamStatistics()
  readonly receivers: ChunkReceiver[] = []
  readonly #pipeline: Pipeline
  readonly #encoder: VideoEncoder
  readonly #crop: number | null
  readonly #keyframeInterval: number
  readonly #steady: SteadyRate | null
  readonly #named: string
  readonly #window: EncodingWindow | undefined
  /** The part of the time line, of `#keyframeInterval` each, that has its key frame. */
  #keyframes = -1

  constructor(init: VideoEncodingInit) {
    const { pipeline, chosen, crop, keyframeInterval, framerate, named, window } = init
    this.#pipeline = pipeline
    this.#crop = crop
    this.#keyframeInterval = keyframeInterval * 1e6
    this.#named = named
    this.#window = window
    // Of several windows, the first alone has the beginning.
    const first = init.beginsAtZero && (window?.from ?? 0) === 0 ? 0 : null
    this.#steady = framerate === undefined ? null : new SteadyRate(framerate, first, (frame) => this.#submit(frame))
    this.#encoder = new VideoEncoder({
      output: (chunk, metadata) => this.#output(chunk, metadata),
      error: (error) => pipeline.fail(encodeError(named, error)),
    })
    this.#encoder.addEventListener('dequeue', () => pipeline.wake())
    this.#encoder.configure(chosen.config)
  }

  get busy(): boolean {
    return this.#encoder.encodeQueueSize >= QUEUE_LIMIT || this.receivers.some(({ busy }) => busy)
  }

  /** Takes a frame; it stays whoever called's to close. Timestamps are the output's. */
  encode(source: VideoFrame): void {
    const visibleRect = visiblePart(source.visibleRect!, this.#crop)
    const frame = new VideoFrame(source, { visibleRect })
    if (this.#steady) this.#steady.push(frame)
    else this.#submit(frame)
  }

  /** Resolves when the last chunk is with the receivers. */
  async finish(): Promise<void> {
    this.#steady?.flush()
    try {
      await this.#encoder.flush()
    } catch (error) {
      throw encodeError(this.#named, error)
    }
    for (const receiver of this.receivers) receiver.end()
  }

  close(): void {
    this.#steady?.close()
    if (this.#encoder.state !== 'closed') this.#encoder.close()
  }

  /** Encodes and closes a frame. */
  #submit(frame: VideoFrame): void {
    try {
      if (!this.#isWanted(frame)) return
      const part = Math.floor(frame.timestamp / this.#keyframeInterval)
      this.#encoder.encode(frame, { keyFrame: part > this.#keyframes })
      this.#keyframes = part
    } catch (error) {
      this.#pipeline.fail(encodeError(this.#named, error))
    } finally {
      frame.close()
    }
  }

  #isWanted({ timestamp }: VideoFrame): boolean {
    if (!this.#window) return true
    const { from, to } = this.#window
    if (timestamp >= to) this.#window.passed()
    return timestamp >= from && timestamp < to
  }

  #output(chunk: EncodedVideoChunk, metadata: EncodedVideoChunkMetadata): void {
    const data = new Uint8Array(chunk.byteLength)
    chunk.copyTo(data)
    const { timestamp, duration } = chunk
    const { decoderConfig } = metadata
    const sinkChunk = { data, key: chunk.type === 'key', timestamp, duration: duration ?? 0, decoderConfig }
    this.statistics.add(sinkChunk)
    for (const receiver of this.receivers) receiver.receive(sinkChunk)
  }
}
