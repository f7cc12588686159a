/** What a stream of chunks amounts to. */
import type { SinkChunk } from './media-io.js'

export class StreamStatistics {
  chunks = 0
  bytes = 0
  /** The codec string, once a chunk has told it. */
  codec: string | null = null
  /** Bytes in each second of presentation. */
  readonly bytesPerSecond: number[] = []
  #start = Number.POSITIVE_INFINITY
  #end = Number.NEGATIVE_INFINITY

  add({ data, timestamp, duration, decoderConfig }: SinkChunk): void {
    this.chunks++
    this.bytes += data.byteLength
    this.codec = decoderConfig?.codec ?? this.codec
    this.#start = Math.min(this.#start, timestamp)
    this.#end = Math.max(this.#end, timestamp + duration)
    const second = Math.max(0, Math.floor(timestamp / 1e6))
    while (this.bytesPerSecond.length <= second) this.bytesPerSecond.push(0)
    this.bytesPerSecond[second]! += data.byteLength
  }

  /** Seconds from the first chunk's timestamp to the end of the last; 0 without any. */
  get duration(): number {
    return this.chunks === 0 ? 0 : (this.#end - this.#start) / 1e6
  }

  /** Seconds: where the last chunk so far ends. */
  get end(): number {
    return this.chunks === 0 ? 0 : this.#end / 1e6
  }

  /** Bits per second; null while there is nothing. */
  get bitrate(): number | null {
    return this.duration > 0 ? Math.round((this.bytes * 8) / this.duration) : null
  }
}
