/** Many sources, each on its own. */
import { version } from '../version.js'
import { AbortError, BatchError, InputError, InternalError, JobError, messageOf } from './errors.js'
import { removeLeftovers } from './file-writer.js'
import { type FoundFile, findFiles } from './glob.js'
import { type IdentifyOptions, identify, type SourceIdentity } from './identity.js'
import type { Job } from './job.js'
import { foldersOf, type JobTemplate, jobFor, jobKey, requireOwnOutputs } from './job-template.js'
import { type DoneRecord, Journal } from './journal.js'
import { type Lane, type Lanes, Limiter, ProcessLanes, StepLanes } from './lanes.js'
import { arePresent, copyOutputs, isThere } from './made-files.js'
import type { Progress } from './progress.js'
import type { ReportedJob } from './report/report.js'
import { Reporting } from './report/reporting.js'
import type { Runner } from './steps/runner.js'
import { isAddress, isBelow, isInStore, joinAddress, resolveAddress } from './storage/addresses.js'
import { Locations } from './storage/locations.js'
import type { S3Options } from './storage/s3.js'

export interface BatchOptions {
  /** Paths, addresses of objects in a store ("s3://bucket/key"), and patterns of both with *, **, ?, [] and {}. */
  inputs: readonly string[]
  /** The folder for the outputs, of this machine or "s3://bucket/folder", which lie in it as the sources do below the beginning of their pattern. */
  out: string
  /** What to make of each. */
  template: JobTemplate
  /**
   * How many at once; "auto": half as many as there are processors, at least two where there are two. With a `runner`, how
   * many files are with it at once; "auto": as many as the runner says.
   */
  jobs?: number | 'auto'
  /**
   * Who does the work: a LocalRunner or QueueRunner of webcodecs-native/farm, which stays whoever called's to close. Default:
   * processes of this machine, each of which does whole jobs.
   */
  runner?: Runner
  /**
   * With a `runner`, the address of the folder for what is on its way, which all its workers must reach. Default:
   * .webcodecs-batch.work in `out`.
   */
  work?: string
  /** Address of the journal: a file, or in a store a folder of its own. Default: .webcodecs-batch.jsonl in `out`. */
  journal?: string
  /**
   * Address of the page that shows every job, written in the end, also of an interrupted batch; false for none. Default:
   * report.html in `out`.
   */
  report?: string | false
  /** How the stores of "s3://" addresses are reached; not by a `runner`, which has its own. Default: as the environment says. */
  s3?: S3Options
  signal?: AbortSignal
  onEvent?: (event: BatchEvent) => void
}

export type BatchEvent =
  | { type: 'begin'; total: number }
  | { type: 'start'; input: string; index: number }
  | { type: 'progress'; input: string; index: number; progress: Progress }
  | { type: 'done'; input: string; index: number; record: DoneRecord }
  /** Finished before: nothing was to be done. */
  | { type: 'skipped'; input: string; index: number; record: DoneRecord }
  | { type: 'failed'; input: string; index: number; error: BatchError }
  /** The page is written. */
  | { type: 'report'; path: string }

export interface BatchResult {
  total: number
  done: number
  skipped: number
  failed: { input: string; error: BatchError }[]
  /** Every source of this batch, in order, and those that the journal knows of besides: what the report shows. */
  jobs: ReportedJob[]
  journal: string
  /** Path of the page; null for none. */
  report: string | null
}

/**
 * Makes the outputs of many sources, in processes of their own, or by a runner of steps. A source that fails, fails alone.
 * What the journal says was finished, by content and settings, is left as it is.
 * @throws JobError for a template that is not valid or sources that share an output; OutputError and StorageError for the
 *   journal and the report; AbortError
 */
export async function runBatch(options: BatchOptions): Promise<BatchResult> {
  const { out } = options
  const strange = [out, ...options.inputs].find((address) => isAddress(address) && !isInStore(address))
  if (strange !== undefined) {
    throw new JobError(`expected paths, or addresses such as s3://bucket/key, for a batch but received "${strange}"`)
  }
  const locations = new Locations(options.s3)
  try {
    return await runIn(locations, { ...options, signal: options.signal ?? new AbortController().signal })
  } finally {
    await locations.close()
  }
}

async function runIn(locations: Locations, options: BatchOptions & { signal: AbortSignal }): Promise<BatchResult> {
  const { template, jobs: atOnce, runner, signal, s3 } = options
  const { journal: path = joinAddress(options.out, '.webcodecs-batch.jsonl') } = options
  const { report = joinAddress(options.out, 'report.html') } = options
  // Other machines know other working folders.
  const out = runner ? resolveAddress(options.out) : options.out
  const work = resolveAddress(options.work ?? joinAddress(out, '.webcodecs-batch.work'))
  const found = await collect(options.inputs, out, locations)
  const files = runner ? found.map((file) => ({ ...file, path: resolveAddress(file.path) })) : found
  const jobs = files.map((file) => jobFor(template, file, out))
  requireOwnOutputs(jobs)
  const reporting = report === false ? null : await Reporting.begin(report, path, jobs, locations)
  const journal = await Journal.open(path, locations, signal)
  const lanes = runner ? new StepLanes({ runner, work, jobs: atOnce, locations, s3 }) : new ProcessLanes(atOnce, s3)
  const { onEvent = () => {} } = options
  const batch = new Batch({ template, onEvent, signal, journal, reporting, lanes, locations }, jobs)
  try {
    await batch.run()
  } finally {
    await lanes.close()
    await journal.close()
  }
  if (signal.aborted) throw new AbortError(signal.reason)
  return batch.result
}

interface BatchContext {
  readonly template: JobTemplate
  readonly lanes: Lanes
  readonly signal: AbortSignal
  readonly onEvent: (event: BatchEvent) => void
  readonly journal: Journal
  readonly reporting: Reporting | null
  readonly locations: Locations
}

/** Sources of earlier batches whose outputs are looked for at the same time. */
const LOOKS_AT_ONCE = 16

class Batch {
  readonly #context: BatchContext
  readonly #jobs: readonly Job[]
  readonly #outcomes: ReportedJob[]
  #next = 0
  readonly result: BatchResult

  constructor(context: BatchContext, jobs: readonly Job[]) {
    this.#context = context
    this.#jobs = jobs
    this.#outcomes = jobs.map((job) => ({ input: job.input.path, status: 'unfinished', job }))
    const { journal, reporting } = context
    const counts = { total: jobs.length, done: 0, skipped: 0, failed: [] }
    this.result = { ...counts, jobs: this.#outcomes, journal: journal.path, report: reporting?.path ?? null }
  }

  async run(): Promise<void> {
    const { journal, signal, onEvent } = this.#context
    const total = this.#jobs.length
    for (const folder of new Set(this.#jobs.flatMap(foldersOf))) if (!isInStore(folder)) await removeLeftovers(folder)
    const earlier = await this.#earlier()
    await journal.append({ type: 'batch', time: Date.now(), version, inputs: total })
    onEvent({ type: 'begin', total })
    const work = Promise.all(Array.from({ length: this.#context.lanes.count(total) }, () => this.#work()))
    // Whoever interrupts a batch waits for the page no longer than for the rest.
    const interrupted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    try {
      await Promise.race([work, interrupted])
    } finally {
      this.#outcomes.push(...earlier)
      // The page may take longer than whoever interrupts a batch waits: the lock must not stay.
      const ended = signal.aborted ? work.finally(() => journal.close()) : work
      await Promise.all([ended, this.#report()])
    }
  }

  async #report(): Promise<void> {
    const { reporting, signal, onEvent } = this.#context
    if (!reporting) return
    for (const [index, outcome] of this.#outcomes.entries()) {
      if (index < this.#jobs.length || !outcome.record) continue
      this.#outcomes[index] = { ...outcome, comparison: await reporting.recall(outcome.record) }
    }
    await reporting.write(this.#outcomes, { interrupted: signal.aborted })
    onEvent({ type: 'report', path: reporting.path })
  }

  /** What the journal tells of other sources, and is still there. */
  async #earlier(): Promise<ReportedJob[]> {
    const { journal, locations } = this.#context
    const own = new Set(this.#jobs.map(({ input }) => resolveAddress(input.path)))
    const others = [...journal.latest()].filter(({ input }) => !own.has(resolveAddress(input)))
    const limiter = new Limiter(LOOKS_AT_ONCE)
    const look = async (record: (typeof others)[number]): Promise<ReportedJob[]> => {
      const { input } = record
      if (record.type === 'failed') return [{ input, status: 'failed', error: record.error }]
      // A store that cannot be reached any more is no reason to do nothing.
      const present = await arePresent(record.result.outputs, locations).catch(() => false)
      return present ? [{ input, status: 'before', record, job: record.job }] : []
    }
    return (await Promise.all(others.map((record) => limiter.do(() => look(record))))).flat()
  }

  async #work(): Promise<void> {
    const worker = this.#context.lanes.open()
    try {
      for (let index = this.#next++; index < this.#jobs.length; index = this.#next++) {
        if (this.#context.signal.aborted) return
        await this.#settle(index, worker)
      }
    } finally {
      worker.close()
    }
  }

  async #settle(index: number, worker: Lane): Promise<void> {
    const { signal, onEvent, reporting } = this.#context
    const job = this.#jobs[index]!
    const outcome = await new JobRun({ ...this.#context, worker, job, index }).settle()
    if (!outcome) return
    this.#outcomes[index] = outcome
    const { input } = outcome
    if (outcome.status === 'failed') {
      const { error } = outcome
      this.result.failed.push({ input, error })
      onEvent({ type: 'failed', input, index, error })
      return
    }
    const { record } = outcome
    const type = outcome.status === 'before' ? 'skipped' : 'done'
    this.result[type]++
    onEvent({ type, input, index, record })
    const comparison = await reporting?.compare(record, (request) => worker.compare(request, signal), signal)
    this.#outcomes[index] = { ...outcome, comparison }
    reporting?.show(this.#outcomes[index]!, index)
  }
}

/** The sources, each once, without what lies in the folder for the outputs. */
async function collect(patterns: readonly string[], out: string, locations: Locations): Promise<FoundFile[]> {
  const found = new Map<string, FoundFile>()
  for (const pattern of patterns) {
    for (const file of await findFiles(pattern, locations)) {
      if (!isBelow(file.path, out)) found.set(resolveAddress(file.path), file)
    }
  }
  if (found.size === 0) throw new InputError('not-found', `there is no file for ${patterns.join(' ')}`)
  return [...found.values()]
}

type Outcome = ReportedJob &
  ({ status: 'done' | 'before'; record: DoneRecord } | { status: 'failed'; error: BatchError })

interface JobContext extends BatchContext {
  readonly worker: Lane
  readonly job: Job
  readonly index: number
}

class JobRun {
  readonly #context: JobContext

  constructor(context: JobContext) {
    this.#context = context
  }

  /**
   * Does the job, whatever comes of it; null when the batch is interrupted meanwhile. Only what befalls the whole batch is
   * thrown.
   */
  async settle(): Promise<Outcome | null> {
    const { journal, template, job, index, signal, onEvent, lanes, locations } = this.#context
    const input = job.input.path
    let key = ''
    try {
      const known: IdentifyOptions['known'] = (address, tag) => journal.hashOf(address, tag)
      const identity = await lanes.prepare(() => identify(input, { locations, known, signal }))
      key = jobKey(template, identity.inputHash)
      const earlier = journal.done(key)
      const record = await this.#there(earlier)
      if (record) return { input, status: 'before', record, job }
      await journal.append({ type: 'start', time: Date.now(), key, input, ...identity })
      onEvent({ type: 'start', input, index })
      const made = (await this.#copied(earlier, identity)) ?? (await this.#transcode(key, identity))
      await journal.append(made)
      return { input, status: 'done', record: made, job }
    } catch (error) {
      if (signal.aborted) return null
      const failure = error instanceof BatchError ? error : new InternalError('internal', messageOf(error))
      await journal.append({ type: 'failed', time: Date.now(), key, input, error: failure.toJSON() })
      return { input, status: 'failed', error: failure, job }
    }
  }

  /** The record whose outputs are where this job wants them. */
  async #there(earlier: readonly DoneRecord[]): Promise<DoneRecord | null> {
    const { job, locations } = this.#context
    for (const record of earlier) if (await isThere(record, job, locations)) return record
    return null
  }

  async #copied(earlier: readonly DoneRecord[], identity: SourceIdentity): Promise<DoneRecord | null> {
    const { job, locations, signal } = this.#context
    for (const record of earlier) {
      const copied = await copyOutputs(record, job, { locations, signal })
      if (copied) return { ...copied, inputTag: undefined, ...identity }
    }
    return null
  }

  async #transcode(key: string, identity: SourceIdentity): Promise<DoneRecord> {
    const { worker, job, index, signal, onEvent } = this.#context
    const input = job.input.path
    const onProgress = (progress: Progress) => onEvent({ type: 'progress', input, index, progress })
    const { probe, result } = await worker.run(job, { signal, onProgress })
    return { type: 'done', time: Date.now(), key, input, ...identity, job, probe, result, copied: false }
  }
}
