/** Chunks and sound become the file that one encoder would have made. */
import { stat } from 'node:fs/promises'
import { InternalError, StorageError } from '../errors.js'
import type { ContainerName } from '../formats.js'
import type { SinkChunk, SinkTrack } from '../media-io.js'
import { abilities, openSink } from '../open-media.js'
import { Pipeline } from '../pipeline.js'
import type { AudioResult, OutputResult } from '../result.js'
import { SinkQueue } from '../sink-queue.js'
import { StreamStatistics } from '../stream-statistics.js'
import type { RunOptions } from '../transcoding.js'
import { equalConfigs, type FilePacket, PacketFile } from './packet-file.js'
import type { Chunk } from './plan.js'

export interface JoinInit {
  /** The rendition's name. */
  readonly name: string
  readonly container: ContainerName
  /** Tags of the file. */
  readonly metadata: Readonly<Record<string, string>>
  /** Of the video, in order, each with its packet file. */
  readonly chunks: readonly { readonly chunk: Chunk; readonly path: string }[]
  /** The packet file of the sound, and which of its tracks to take. */
  readonly audio: { readonly path: string; readonly tracks: readonly number[] } | null
  /** Where the file is written, and what errors call it. */
  readonly path: string
  readonly named: string
  /** What was left out, and why. */
  readonly warnings: readonly string[]
  /** Pixels of the video. */
  readonly width: number
  readonly height: number
  /** Of each track of the packet file: whether its packets are the source's. */
  readonly copied: readonly boolean[]
}

/**
 * @throws StorageError `checksum` when a chunk is damaged, InternalError when chunks do not fit together
 */
export async function joinChunks(init: JoinInit, { signal }: Pick<RunOptions, 'signal'>): Promise<OutputResult> {
  const pipeline = new Pipeline()
  const unfollow = pipeline.follow(signal)
  const { container, metadata, path, named } = init
  const able = abilities(container)
  const sink = openSink({ container, path, metadata }, named)
  try {
    const queue = new SinkQueue(pipeline, sink)
    const audio = init.audio ? await PacketFile.open(init.audio.path) : null
    const track = await videoTrackOf(init)
    const streams = [{ track, statistics: new StreamStatistics(), receiver: queue.addTrack(track, able) }]
    const indices = init.audio?.tracks ?? []
    for (const index of indices) {
      const audioTrack = audio!.tracks[index]!
      const statistics = new StreamStatistics()
      streams.push({ track: audioTrack, statistics, receiver: queue.addTrack(audioTrack, able) })
    }
    await sink.start()
    const video = videoPackets(init, named)
    const sound = audio && indices.length > 0 ? audio.packets() : noPackets()
    for await (const { packet, isVideo } of interleave(video, sound)) {
      const place = isVideo ? 0 : indices.indexOf(packet.track) + 1
      if (!isVideo && place === 0) continue
      const { receiver, statistics } = streams[place]!
      await pipeline.until(() => !receiver.busy)
      statistics.add(packet)
      receiver.receive(packet)
    }
    for (const { receiver } of streams) receiver.end()
    await pipeline.orFail(queue.idle())
    await pipeline.orFail(sink.finalize())
    pipeline.check()
    return await resultOf(init, streams)
  } catch (error) {
    pipeline.fail(error)
    await sink.abort()
    pipeline.check()
    throw error
  } finally {
    unfollow()
  }
}

/** That of the chunks; all have the same. */
async function videoTrackOf({ chunks, named }: JoinInit): Promise<SinkTrack> {
  const files = await Promise.all(chunks.map(({ path }) => PacketFile.open(path)))
  const texts = new Set(files.map(({ tracks }) => JSON.stringify(tracks)))
  if (texts.size === 1) return files[0]!.tracks[0]!
  throw new InternalError('internal', `${named}: its chunks are of different kinds: ${[...texts].join(' ')}`)
}

/**
 * The packets of all chunks in order. The decoder is configured once: every chunk must go with the first's configuration.
 */
async function* videoPackets({ chunks }: JoinInit, named: string): AsyncGenerator<FilePacket> {
  let config: SinkChunk['decoderConfig']
  for (const { chunk, path } of chunks) {
    const file = await PacketFile.open(path)
    const to = chunk.to ?? Number.POSITIVE_INFINITY
    let first = true
    for await (const packet of file.packets()) {
      if (packet.timestamp < chunk.from || packet.timestamp >= to || (first && !packet.key)) {
        const place = first && !packet.key ? 'begins with no key frame' : `has a frame at ${packet.timestamp} µs`
        throw new InternalError(
          'internal',
          `${named}: chunk ${chunk.index}, from ${chunk.from} µs to ${to} µs, ${place}`,
        )
      }
      first = false
      const { decoderConfig } = packet
      if (decoderConfig && config && !equalConfigs(decoderConfig, config)) {
        const reason = `chunk ${chunk.index} has other parameter sets than those before it`
        throw new StorageError('checksum', `${named}: ${reason}`)
      }
      yield config ? { ...packet, decoderConfig: undefined } : packet
      config ??= decoderConfig
    }
  }
}

async function* noPackets(): AsyncGenerator<FilePacket> {}

/** Two streams of packets as one, in step. */
async function* interleave(
  video: AsyncGenerator<FilePacket>,
  audio: AsyncGenerator<FilePacket>,
): AsyncGenerator<{ packet: FilePacket; isVideo: boolean }> {
  let [nextVideo, nextAudio] = await Promise.all([video.next(), audio.next()])
  try {
    while (!nextVideo.done || !nextAudio.done) {
      const isVideo =
        !nextVideo.done && (nextAudio.done || nextVideo.value.timestamp <= (nextAudio.value as FilePacket).timestamp)
      if (isVideo) {
        yield { packet: nextVideo.value as FilePacket, isVideo }
        nextVideo = await video.next()
      } else {
        yield { packet: nextAudio.value as FilePacket, isVideo }
        nextAudio = await audio.next()
      }
    }
  } finally {
    await Promise.all([video.return(undefined), audio.return(undefined)])
  }
}

async function resultOf(
  init: JoinInit,
  streams: readonly { track: SinkTrack; statistics: StreamStatistics }[],
): Promise<OutputResult> {
  const [video, ...audio] = streams
  const { chunks: frames, duration, bytes, bitrate, bytesPerSecond, codec } = video!.statistics
  const { size } = await stat(init.path)
  const { width, height } = init
  return {
    kind: 'file',
    name: init.name,
    path: init.named,
    files: [init.named],
    container: init.container,
    bytes: size,
    video: {
      codec: codec ?? video!.track.codec,
      width,
      height,
      frames,
      duration,
      bytes,
      bitrate,
      bytesPerSecond,
      copied: false,
    },
    audio: audio.map(({ track, statistics }, index): AudioResult => {
      const { duration, bytes, bitrate } = statistics
      const copied = init.copied[init.audio!.tracks[index]!] ?? false
      return { codec: statistics.codec ?? track.codec, language: track.language, duration, bytes, bitrate, copied }
    }),
    warnings: [...init.warnings],
  }
}
