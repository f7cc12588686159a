/** Where a long file is cut, so that its pieces can be encoded at the same time. */
import type { VideoEncoderConfig } from '../../config/video-encoder-config.js'
import type { Job } from '../job.js'
import type { MediaSource } from '../media-io.js'
import type { PlannedRendition, PlannedVideo } from '../plan.js'

/** Seconds of a chunk, about: long enough that its first key frame costs nothing that counts, short enough to share out. */
export const CHUNK_SECONDS = 10
/** A rest shorter than this goes to the chunk before it. */
const SHORTEST = CHUNK_SECONDS / 2

/** A chunk: frames with from <= timestamp < to, in microseconds of the output. */
export interface Chunk {
  readonly index: number
  readonly from: number
  /** null for all that follow. */
  readonly to: number | null
}

/** What each chunk is encoded with. Plain JSON. */
export interface ChunkPlan {
  readonly chunks: readonly Chunk[]
  /** Of each rendition, the exact configuration, so that a machine where it would come out otherwise can tell. */
  readonly configs: readonly VideoEncoderConfig[]
  /** Seconds of the output. */
  readonly duration: number
}

/** The encoding of a rendition's video; null when it is copied or absent. */
export const encodingOf = ({ video }: PlannedRendition): PlannedVideo['encoding'] => video?.encoding ?? null

/**
 * Cuts where key frames are anyway: the result has its key frames where one encoder would have put them.
 * @returns null when the job is not one to cut: short, of unknown length, or with more than encoded video and its sound
 */
export function planChunks(job: Job, source: MediaSource, planned: readonly PlannedRendition[]): ChunkPlan | null {
  if (job.thumbnails || job.contactSheet || job.hls) return null
  const encodings = planned.map(encodingOf)
  const interval = encodings[0]?.keyframeInterval
  if (interval === undefined || encodings.some((encoding) => encoding?.keyframeInterval !== interval)) return null
  const duration = Math.min(source.duration ?? 0, job.to ?? Number.POSITIVE_INFINITY) - job.from
  const chunks = cut(duration, interval)
  if (chunks.length < 2) return null
  return { chunks, configs: encodings.map((encoding) => encoding!.chosen.config), duration }
}

/** Cuts `duration` seconds at whole multiples of `interval`. */
export function cut(duration: number, interval: number): Chunk[] {
  const length = Math.max(1, Math.round(CHUNK_SECONDS / interval)) * interval
  const count = Math.max(1, Math.ceil((duration - SHORTEST) / length))
  return Array.from({ length: count }, (_, index) => ({
    index,
    from: Math.round(index * length * 1e6),
    to: index === count - 1 ? null : Math.round((index + 1) * length * 1e6),
  }))
}

/** The job with one thread for each encoder, unless it says otherwise: chunks share the processors instead. */
export function withOneThread(job: Job): Job {
  const renditions = job.renditions.map((rendition) => ({
    ...rendition,
    video: rendition.video === false ? (false as const) : { threads: 1, ...rendition.video },
  }))
  return { ...job, renditions }
}
