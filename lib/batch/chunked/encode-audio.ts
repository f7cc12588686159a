/** The sound of all renditions, in one piece. */
import { AudioCopy, AudioEncoding } from '../audio-stream.js'
import type { Job } from '../job.js'
import type { MediaSource, Packet, Track } from '../media-io.js'
import type { RangedFile } from '../mediabunny-source.js'
import { openSource } from '../open-media.js'
import { Pipeline } from '../pipeline.js'
import { audioKey, type PlannedAudio, planRenditions } from '../plan.js'
import { ProgressMeter } from '../progress.js'
import { SinkQueue } from '../sink-queue.js'
import { audioSinkTrack, type RunOptions } from '../transcoding.js'
import type { PacketConsumer, Span } from '../video-decoding.js'
import { packetFileAbilities } from './encode-chunk.js'
import { PacketFileSink } from './packet-file.js'

type AudioStream = (AudioCopy | AudioEncoding) & PacketConsumer<never>

export interface EncodedAudio {
  /** Of each rendition: the tracks of the packet file that it has. Renditions with the same sound share it. */
  readonly tracks: readonly (readonly number[])[]
}

/** Which tracks a packet file of a job's sound has, and which of them each rendition takes. */
export function audioTracks(renditions: readonly { readonly audio: readonly PlannedAudio[] }[]): {
  readonly tracks: readonly PlannedAudio[]
  readonly byRendition: readonly (readonly number[])[]
} {
  const keys: string[] = []
  const tracks: PlannedAudio[] = []
  const byRendition = renditions.map(({ audio }) =>
    audio.map((planned) => {
      const key = audioKey(planned)
      const known = keys.indexOf(key)
      if (known >= 0) return known
      tracks.push(planned)
      return keys.push(key) - 1
    }),
  )
  return { tracks, byRendition }
}

export async function encodeAudio(
  init: { job: Job; ranged?: RangedFile | undefined; path: string },
  { signal, onProgress }: RunOptions,
): Promise<EncodedAudio> {
  const { job, path } = init
  const pipeline = new Pipeline()
  const unfollow = pipeline.follow(signal)
  const source = await openSource(job.input, init.ranged)
  const sink = new PacketFileSink(path, path)
  const streams: AudioStream[] = []
  try {
    const { tracks, byRendition } = audioTracks(await planRenditions(job, source))
    const queue = new SinkQueue(pipeline, sink)
    const span: Span = {
      from: Math.round(job.from * 1e6),
      to: job.to === undefined ? Infinity : Math.round(job.to * 1e6),
    }
    const consumers = new Map<Track, AudioStream[]>()
    for (const planned of tracks) {
      const stream = audioStream(planned, pipeline, span, job, path)
      stream.receivers.push(queue.addTrack(audioSinkTrack(planned), packetFileAbilities))
      streams.push(stream)
      consumers.set(planned.track, [...(consumers.get(planned.track) ?? []), stream])
    }
    await sink.start()
    const meter = new ProgressMeter(source.duration === null ? null : source.duration - job.from, onProgress)
    const position = () => Math.max(0, Math.min(...streams.map(({ statistics }) => statistics.end)))
    await feed(source, consumers, job.from, pipeline, () => meter.update(0, position(), () => queue.bytes))
    await pipeline.orFail(Promise.all(streams.map((stream) => stream.finish())))
    await pipeline.orFail(queue.idle())
    await pipeline.orFail(sink.finalize())
    pipeline.check()
    return { tracks: byRendition }
  } catch (error) {
    pipeline.fail(error)
    await sink.abort()
    pipeline.check()
    throw error
  } finally {
    unfollow()
    for (const stream of streams) stream.close()
    source.close()
  }
}

function audioStream(planned: PlannedAudio, pipeline: Pipeline, span: Span, job: Job, output: string): AudioStream {
  const { track, codec, encoderConfig, beginsAtZero } = planned
  const decoderConfig = track.decoderConfig!
  if (!encoderConfig) return new AudioCopy(decoderConfig, span) as AudioStream
  const init = { pipeline, decoderConfig, codec, encoderConfig, span, beginsAtZero, input: job.input.path, output }
  return new AudioEncoding(init) as AudioStream
}

async function feed(
  source: MediaSource,
  consumers: ReadonlyMap<Track, readonly AudioStream[]>,
  from: number,
  pipeline: Pipeline,
  fed: () => void,
): Promise<void> {
  if (consumers.size === 0) return
  const all = [...consumers.values()].flat()
  for await (const { track, chunk } of source.packets([...consumers.keys()], from)) {
    const takers = consumers.get(track)!
    await pipeline.until(() => takers.every(({ done, busy }) => done || !busy))
    for (const taker of takers) if (!taker.done) (taker as PacketConsumer<Packet['chunk']>).push(chunk)
    fed()
    if (all.every(({ done }) => done)) break
  }
}
