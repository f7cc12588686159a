/** The pictures of a source and of what was made of it, at the same instants. */
import type { VideoDecoderConfig } from '../../config/video-decoder-config.js'
import { VideoDecoder } from '../../video-decoder.js'
import type { VideoFrame } from '../../video-frame.js'
import { InputError } from '../errors.js'
import type { Job } from '../job.js'
import type { MediaSource, VideoTrack } from '../media-io.js'
import { encodePicture } from '../picture-file.js'
import { Pipeline } from '../pipeline.js'
import { videoTrackOf } from '../plan.js'
import { oriented, shrink } from '../small-picture.js'
import { Sources } from '../sources.js'
import { Locations } from '../storage/locations.js'
import type { S3Options } from '../storage/s3.js'

/** What to compare. Plain JSON. */
export interface CompareRequest {
  readonly input: Job['input']
  /** Address of a file that was made of it, or of an HLS playlist. */
  readonly output: string
  /** Seconds of the source where the output begins. */
  readonly from: number
  /** Seconds of the output. */
  readonly duration: number
  /** Instants: the middles of so many equal parts. */
  readonly count: number
}

/** A picture as WebP. */
export interface ReportPicture {
  readonly width: number
  readonly height: number
  /** In base64. */
  readonly webp: string
}

export interface PicturePair {
  /** Of the output. */
  readonly seconds: number
  readonly before: ReportPicture
  readonly after: ReportPicture
}

export interface Comparison {
  readonly pairs: readonly PicturePair[]
  /** Why there are none. */
  readonly problem: string | null
}

/** Pixels of the longer side. */
const SIDE = 240
/** Seconds before an instant in which a key frame of the source takes its place, which needs no others decoded; at most. */
const MOST_SLACK = 2
/** Chunks that are decoded for one picture, at most. */
const MOST_CHUNKS = 600
/** Microseconds that containers round timestamps by. */
const ROUNDING = 1000
/** Chunks that may wait for the decoder. */
const QUEUE_LIMIT = 4

/** @throws BatchError */
export async function comparePictures(
  request: CompareRequest,
  signal: AbortSignal,
  s3?: S3Options,
): Promise<PicturePair[]> {
  const locations = new Locations(s3)
  const sources = new Sources(locations, signal)
  try {
    return await compareFrom(sources, request, signal)
  } finally {
    await sources.close()
    await locations.close()
  }
}

async function compareFrom(
  sources: Sources,
  { input, output, from, duration, count }: CompareRequest,
  signal: AbortSignal,
): Promise<PicturePair[]> {
  const source = await sources.open(input)
  try {
    const track = requireVideo(source, input.path)
    const lowest = Math.round(from * 1e6)
    const slack = Math.min(MOST_SLACK, duration / count / 4) * 1e6
    const pairs: PicturePair[] = []
    for (let index = 0; index < count; index++) {
      const wanted = lowest + Math.round(((index + 0.5) / count) * duration * 1e6)
      const before = await shownAt(source, track, wanted, signal, { lowest, slack })
      const instant = before.timestamp - lowest
      if (instant < 0 || pairs.some(({ seconds }) => seconds === instant / 1e6)) continue
      const after = await shownInFile(sources, output, instant, signal)
      pairs.push({ seconds: instant / 1e6, before: before.picture, after: after.picture })
    }
    return pairs
  } finally {
    source.close()
  }
}

/** Opens the file for one picture: not all formats can be read twice. */
async function shownInFile(sources: Sources, path: string, at: number, signal: AbortSignal): Promise<ShownPicture> {
  const source = await sources.open({ path })
  try {
    return await shownAt(source, requireVideo(source, path), at, signal)
  } finally {
    source.close()
  }
}

function requireVideo(source: MediaSource, path: string): VideoTrack {
  const track = videoTrackOf(source)
  if (track?.decoderConfig) return track
  throw new InputError('no-tracks', `${path}: it has no video track that can be decoded`)
}

interface ShownPicture {
  readonly picture: ReportPicture
  /** Microseconds. */
  readonly timestamp: number
}

/**
 * The picture that is shown at an instant, in microseconds; within `slack` after a key frame, that one, unless it lies
 * before `lowest`. Where too many pictures lie between the two, an earlier one.
 */
async function shownAt(
  source: MediaSource,
  track: VideoTrack,
  at: number,
  signal: AbortSignal,
  { lowest = 0, slack = 0 } = {},
): Promise<ShownPicture> {
  const search = new Search(track.decoderConfig!, at, signal)
  try {
    let chunks = 0
    for await (const packet of source.packets([track], at / 1e6)) {
      if (packet.track.type !== 'video') continue
      const { chunk } = packet
      const { timestamp } = chunk as { timestamp: number }
      const isNear = chunks === 0 && timestamp >= lowest && at - timestamp <= slack
      await search.decode(chunk as Parameters<VideoDecoder['decode']>[0])
      if (search.found || isNear || ++chunks >= MOST_CHUNKS) break
    }
    const frame = await search.finish()
    if (!frame) throw new InputError('undecodable', 'no picture could be decoded')
    return { picture: await reportPicture(frame, track), timestamp: frame.timestamp }
  } finally {
    search.close()
  }
}

/** Decodes until the picture has come that is shown at an instant. */
class Search {
  readonly #pipeline = new Pipeline()
  readonly #decoder: VideoDecoder
  readonly #unfollow: () => void
  #shown: VideoFrame | null = null
  found = false

  constructor(config: VideoDecoderConfig, at: number, signal: AbortSignal) {
    this.#unfollow = this.#pipeline.follow(signal)
    this.#decoder = new VideoDecoder({
      output: (frame) => {
        if (this.#shown && frame.timestamp > at + ROUNDING) frame.close()
        else {
          this.#shown?.close()
          this.#shown = frame
        }
        if (frame.timestamp >= at) this.found = true
        this.#pipeline.wake()
      },
      error: (error) => this.#pipeline.fail(error),
    })
    this.#decoder.addEventListener('dequeue', () => this.#pipeline.wake())
    this.#decoder.configure(config)
  }

  /** Resolves when there is room for another. */
  async decode(chunk: Parameters<VideoDecoder['decode']>[0]): Promise<void> {
    this.#decoder.decode(chunk)
    await this.#pipeline.until(() => this.found || this.#decoder.decodeQueueSize < QUEUE_LIMIT)
  }

  async finish(): Promise<VideoFrame | null> {
    if (!this.found) await this.#pipeline.orFail(this.#decoder.flush())
    return this.#shown
  }

  close(): void {
    this.#unfollow()
    if (this.#decoder.state !== 'closed') this.#decoder.close()
    this.#shown?.close()
    this.#shown = null
  }
}

async function reportPicture(decoded: VideoFrame, track: VideoTrack): Promise<ReportPicture> {
  const frame = oriented(decoded, track)
  try {
    const { displayWidth, displayHeight } = frame
    const width = displayWidth >= displayHeight ? SIDE : Math.round((SIDE * displayWidth) / displayHeight / 2) * 2
    const picture = await shrink(frame, Math.max(2, width))
    const webp = Buffer.from(await encodePicture(picture, '.webp')).toString('base64')
    return { width: picture.width, height: picture.height, webp }
  } finally {
    frame.close()
  }
}
