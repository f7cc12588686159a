/** A video track on its way: decoded once for all that is made of it, or copied. */
import type { VideoDecoderConfig } from '../config/video-decoder-config.js'
import type { EncodedVideoChunk } from '../encoded-video-chunk.js'
import { VideoDecoder } from '../video-decoder.js'
import { VideoFrame } from '../video-frame.js'
import { InputError, messageOf } from './errors.js'
import type { Pipeline } from './pipeline.js'
import type { ChunkReceiver } from './sink-queue.js'
import { StreamStatistics } from './stream-statistics.js'

/** Chunks that may wait for the decoder. */
const QUEUE_LIMIT = 2

/** The part of the source that is wanted, in microseconds. */
export interface Span {
  readonly from: number
  /** Infinity for all. */
  readonly to: number
}

/** Who takes decoded frames. */
export interface FrameConsumer {
  readonly busy: boolean
  /** Takes a frame, which stays whoever called's to close. Its timestamp is the output's. */
  encode(frame: VideoFrame): void
  /** Resolves when all is done. */
  finish(): Promise<void>
  close(): void
}

/** What takes the packets of a track. */
export interface PacketConsumer<Chunk> {
  /** Whether it needs time. */
  readonly busy: boolean
  /** Whether no more packets are needed. */
  readonly done: boolean
  push(chunk: Chunk): void
  finish(): Promise<void>
  close(): void
}

export class VideoDecoding implements PacketConsumer<EncodedVideoChunk> {
  readonly #decoder: VideoDecoder
  readonly #consumers: readonly FrameConsumer[]
  readonly #span: Span
  readonly #named: string
  #frames = 0
  done = false

  /** @param named what errors call the input */
  constructor(
    pipeline: Pipeline,
    config: VideoDecoderConfig,
    span: Span,
    consumers: readonly FrameConsumer[],
    named: string,
  ) {
    this.#consumers = consumers
    this.#span = span
    this.#named = named
    this.#decoder = new VideoDecoder({
      output: (frame) => this.#output(frame),
      error: (error) => pipeline.fail(this.#inputError(error)),
    })
    this.#decoder.addEventListener('dequeue', () => pipeline.wake())
    this.#decoder.configure(config)
  }

  get busy(): boolean {
    return this.#decoder.decodeQueueSize >= QUEUE_LIMIT || this.#consumers.some(({ busy }) => busy)
  }

  push(chunk: EncodedVideoChunk): void {
    this.#decoder.decode(chunk)
  }

  async finish(): Promise<void> {
    try {
      await this.#decoder.flush()
    } catch (error) {
      throw this.#inputError(error)
    }
    if (this.#frames === 0) throw new InputError('undecodable', `${this.#named}: no picture of it could be decoded`)
    await Promise.all(this.#consumers.map((consumer) => consumer.finish()))
  }

  close(): void {
    if (this.#decoder.state !== 'closed') this.#decoder.close()
    for (const consumer of this.#consumers) consumer.close()
  }

  #output(decoded: VideoFrame): void {
    const { timestamp } = decoded
    const { from, to } = this.#span
    if (timestamp >= to) this.done = true
    // Before the beginning are pictures that only others need: an edit list hides them.
    else if (timestamp >= from) {
      this.#frames++
      const duration = decoded.duration === null ? {} : { duration: Math.min(decoded.duration, to - timestamp) }
      const frame = new VideoFrame(decoded, { timestamp: timestamp - from, ...duration })
      for (const consumer of this.#consumers) consumer.encode(frame)
      frame.close()
    }
    decoded.close()
  }

  #inputError(error: unknown): InputError {
    return new InputError('undecodable', `${this.#named}: decoding failed (${messageOf(error)})`, { cause: error })
  }
}

/** Packets as they are. */
export class VideoCopy implements PacketConsumer<EncodedVideoChunk> {
  readonly statistics = new StreamStatistics()
  readonly receivers: ChunkReceiver[] = []
  readonly done = false
  readonly #config: VideoDecoderConfig

  constructor(config: VideoDecoderConfig) {
    this.#config = config
  }

  get busy(): boolean {
    return this.receivers.some(({ busy }) => busy)
  }

  push(chunk: EncodedVideoChunk): void {
    const data = new Uint8Array(chunk.byteLength)
    chunk.copyTo(data)
    const decoderConfig = this.statistics.chunks === 0 ? this.#config : undefined
    const { timestamp, duration } = chunk
    const sinkChunk = { data, key: chunk.type === 'key', timestamp, duration: duration ?? 0, decoderConfig }
    this.statistics.add(sinkChunk)
    for (const receiver of this.receivers) receiver.receive(sinkChunk)
  }

  async finish(): Promise<void> {
    for (const receiver of this.receivers) receiver.end()
  }

  close(): void {}
}
