/**
 * Rate control across chunks. One encoder with a bitrate gives difficult scenes more than easy ones; encoders of chunks that
 * know nothing of each other would give each chunk the same. So a fast first pass measures how difficult each chunk is, and
 * the bits of the whole file are shared out by it.
 */
import type { VideoEncoderConfig } from '../../config/video-encoder-config.js'
import { VideoEncoder } from '../../video-encoder.js'
import type { VideoFrame } from '../../video-frame.js'
import { UnsupportedError } from '../errors.js'
import type { Job } from '../job.js'
import type { RangedFile } from '../mediabunny-source.js'
import { openSource } from '../open-media.js'
import { Pipeline } from '../pipeline.js'
import { videoTrackOf } from '../plan.js'
import { ProgressMeter } from '../progress.js'
import type { RunOptions } from '../transcoding.js'
import { VideoDecoding } from '../video-decoding.js'
import type { Chunk } from './plan.js'

/** Pixels to a side, at most, of the pictures that are measured. */
const MEASURED_SIDE = 480
/** A chunk gets no more of the bitrate than this, and no less than the other, whatever the measurement says. */
export const LARGEST_SHARE = 2.5
const SMALLEST_SHARE = 0.2
/** Bits at equal quality grow a little more slowly than the measured bytes. */
const EXPONENT = 0.9

/** What measures: the first that this build has, at a quantizer that is the same for all frames. */
const METERS: readonly { config: Omit<VideoEncoderConfig, 'width' | 'height'>; quantizer: object }[] = [
  {
    config: { codec: 'avc1.42001f', bitrateMode: 'quantizer', latencyMode: 'realtime' },
    quantizer: { avc: { quantizer: 27 } },
  },
  {
    config: { codec: 'vp09.00.31.08', bitrateMode: 'quantizer', latencyMode: 'realtime' },
    quantizer: { vp9: { quantizer: 120 } },
  },
  {
    config: { codec: 'av01.0.05M.08', bitrateMode: 'quantizer', latencyMode: 'realtime' },
    quantizer: { av1: { quantizer: 120 } },
  },
]

/** @returns the bytes that a chunk's pictures take when they are small and all have the same quantizer */
export async function measureChunk(
  init: { job: Job; ranged?: RangedFile | undefined; chunk: Chunk },
  { signal, onProgress }: RunOptions,
): Promise<number> {
  const { job, chunk } = init
  const pipeline = new Pipeline()
  const unfollow = pipeline.follow(signal)
  const source = await openSource(job.input, init.ranged)
  const from = Math.round(job.from * 1e6)
  const end = Math.min(chunk.to === null ? Infinity : from + chunk.to, job.to === undefined ? Infinity : job.to * 1e6)
  let decoding: VideoDecoding | null = null
  try {
    const track = videoTrackOf(source)!
    const meter = await Meter.create(pipeline, track.codedWidth, track.codedHeight)
    decoding = new VideoDecoding(
      pipeline,
      track.decoderConfig!,
      { from: from + chunk.from, to: end },
      [meter],
      job.input.path,
    )
    const progress = new ProgressMeter(Number.isFinite(end) ? (end - from - chunk.from) / 1e6 : null, onProgress)
    for await (const packet of source.packets([track], (from + chunk.from) / 1e6)) {
      await pipeline.until(() => decoding!.done || !decoding!.busy)
      if (decoding.done) break
      decoding.push(packet.chunk as never)
      progress.update(meter.frames, meter.position, () => meter.bytes)
    }
    await pipeline.orFail(decoding.finish())
    return meter.bytes
  } catch (error) {
    pipeline.fail(error)
    pipeline.check()
    throw error
  } finally {
    unfollow()
    decoding?.close()
    source.close()
  }
}

class Meter {
  bytes = 0
  frames = 0
  /** Seconds. */
  position = 0
  readonly #encoder: VideoEncoder
  readonly #quantizer: object

  private constructor(pipeline: Pipeline, config: VideoEncoderConfig, quantizer: object) {
    this.#quantizer = quantizer
    this.#encoder = new VideoEncoder({
      output: (chunk) => {
        this.bytes += chunk.byteLength
        this.frames++
        this.position = chunk.timestamp / 1e6
      },
      error: (error) => pipeline.fail(error),
    })
    this.#encoder.addEventListener('dequeue', () => pipeline.wake())
    this.#encoder.configure(config)
  }

  static async create(pipeline: Pipeline, width: number, height: number): Promise<Meter> {
    const scale = Math.min(1, MEASURED_SIDE / Math.max(width, height))
    const even = (side: number) => Math.max(32, 2 * Math.round((side * scale) / 2))
    for (const { config, quantizer } of METERS) {
      const sized = { ...config, width: even(width), height: even(height), threads: 1 }
      if ((await VideoEncoder.isConfigSupported(sized)).supported) return new Meter(pipeline, sized, quantizer)
    }
    throw new UnsupportedError(
      'unsupported-settings',
      'no encoder of this build can measure chunks at a constant quantizer',
    )
  }

  get busy(): boolean {
    return this.#encoder.encodeQueueSize >= 4
  }

  encode(frame: VideoFrame): void {
    this.#encoder.encode(frame, this.#quantizer)
  }

  async finish(): Promise<void> {
    await this.#encoder.flush()
  }

  close(): void {
    if (this.#encoder.state !== 'closed') this.#encoder.close()
  }
}

/**
 * Shares the bits out.
 * @param bitrate of the whole, in bits per second
 * @param lengths seconds of each chunk
 * @param measured bytes of each chunk in the first pass
 * @returns bits per second of each chunk; together they come to the whole's bits
 */
export function shareBitrate(bitrate: number, lengths: readonly number[], measured: readonly number[]): number[] {
  const difficulty = measured.map((bytes, index) => Math.max(1e-9, bytes / lengths[index]!) ** EXPONENT)
  const shares = lengths.map(() => 0)
  const open = new Set(lengths.keys())
  let bits = lengths.reduce((sum, length) => sum + length, 0)
  // Whoever would get more or less than allowed gets the limit; the others share the rest anew.
  while (open.size > 0) {
    const weight = [...open].reduce((sum, index) => sum + difficulty[index]! * lengths[index]!, 0)
    const wanted = [...open].map((index) => ({ index, share: (difficulty[index]! * bits) / weight }))
    const over = wanted.filter(({ share }) => share > LARGEST_SHARE || share < SMALLEST_SHARE)
    for (const { index, share } of over.length > 0 ? over : wanted) {
      shares[index] = Math.min(LARGEST_SHARE, Math.max(SMALLEST_SHARE, share))
      bits -= shares[index]! * lengths[index]!
      open.delete(index)
    }
  }
  return shares.map((share) => Math.round(share * bitrate))
}
