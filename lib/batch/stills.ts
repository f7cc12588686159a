/** Thumbnails and contact sheets, from the frames that are decoded anyway. */
import { writeFile } from 'node:fs/promises'
import type { VideoFrame } from '../video-frame.js'
import { InputError, outputError } from './errors.js'
import { type PendingOutput, prepareOutput } from './file-writer.js'
import type { ContactSheetSettings, Job } from './job.js'
import type { VideoTrack } from './media-io.js'
import { encodePicture } from './picture-file.js'
import type { Pipeline } from './pipeline.js'
import type { OutputResult } from './result.js'
import { blankPicture, oriented, place, type SmallPicture, shrink } from './small-picture.js'
import type { FrameConsumer } from './video-decoding.js'

/** Frames that may wait to be made small. */
const QUEUE_LIMIT = 2

/** Takes the frame that is shown at each of some times. */
class FrameSampler implements FrameConsumer {
  readonly #pipeline: Pipeline
  readonly #track: VideoTrack
  /** Microseconds, ascending; without an end where there is no last one. */
  readonly #times: Iterator<number>
  readonly #take: (frame: VideoFrame, index: number) => Promise<void>
  #next: IteratorResult<number>
  #index = 0
  #waiting = 0
  #working: Promise<void> = Promise.resolve()
  #last: VideoFrame | null = null

  constructor(
    pipeline: Pipeline,
    track: VideoTrack,
    times: Iterable<number>,
    take: (frame: VideoFrame, index: number) => Promise<void>,
  ) {
    this.#pipeline = pipeline
    this.#track = track
    this.#times = times[Symbol.iterator]()
    this.#take = take
    this.#next = this.#times.next()
  }

  get busy(): boolean {
    return this.#waiting >= QUEUE_LIMIT
  }

  encode(frame: VideoFrame): void {
    // The frame before is shown until this one comes.
    while (this.#last && !this.#next.done && this.#next.value < frame.timestamp) this.#sample(this.#last)
    this.#last?.close()
    this.#last = this.#next.done ? null : frame.clone()
  }

  async finish(): Promise<void> {
    const end = this.#last ? this.#last.timestamp + (this.#last.duration ?? 0) : 0
    while (this.#last && !this.#next.done && (this.#next.value <= end || this.#index === 0)) this.#sample(this.#last)
    await this.#working
    this.#pipeline.check()
  }

  close(): void {
    this.#last?.close()
    this.#last = null
  }

  #sample(shown: VideoFrame): void {
    const frame = oriented(shown, this.#track)
    const index = this.#index++
    this.#next = this.#times.next()
    this.#waiting++
    this.#working = this.#working
      .then(() => this.#take(frame, index))
      .catch((error) => this.#pipeline.fail(error))
      .finally(() => {
        frame.close()
        this.#waiting--
        this.#pipeline.wake()
      })
  }
}

/** Pictures that a job makes beside its renditions. */
export interface StillOutput {
  readonly consumer: FrameConsumer
  /** What is to be discarded when the work fails. */
  readonly pending: readonly PendingOutput[]
  /** Gives the files their names. */
  commit(): Promise<OutputResult>
}

/** In the middle of equal parts. */
function* spread(count: number, duration: number): Generator<number> {
  for (let index = 0; index < count; index++) yield Math.round(((index + 0.5) / count) * duration * 1e6)
}

function* steps(every: number): Generator<number> {
  for (let index = 0; ; index++) yield Math.round(index * every * 1e6)
}

const FIRST_THUMBNAIL = 0.1

/** @param duration seconds of the span; null when the input does not tell */
export function openThumbnails(job: Job, track: VideoTrack, duration: number | null, pipeline: Pipeline): StillOutput {
  const { output, every, count, width } = job.thumbnails!
  if (every === undefined) requireDuration(job, duration, 'thumbnails without every')
  const times =
    every !== undefined ? steps(every) : count === 1 ? [FIRST_THUMBNAIL * duration! * 1e6] : spread(count, duration!)
  const pending: PendingOutput[] = []
  const files: string[] = []
  let bytes = 0
  const consumer = new FrameSampler(pipeline, track, times, async (frame, index) => {
    const path = numbered(output, index + 1)
    const place = await prepareOutput(path, job.input.path)
    pending.push(place)
    files.push(path)
    bytes += await write(place, await shrink(frame, width))
  })
  return {
    consumer,
    pending,
    async commit() {
      for (const place of pending) await place.commit()
      return stillResult('thumbnails', output, files, bytes)
    },
  }
}

export async function openContactSheet(
  job: Job,
  track: VideoTrack,
  duration: number | null,
  pipeline: Pipeline,
): Promise<StillOutput> {
  const { output, columns, rows, width } = job.contactSheet as Required<ContactSheetSettings>
  requireDuration(job, duration, 'a contact sheet')
  const pending = await prepareOutput(output, job.input.path)
  let sheet: SmallPicture | null = null
  const consumer = new FrameSampler(pipeline, track, spread(columns * rows, duration!), async (frame, index) => {
    const picture = await shrink(frame, width)
    sheet ??= blankPicture(picture.width * columns, picture.height * rows)
    place(picture, sheet, (index % columns) * picture.width, Math.floor(index / columns) * picture.height)
  })
  return {
    consumer,
    pending: [pending],
    async commit() {
      if (!sheet) throw new InputError('undecodable', `${job.input.path}: no picture of it could be decoded`)
      const bytes = await write(pending, sheet)
      await pending.commit()
      return stillResult('contact-sheet', output, [output], bytes)
    },
  }
}

function requireDuration(job: Job, duration: number | null, what: string): void {
  if (duration !== null) return
  const message = `${job.input.path}: it does not tell how long it is, which ${what} must know`
  throw new InputError('unreadable', message)
}

async function write(pending: PendingOutput, picture: SmallPicture): Promise<number> {
  const data = await encodePicture(picture, pending.path)
  await writeFile(pending.temporaryPath, data).catch((error) => {
    throw outputError(pending.path, error)
  })
  return data.byteLength
}

/** "%d" and "%03d" in a path. */
const numbered = (path: string, number: number): string =>
  path.replace(/%(?:0(\d))?d/, (_, digits?: string) => String(number).padStart(Number(digits ?? 1), '0'))

function stillResult(kind: OutputResult['kind'], path: string, files: string[], bytes: number): OutputResult {
  return { kind, name: null, path, files, container: null, bytes, video: null, audio: [], warnings: [] }
}
