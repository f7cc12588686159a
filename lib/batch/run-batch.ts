/** Many sources, each on its own. */
import { copyFile, mkdir } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { version } from '../version.js'
import { AbortError, BatchError, InputError, InternalError, JobError, messageOf } from './errors.js'
import { prepareOutput, removeLeftovers } from './file-writer.js'
import { type FoundFile, findFiles } from './glob.js'
import type { Job } from './job.js'
import { foldersOf, hashFile, type JobTemplate, jobFor, jobKey, outputsOf, requireOwnOutputs } from './job-template.js'
import { type DoneRecord, Journal } from './journal.js'
import { type Lane, type Lanes, ProcessLanes, StepLanes } from './lanes.js'
import { isAddress } from './libavformat-source.js'
import { arePresent } from './made-files.js'
import type { Progress } from './progress.js'
import type { ReportedJob } from './report/report.js'
import { Reporting } from './report/reporting.js'
import type { OutputResult } from './result.js'
import type { Runner } from './steps/runner.js'

export interface BatchOptions {
  /** Paths, and patterns with *, **, ?, [] and {}. */
  inputs: readonly string[]
  /** The folder for the outputs, which lie in it as the sources do below the beginning of their pattern. */
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
  /** Default: .webcodecs-batch.jsonl in `out`. */
  journal?: string
  /**
   * Path of the page that shows every job, written in the end, also of an interrupted batch; false for none. Default:
   * report.html in `out`.
   */
  report?: string | false
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
 * @throws JobError for a template that is not valid or sources that share an output; OutputError for the journal and the
 *   report; AbortError
 */
export async function runBatch(options: BatchOptions): Promise<BatchResult> {
  const { template, jobs: atOnce, runner, signal = new AbortController().signal } = options
  const address = [options.out, ...options.inputs].find((path) => isAddress(path))
  if (address) throw new JobError(`expected files and a folder of this machine for a batch but received "${address}"`)
  // Other machines know other working folders.
  const out = runner ? resolve(options.out) : options.out
  const { report = join(options.out, 'report.html'), work = join(out, '.webcodecs-batch.work') } = options
  const workAddress = isAddress(work) ? work : resolve(work)
  const found = await collect(options.inputs, out)
  const files = runner ? found.map((file) => ({ ...file, path: resolve(file.path) })) : found
  const jobs = files.map((file) => jobFor(template, file, out))
  requireOwnOutputs(jobs)
  await mkdir(out, { recursive: true })
  const path = options.journal ?? join(options.out, '.webcodecs-batch.jsonl')
  const reporting = report === false ? null : await Reporting.begin(report, path, jobs)
  const journal = await Journal.open(path)
  const lanes = runner ? new StepLanes({ runner, work: workAddress, jobs: atOnce }) : new ProcessLanes(atOnce)
  const batch = new Batch({ template, onEvent: options.onEvent ?? (() => {}), signal, journal, reporting, lanes }, jobs)
  try {
    await batch.run()
  } finally {
    await lanes.close()
    await reporting?.discard()
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
}

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
    for (const folder of new Set(this.#jobs.flatMap(foldersOf))) await removeLeftovers(folder)
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
      await Promise.all([work, this.#report()])
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
    const own = new Set(this.#jobs.map(({ input }) => resolve(input.path)))
    const found: ReportedJob[] = []
    for (const record of this.#context.journal.latest()) {
      const { input } = record
      if (own.has(resolve(input))) continue
      if (record.type === 'failed') found.push({ input, status: 'failed', error: record.error })
      else if (await arePresent(record.result.outputs)) {
        found.push({ input, status: 'before', record, job: record.job })
      }
    }
    return found
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
async function collect(patterns: readonly string[], out: string): Promise<FoundFile[]> {
  const found = new Map<string, FoundFile>()
  for (const pattern of patterns) {
    const files = await findFiles(pattern)
    for (const file of files) {
      const path = resolve(file.path)
      if (!path.startsWith(resolve(out) + sep)) found.set(path, file)
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
    const { journal, template, job, index, signal, onEvent } = this.#context
    const input = job.input.path
    let key = ''
    try {
      const inputHash = await this.#context.lanes.prepare(() => hashFile(input, signal))
      key = jobKey(template, inputHash)
      const before = journal.done(key)
      if (before && (await isThere(before, job))) return { input, status: 'before', record: before, job }
      await journal.append({ type: 'start', time: Date.now(), key, input })
      onEvent({ type: 'start', input, index })
      const copied = before ? await copyOutputs(before, job) : null
      const record = copied ?? (await this.#transcode(key, inputHash))
      await journal.append(record)
      return { input, status: 'done', record, job }
    } catch (error) {
      if (signal.aborted) return null
      const failure = error instanceof BatchError ? error : new InternalError('internal', messageOf(error))
      await journal.append({ type: 'failed', time: Date.now(), key, input, error: failure.toJSON() })
      return { input, status: 'failed', error: failure, job }
    }
  }

  async #transcode(key: string, inputHash: string): Promise<DoneRecord> {
    const { worker, job, index, signal, onEvent } = this.#context
    const input = job.input.path
    const onProgress = (progress: Progress) => onEvent({ type: 'progress', input, index, progress })
    const { probe, result } = await worker.run(job, { signal, onProgress })
    return { type: 'done', time: Date.now(), key, input, inputHash, job, probe, result, copied: false }
  }
}

/** Whether the outputs of a job that was finished are where this one wants them. */
async function isThere({ result }: DoneRecord, job: Job): Promise<boolean> {
  const wanted = new Set(outputsOf(job).map((path) => resolve(path)))
  const isWanted = ({ path }: OutputResult) => wanted.has(resolve(path))
  return result.outputs.length === wanted.size && result.outputs.every(isWanted) && arePresent(result.outputs)
}

/**
 * The outputs of the same content under other names, as copies of those that are there. Null where there is more than
 * single files, or something of them is gone.
 */
async function copyOutputs(before: DoneRecord, job: Job): Promise<DoneRecord | null> {
  const { outputs } = before.result
  const targets = outputsOf(job)
  if (outputs.length !== targets.length || job.hls || job.thumbnails || !(await arePresent(outputs))) return null
  const copies: DoneRecord['result']['outputs'] = []
  for (const [index, output] of outputs.entries()) {
    const path = targets[index]!
    await mkdir(dirname(path), { recursive: true })
    const pending = await prepareOutput(path, job.input.path)
    await copyFile(output.path, pending.temporaryPath)
    await pending.commit()
    copies.push({ ...output, path, files: [path] })
  }
  const result = { ...before.result, outputs: copies }
  return { ...before, time: Date.now(), input: job.input.path, job, result, copied: true }
}
