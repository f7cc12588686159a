/** Many sources, each on its own. */
import { copyFile, mkdir, stat } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { dirname, join, resolve, sep } from 'node:path'
import { version } from '../version.js'
import { AbortError, BatchError, InputError, InternalError, messageOf } from './errors.js'
import { prepareOutput, removeLeftovers } from './file-writer.js'
import { type FoundFile, findFiles } from './glob.js'
import type { Job } from './job.js'
import { JobProcess } from './job-processes.js'
import { foldersOf, hashFile, type JobTemplate, jobFor, jobKey, outputsOf, requireOwnOutputs } from './job-template.js'
import { type DoneRecord, Journal } from './journal.js'
import type { Progress } from './progress.js'
import type { ReportedJob } from './report/report.js'
import { Reporting } from './report/reporting.js'

export interface BatchOptions {
  /** Paths, and patterns with *, **, ?, [] and {}. */
  inputs: readonly string[]
  /** The folder for the outputs, which lie in it as the sources do below the beginning of their pattern. */
  out: string
  /** What to make of each. */
  template: JobTemplate
  /** How many at once; "auto": half as many as there are processors, at least two where there are two. */
  jobs?: number | 'auto'
  /** Default: .webcodecs-batch.jsonl in `out`. */
  journal?: string
  /** Path of the page that shows every job, written in the end, also of an interrupted batch; false for none. Default: report.html in `out`. */
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

/** How often a job is tried whose error says that trying again may help. */
const ATTEMPTS = 2
const BYTES_PER_JOB = 1e9

export function jobsAtOnce(jobs: BatchOptions['jobs'], total: number): number {
  if (typeof jobs === 'number') return Math.max(1, Math.min(jobs, total))
  const processors = availableParallelism()
  const wanted = Math.max(Math.min(2, processors), Math.ceil(processors / 2))
  return Math.max(1, Math.min(wanted, total, Math.floor(totalmem() / BYTES_PER_JOB)))
}

/**
 * Makes the outputs of many sources, in processes of their own. A source that fails, fails alone. What the journal says
 * was finished, by content and settings, is left as it is.
 * @throws JobError for a template that is not valid or sources that share an output; OutputError for the journal and the
 *   report; AbortError
 */
export async function runBatch(options: BatchOptions): Promise<BatchResult> {
  const { template, out, report = join(out, 'report.html'), signal = new AbortController().signal } = options
  const files = await collect(options.inputs, out)
  const jobs = files.map((file) => jobFor(template, file, out))
  requireOwnOutputs(jobs)
  await mkdir(out, { recursive: true })
  const path = options.journal ?? join(out, '.webcodecs-batch.jsonl')
  const reporting = report === false ? null : await Reporting.begin(report, path, jobs)
  const journal = await Journal.open(path)
  const batch = new Batch({ ...options, onEvent: options.onEvent ?? (() => {}), signal, journal, reporting }, jobs)
  try {
    await batch.run()
  } finally {
    await reporting?.discard()
    await journal.close()
  }
  if (signal.aborted) throw new AbortError(signal.reason)
  return batch.result
}

interface BatchContext {
  readonly template: JobTemplate
  readonly jobs?: number | 'auto'
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
    const work = Promise.all(Array.from({ length: jobsAtOnce(this.#context.jobs, total) }, () => this.#work()))
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
    const worker = new JobProcess()
    try {
      for (let index = this.#next++; index < this.#jobs.length; index = this.#next++) {
        if (this.#context.signal.aborted) return
        await this.#settle(index, worker)
      }
    } finally {
      worker.close()
    }
  }

  async #settle(index: number, worker: JobProcess): Promise<void> {
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
  readonly worker: JobProcess
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
      const inputHash = await hashFile(input, signal)
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
    for (let attempt = 1; ; attempt++) {
      try {
        const { probe, result } = await worker.run(job, { signal, onProgress })
        return { type: 'done', time: Date.now(), key, input, inputHash, job, probe, result, copied: false }
      } catch (error) {
        const worthwhile = error instanceof BatchError && error.retryable && !signal.aborted
        if (!worthwhile || attempt >= ATTEMPTS) throw error
      }
    }
  }
}

const hasSize = async (path: string, bytes: number): Promise<boolean> =>
  (await stat(path).catch(() => null))?.size === bytes

/** Whether the outputs of a job that was finished are where this one wants them. */
async function isThere({ result }: DoneRecord, job: Job): Promise<boolean> {
  const wanted = new Set(outputsOf(job))
  if (result.outputs.length !== wanted.size || !result.outputs.every(({ path }) => wanted.has(path))) return false
  return arePresent(result.outputs)
}

async function arePresent(outputs: DoneRecord['result']['outputs']): Promise<boolean> {
  for (const { path, files, bytes } of outputs) {
    const sizes = await Promise.all(files.map(async (file) => (await stat(file).catch(() => null))?.size ?? -1))
    const whole = sizes.every((size) => size >= 0) && sizes.reduce((sum, size) => sum + size, 0) === bytes
    if (!whole && !(files.length === 1 && (await hasSize(path, bytes)))) return false
  }
  return true
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
