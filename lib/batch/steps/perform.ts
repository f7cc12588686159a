/** What each step does. It finds all it needs in the step itself, the storage and what the steps before it gave. */
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { LARGEST_SHARE, measureChunk, shareBitrate } from '../chunked/budget.js'
import { audioTracks, encodeAudio } from '../chunked/encode-audio.js'
import { encodeChunk } from '../chunked/encode-chunk.js'
import { joinChunks } from '../chunked/join.js'
import { PacketFile } from '../chunked/packet-file.js'
import { type Chunk, planChunks, withOneThread } from '../chunked/plan.js'
import { InternalError } from '../errors.js'
import type { Job } from '../job.js'
import type { MediaSource } from '../media-io.js'
import { type PlannedRendition, planRenditions } from '../plan.js'
import { filesOf, redirectOutputs, targetResult, withTrueNames } from '../redirect.js'
import { type OutputResult, totalsOf } from '../result.js'
import { Sources, type StoredFile } from '../sources.js'
import type { Locations } from '../storage/locations.js'
import type { Storage } from '../storage/storage.js'
import { removeFolder, transfer } from '../storage/transfer.js'
import { runJob } from '../transcoding.js'
import { requireBuild } from './build.js'
import type { Addition, FileTask, MadeFile, Step, StepKind, StepOf, StepProgress, StepResult } from './step.js'

export interface StepContext {
  readonly locations: Locations
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: StepProgress) => void) | undefined
  /** Of each encoder that does a job in one piece, unless the job says otherwise. */
  readonly threads?: number | undefined
  /** What the steps gave that this one waited for. */
  readonly inputs: readonly StepResult[]
}

type Performers = { readonly [K in StepKind]: (step: StepOf<K>, work: Work) => Promise<StepResult> }

/** Does a step. @throws BatchError */
export async function performStep(step: Step, context: StepContext): Promise<StepResult> {
  requireBuild(step.task.build)
  const work = await Work.begin(step.task, context)
  try {
    return await (PERFORMERS[step.kind] as (step: Step, work: Work) => Promise<StepResult>)(step, work)
  } finally {
    await work.end()
  }
}

/** A step at work: its folder in the storage, and one of this machine for files that are not whole yet. */
class Work {
  readonly context: StepContext
  readonly storage: Storage
  readonly #prefix: string
  readonly #sources: Sources
  #scratch: string | null = null

  private constructor(context: StepContext, storage: Storage, prefix: string) {
    this.context = context
    this.storage = storage
    this.#prefix = prefix
    this.#sources = new Sources(context.locations, context.signal)
  }

  static async begin(task: FileTask, context: StepContext): Promise<Work> {
    const { storage, prefix } = await context.locations.folder(task.work)
    return new Work(context, storage, `${prefix}${task.id}/`)
  }

  key(name: string): string {
    return `${this.#prefix}${name}`
  }

  async scratch(name: string): Promise<string> {
    this.#scratch ??= await this.storage.scratch(this.#prefix)
    return join(this.#scratch, name)
  }

  /** Whether an earlier attempt, or another worker, has made this packet file; a damaged one is removed. */
  async has(name: string): Promise<boolean> {
    if (!(await this.storage.info(this.key(name)))) return false
    try {
      const file = await PacketFile.open(await this.local(name), name)
      await file.verify()
      return true
    } catch {
      await this.storage.remove(this.key(name))
      return false
    }
  }

  /** A local file with the content of an object of the work folder. */
  async local(name: string): Promise<string> {
    const path = this.storage.localPath(this.key(name))
    if (path !== null) return path
    const copy = await this.scratch(`in-${name}`)
    await this.storage.get(this.key(name), copy, this.context.signal)
    return copy
  }

  /** Makes a packet file an object of the work folder, unless somebody else was first. */
  async keep(name: string, path: string): Promise<void> {
    await this.storage.take(this.key(name), path, { ifAbsent: true, signal: this.context.signal })
  }

  async removeAll(): Promise<void> {
    await removeFolder(this.storage, this.#prefix)
  }

  async end(): Promise<void> {
    if (this.#scratch !== null) await rm(this.#scratch, { recursive: true, force: true })
    await this.#sources.close()
  }

  /** How a job's source is read that is not on this machine. */
  ranged({ input }: Job): Promise<StoredFile | undefined> {
    return this.#sources.ranged(input.path)
  }

  /** Runs with the job's source, and closes it. */
  async withSource<T>(job: Job, use: (source: MediaSource, planned: PlannedRendition[]) => Promise<T>): Promise<T> {
    const source = await this.#sources.open(job.input)
    try {
      return await use(source, await planRenditions(job, source))
    } finally {
      source.close()
    }
  }
}

const chunkFile = (rendition: number, index: number): string => `chunk-${rendition}-${index}.packets`
const AUDIO_FILE = 'audio.packets'

const PERFORMERS: Performers = {
  async probe({ task }, work) {
    const job = withOneThread(task.job)
    return work.withSource(job, async (source, planned) => {
      const plan = planChunks(job, source, planned)
      if (!plan) return { kind: 'probe', chunks: 1, additions: [{ parent: 'join', step: { kind: 'whole', task } }] }
      const cutJob = await withRoomForShares(job, source)
      const cutTask = { ...task, job: cutJob }
      const configs = (await planRenditions(cutJob, source)).map(({ video }) => video!.encoding!.chosen.config)
      const { chunks, duration } = plan
      const budget = configs.some(({ bitrate }) => bitrate !== undefined)
      const video: Addition[] = budget
        ? [
            { parent: 'join', step: { kind: 'budget', task: cutTask, chunks, configs, duration } },
            ...chunks.map((chunk): Addition => {
              const { index } = chunk
              return { parent: 'budget', step: { kind: 'measure', task: cutTask, index, chunk, configs } }
            }),
          ]
        : chunkAdditions(cutTask, chunks, configs, [])
      const hasSound = planned.some(({ audio }) => audio.length > 0)
      const audio: Addition[] = hasSound ? [{ parent: 'join', step: { kind: 'audio', task: cutTask } }] : []
      return { kind: 'probe', chunks: chunks.length, additions: [...audio, ...video] }
    })
  },

  async measure({ task: { job }, chunk, index }, work) {
    const ranged = await work.ranged(job)
    return { kind: 'measure', index, bytes: await measureChunk({ job, ranged, chunk }, work.context) }
  },

  async budget({ task, chunks, configs, duration }, { context }) {
    const measured = chunks.map(({ index }) => {
      const result = context.inputs.find((input) => input.kind === 'measure' && input.index === index)
      if (result?.kind !== 'measure')
        throw new InternalError('internal', `the measurement of chunk ${index} is missing`)
      return result.bytes
    })
    const lengths = chunks.map(({ from, to }) => ((to ?? duration * 1e6) - from) / 1e6)
    const shares = configs.map(({ bitrate }) =>
      bitrate === undefined ? null : shareBitrate(bitrate, lengths, measured),
    )
    return { kind: 'budget', additions: chunkAdditions(task, chunks, configs, shares) }
  },

  async chunk({ task, index, chunk, configs, bitrates }, work) {
    const names = configs.map((_, rendition) => chunkFile(rendition, index))
    const there = await Promise.all(names.map((name) => work.has(name)))
    if (!there.every(Boolean)) {
      const paths = await Promise.all(names.map((name) => work.scratch(name)))
      const { job } = task
      const ranged = await work.ranged(job)
      await encodeChunk({ job, ranged, chunk, configs, bitrates, paths }, work.context)
      for (const [rendition, path] of paths.entries()) await work.keep(names[rendition]!, path)
    }
    // What is there counts, whoever made it.
    const files = await Promise.all(names.map(async (name) => PacketFile.open(await work.local(name), name)))
    const bytes = await Promise.all(names.map(async (name) => (await work.storage.info(work.key(name)))?.size ?? 0))
    return { kind: 'chunk', index, frames: files[0]?.packetCounts[0] ?? 0, bytes }
  },

  async audio({ task }, work) {
    if (!(await work.has(AUDIO_FILE))) {
      const path = await work.scratch(AUDIO_FILE)
      await encodeAudio({ job: task.job, ranged: await work.ranged(task.job), path }, work.context)
      await work.keep(AUDIO_FILE, path)
    }
    return { kind: 'audio' }
  },

  async whole({ task }, work) {
    const { context } = work
    const redirected = redirectOutputs(task.job, await work.scratch('outputs'), { threads: context.threads })
    const options = { ...context, ranged: await work.ranged(task.job) }
    const outputs: OutputResult[] = []
    await withTrueNames(redirected, () => runJob(redirected.job, options, (output) => outputs.push(output)))
    const files: MadeFile[] = []
    for (const [index, output] of outputs.entries()) {
      for (const path of await filesOf(output)) {
        files.push(await storeOutput(work, path, `output-${index}-${files.length}`, redirected.targetOf(path)))
      }
    }
    return { kind: 'whole', files, outputs: outputs.map((output) => targetResult(output, redirected)) }
  },

  async join({ task }, work) {
    const whole = work.context.inputs.find((input) => input.kind === 'whole')
    if (whole?.kind === 'whole') return { ...whole, kind: 'join' }
    const job = withOneThread(task.job)
    return work.withSource(job, async (source, planned) => {
      const plan = planChunks(job, source, planned)
      if (!plan) throw new InternalError('internal', `${job.input.path}: it is not in chunks any more`)
      requireAllChunks(plan.chunks, work.context.inputs, job.input.path)
      const { tracks, byRendition } = audioTracks(planned)
      const audioPath = tracks.length > 0 ? await work.local(AUDIO_FILE) : null
      const files: MadeFile[] = []
      const outputs: OutputResult[] = []
      for (const [index, { rendition, video, warnings }] of planned.entries()) {
        const path = await work.scratch(`output-${index}`)
        const names = plan.chunks.map((chunk) => chunkFile(index, chunk.index))
        const chunks = await Promise.all(
          plan.chunks.map(async (chunk, place) => ({ chunk, path: await work.local(names[place]!) })),
        )
        const { width, height } = video!.encoding!.chosen.config
        const output = await joinChunks(
          {
            name: rendition.name,
            container: rendition.container!,
            metadata: { ...source.metadata, ...job.metadata },
            chunks,
            audio: audioPath === null ? null : { path: audioPath, tracks: byRendition[index]! },
            path,
            named: rendition.output!,
            warnings,
            width,
            height,
            copied: tracks.map(({ encoderConfig }) => encoderConfig === null),
          },
          work.context,
        )
        files.push(await storeOutput(work, path, `output-${index}`, rendition.output!))
        outputs.push(output)
      }
      return { kind: 'join', files, outputs }
    })
  },

  async publish({ task }, work) {
    const joined = work.context.inputs.find((input) => input.kind === 'join')
    if (joined?.kind !== 'join') throw new InternalError('internal', `${task.job.input.path}: nothing was joined`)
    for (const { key, target, size } of joined.files) {
      const to = await work.context.locations.locate(target)
      await transfer({ storage: work.storage, key: work.key(key) }, to, size, work.context.signal)
    }
    await work.removeAll()
    const outputs = [...joined.outputs]
    return { kind: 'publish', result: { outputs, seconds: 0, ...totalsOf(outputs) } }
  },
}

function chunkAdditions(
  task: FileTask,
  chunks: readonly Chunk[],
  configs: StepOf<'chunk'>['configs'],
  shares: readonly (readonly number[] | null)[],
): Addition[] {
  return chunks.map((chunk, place) => {
    const { index } = chunk
    const bitrates = shares.length > 0 ? { bitrates: shares.map((share) => share?.[place] ?? null) } : {}
    return { parent: 'join', step: { kind: 'chunk', task, index, chunk, configs, ...bitrates } }
  })
}

/**
 * The job with codec strings whose levels allow what the most difficult chunk may get: all chunks must have the same
 * parameter sets.
 */
async function withRoomForShares(job: Job, source: MediaSource): Promise<Job> {
  if (job.renditions.every(({ video }) => video === false || video.bitrate === undefined)) return job
  const generous = job.renditions.map((rendition) => {
    const { video } = rendition
    if (video === false || video.bitrate === undefined) return rendition
    return { ...rendition, video: { ...video, bitrate: Math.round(video.bitrate * LARGEST_SHARE) } }
  })
  const planned = await planRenditions({ ...job, renditions: generous }, source)
  const renditions = job.renditions.map((rendition, index) => {
    const { video } = rendition
    if (video === false || video.bitrate === undefined) return rendition
    return { ...rendition, video: { ...video, codec: planned[index]!.video!.encoding!.chosen.config.codec } }
  })
  return { ...job, renditions }
}

function requireAllChunks(chunks: readonly Chunk[], inputs: readonly StepResult[], named: string): void {
  const there = new Set(inputs.flatMap((input) => (input.kind === 'chunk' ? [input.index] : [])))
  const missing = chunks.filter(({ index }) => !there.has(index)).map(({ index }) => index)
  if (missing.length > 0 || there.size !== chunks.length) {
    throw new InternalError('internal', `${named}: expected ${chunks.length} chunks but received ${there.size}`)
  }
}

async function storeOutput(work: Work, path: string, key: string, target: string): Promise<MadeFile> {
  const { size } = await stat(path)
  await work.storage.take(work.key(key), path, { signal: work.context.signal })
  return { key, target, size }
}
