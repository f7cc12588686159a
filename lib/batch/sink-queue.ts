/** Chunks on their way into a file, in order, and no more of them than a few. */
import type { ContainerAbilities, MediaSink, SinkChunk, SinkTrack, SinkWriter } from './media-io.js'
import type { Pipeline } from './pipeline.js'

/** Chunks that may wait for a file. */
const QUEUE_LIMIT = 16

/** Where a stream's chunks go. */
export interface ChunkReceiver {
  /** Whether whoever makes chunks should wait. */
  readonly busy: boolean
  receive(chunk: SinkChunk): void
  /** No more will come. */
  end(): void
}

export class SinkQueue {
  readonly #pipeline: Pipeline
  readonly #sink: MediaSink
  #waiting = 0
  #writing: Promise<void> = Promise.resolve()
  /** Of the chunks so far. */
  bytes = 0

  constructor(pipeline: Pipeline, sink: MediaSink) {
    this.#pipeline = pipeline
    this.#sink = sink
  }

  /** Only before the sink starts. */
  addTrack(track: SinkTrack, { beginsBeforeZero }: ContainerAbilities): ChunkReceiver {
    const writer = this.#sink.addTrack(track)
    const queue = this
    let omitted: SinkChunk['decoderConfig']
    return {
      get busy() {
        return queue.#waiting >= QUEUE_LIMIT
      },
      receive(chunk) {
        // What comes before 0 is there for decoders to warm up on. Without it sound begins a little less exact, and in time.
        if (chunk.timestamp < 0 && !beginsBeforeZero) {
          omitted = chunk.decoderConfig ?? omitted
          return
        }
        queue.#write(writer, omitted && !chunk.decoderConfig ? { ...chunk, decoderConfig: omitted } : chunk)
        omitted = undefined
      },
      end() {
        queue.#append(async () => writer.close())
      },
    }
  }

  /** Resolves when all is written. */
  async idle(): Promise<void> {
    await this.#writing
    this.#pipeline.check()
  }

  #write(writer: SinkWriter, chunk: SinkChunk): void {
    this.#waiting++
    this.bytes += chunk.data.byteLength
    this.#append(async () => {
      await writer.write(chunk)
      this.#waiting--
      this.#pipeline.wake()
    })
  }

  #append(step: () => Promise<void>): void {
    this.#writing = this.#writing.then(step).catch((error) => this.#pipeline.fail(error))
  }
}
