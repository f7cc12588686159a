/** One chunk of the video of all renditions: decoded once, from the key frame before it on. */
import { isDeepStrictEqual } from 'node:util'
import type { VideoEncoderConfig } from '../../config/video-encoder-config.js'
import { FarmError } from '../errors.js'
import type { Job } from '../job.js'
import type { RangedFile } from '../mediabunny-source.js'
import { openSource } from '../open-media.js'
import { Pipeline } from '../pipeline.js'
import { planRenditions } from '../plan.js'
import { ProgressMeter } from '../progress.js'
import { SinkQueue } from '../sink-queue.js'
import type { RunOptions } from '../transcoding.js'
import { videoSinkTrack } from '../transcoding.js'
import { type Span, VideoDecoding } from '../video-decoding.js'
import { VideoEncoding } from '../video-encoding.js'
import { PacketFileSink } from './packet-file.js'
import { type Chunk, encodingOf } from './plan.js'

/** Seconds before a chunk that are decoded where frames are repeated: the first may be one that began before it. */
const LEAD = 1

export interface EncodeChunkInit {
  readonly job: Job
  /** How the source is read, unless its path is one of this machine. */
  readonly ranged?: RangedFile | undefined
  readonly chunk: Chunk
  /** Of each rendition, as planned. */
  readonly configs: readonly VideoEncoderConfig[]
  /** Bits per second of each rendition in this chunk, in place of the configuration's. */
  readonly bitrates?: readonly (number | null)[] | undefined
  /** Where the packets of each rendition go. */
  readonly paths: readonly string[]
}

export interface EncodedChunk {
  readonly frames: number
  /** Of each rendition's packets. */
  readonly bytes: readonly number[]
}

/**
 * @throws FarmError `different-build` when this build would encode otherwise than was planned
 */
export async function encodeChunk(init: EncodeChunkInit, { signal, onProgress }: RunOptions): Promise<EncodedChunk> {
  const { job, chunk, configs, bitrates, paths } = init
  const pipeline = new Pipeline()
  const unfollow = pipeline.follow(signal)
  const source = await openSource(job.input, init.ranged)
  const sinks: PacketFileSink[] = []
  let decoding: VideoDecoding | null = null
  try {
    const planned = await planRenditions(job, source)
    const { track } = planned[0]!.video!
    const to = chunk.to ?? Number.POSITIVE_INFINITY
    const waiting = new Set<VideoEncoding>()
    const outputs = planned.map((rendition, index) => {
      const encoding = encodingOf(rendition)
      if (!encoding || !isDeepStrictEqual(plain(encoding.chosen.config), plain(configs[index]))) {
        const received = JSON.stringify(encoding?.chosen.config)
        throw new FarmError(
          'different-build',
          `expected the encoder configuration ${JSON.stringify(configs[index])} for ${job.input.path} but received ${received}`,
        )
      }
      const path = paths[index]!
      const sink = new PacketFileSink(path, path)
      sinks.push(sink)
      const queue = new SinkQueue(pipeline, sink)
      const bitrate = bitrates?.[index]
      const chosen = bitrate ? { ...encoding.chosen, config: { ...encoding.chosen.config, bitrate } } : encoding.chosen
      const passed = () => {
        waiting.delete(stream)
        if (waiting.size === 0 && decoding) decoding.done = true
      }
      const window = { from: chunk.from, to, passed }
      const stream: VideoEncoding = new VideoEncoding({ pipeline, named: path, ...encoding, chosen, window })
      waiting.add(stream)
      stream.receivers.push(queue.addTrack(videoSinkTrack(rendition.video!), packetFileAbilities))
      return { stream, sink, queue }
    })
    const span: Span = {
      from: Math.round(job.from * 1e6),
      to: job.to === undefined ? Infinity : Math.round(job.to * 1e6),
    }
    const streams = outputs.map(({ stream }) => stream)
    decoding = new VideoDecoding(pipeline, track.decoderConfig!, span, streams, job.input.path)
    const length = chunk.to === null ? null : (chunk.to - chunk.from) / 1e6
    const meter = new ProgressMeter(length, onProgress)
    const frames = () => Math.min(...streams.map(({ statistics }) => statistics.chunks))
    const position = () => Math.max(0, Math.min(...streams.map(({ statistics }) => statistics.end)) - chunk.from / 1e6)
    const bytes = () => outputs.reduce((sum, { queue }) => sum + queue.bytes, 0)
    await Promise.all(sinks.map((sink) => sink.start()))
    const lead = planned.some((rendition) => encodingOf(rendition)!.framerate !== undefined) ? LEAD : 0
    for await (const packet of source.packets([track], Math.max(0, job.from + chunk.from / 1e6 - lead))) {
      await pipeline.until(() => decoding!.done || !decoding!.busy)
      if (decoding.done) break
      decoding.push(packet.chunk as never)
      meter.update(frames(), position(), bytes)
    }
    await pipeline.orFail(decoding.finish())
    for (const { queue, sink } of outputs) {
      await pipeline.orFail(queue.idle())
      await pipeline.orFail(sink.finalize())
    }
    pipeline.check()
    meter.finish(frames(), position(), bytes())
    return { frames: frames(), bytes: outputs.map(({ queue }) => queue.bytes) }
  } catch (error) {
    pipeline.fail(error)
    await Promise.all(sinks.map((sink) => sink.abort()))
    pipeline.check()
    throw error
  } finally {
    unfollow()
    decoding?.close()
    source.close()
  }
}

/** As it is after a way through JSON. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null))

/** Packet files take everything. */
export const packetFileAbilities = {
  holds: () => true,
  turns: true,
  beginsBeforeZero: true,
  timesPictures: true,
  reorders: true,
  maxAudioTracks: Number.POSITIVE_INFINITY,
  maxVideoTracks: Number.POSITIVE_INFINITY,
}
