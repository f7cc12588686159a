/** Who does the jobs of a batch: processes of this machine, or a runner of steps. */
import { rmdir } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import type { BatchError } from './errors.js'
import type { Job } from './job.js'
import { JobProcess } from './job-processes.js'
import { type ProbeResult, probe } from './probe.js'
import type { Progress } from './progress.js'
import type { CompareRequest, PicturePair } from './report/compare.js'
import type { TranscodeResult } from './result.js'
import { prepareTask } from './steps/prepare.js'
import { runTask } from './steps/run-task.js'
import type { Runner } from './steps/runner.js'
import type { Locations } from './storage/locations.js'
import type { S3Options } from './storage/s3.js'

interface LaneOptions {
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
}

/** Does jobs one after the other. */
export interface Lane {
  /** @throws BatchError */
  run(job: Job, options: LaneOptions): Promise<{ probe: ProbeResult; result: TranscodeResult }>
  /** The pictures of a job that is done. @throws BatchError */
  compare(request: CompareRequest, signal: AbortSignal): Promise<readonly PicturePair[]>
  close(): void
}

/** The lanes of a batch. */
export interface Lanes {
  /** How many there are for so many jobs. */
  count(jobs: number): number
  open(): Lane
  /** Does what precedes a job, for no more of them at once than this machine has room for. */
  prepare<T>(work: () => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** How often a process tries a job whose error says that trying again may help. */
const ATTEMPTS = 2
const BYTES_PER_JOB = 1e9

/** Files at once on this machine, where nobody says how many. */
function automaticJobs(): number {
  const processors = availableParallelism()
  const wanted = Math.max(Math.min(2, processors), Math.ceil(processors / 2))
  return Math.max(1, Math.min(wanted, Math.floor(totalmem() / BYTES_PER_JOB)))
}

/** Whole jobs, in processes of their own. */
export class ProcessLanes implements Lanes {
  readonly #atOnce: number
  readonly #s3: S3Options | undefined

  /** @param s3 how stores are reached. Default: as the environment says */
  constructor(jobs: number | 'auto' = 'auto', s3?: S3Options) {
    this.#atOnce = jobs === 'auto' ? automaticJobs() : jobs
    this.#s3 = s3
  }

  count(jobs: number): number {
    return Math.max(1, Math.min(this.#atOnce, jobs))
  }

  open(): Lane {
    const worker = new JobProcess(this.#s3)
    return {
      async run(job, options) {
        for (let attempt = 1; ; attempt++) {
          try {
            return await worker.run(job, options)
          } catch (error) {
            const worthwhile = (error as BatchError).retryable === true && !options.signal.aborted
            if (!worthwhile || attempt >= ATTEMPTS) throw error
          }
        }
      },
      compare: (request, signal) => worker.compare(request, signal),
      close: () => worker.close(),
    }
  }

  prepare<T>(work: () => Promise<T>): Promise<T> {
    return work()
  }

  async close(): Promise<void> {}
}

/** Lets only so many pieces of work begin at once. */
export class Limiter {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(free: number) {
    this.#free = free
  }

  async do<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#free++
    }
  }
}

export interface StepLanesOptions {
  readonly runner: Runner
  /** Address of the folder for what is on its way. */
  readonly work: string
  /** Files at once. */
  readonly jobs?: number | 'auto' | undefined
  readonly locations: Locations
  /** How stores are reached. Default: as the environment says. */
  readonly s3?: S3Options | undefined
}

/** Jobs in steps, which somebody else does: this machine's processes, or workers that share a queue. */
export class StepLanes implements Lanes {
  readonly #options: StepLanesOptions
  /** What this process does itself for each file. */
  readonly #own = new Limiter(automaticJobs())
  readonly #comparers: JobProcess[] = []

  constructor(options: StepLanesOptions) {
    this.#options = options
  }

  count(jobs: number): number {
    const { jobs: wanted = 'auto', runner } = this.#options
    return Math.max(1, Math.min(jobs, wanted === 'auto' ? runner.filesAtOnce : wanted))
  }

  open(): Lane {
    return {
      run: (job, options) => this.#run(job, options),
      compare: (request, signal) => this.#own.do(() => this.#compare(request, signal)),
      close: () => {},
    }
  }

  prepare<T>(work: () => Promise<T>): Promise<T> {
    return this.#own.do(work)
  }

  async close(): Promise<void> {
    for (const comparer of this.#comparers) comparer.close()
    // Nothing is left in it when everything was done; who was interrupted goes on with what is.
    const { storage, prefix } = await this.#options.locations.folder(this.#options.work)
    const folder = storage.localPath(prefix)
    if (folder !== null) await rmdir(folder).catch(() => {})
  }

  async #run(job: Job, options: LaneOptions): ReturnType<Lane['run']> {
    const { runner, work, locations, s3 } = this.#options
    const { probed, task } = await this.#own.do(async () => {
      const probed = await probe(job.input, { s3, signal: options.signal })
      return { probed, task: await prepareTask(job, { locations, work }) }
    })
    return { probe: probed, result: await runTask(runner, task, probed.duration, { ...options, locations }) }
  }

  async #compare(request: CompareRequest, signal: AbortSignal): Promise<readonly PicturePair[]> {
    const comparer = this.#comparers.pop() ?? new JobProcess(this.#options.s3)
    try {
      return await comparer.compare(request, signal)
    } finally {
      this.#comparers.push(comparer)
    }
  }
}
