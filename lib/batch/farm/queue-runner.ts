/** The steps of files on a farm: submits a flow per file, and waits for what comes of it. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Job, Queue, QueueEvents } from 'bullmq'
import type { Redis } from 'ioredis'
import { AbortError, type BatchError, FarmError, messageOf } from '../errors.js'
import type { TranscodeResult } from '../result.js'
import { ProgressSum, type Runner, type RunTaskOptions } from '../steps/runner.js'
import { type FileTask, SPINE, type Step, type StepKind, type StepProgress, stepIdOf, taskIdOf } from '../steps/step.js'
import { type BullMq, loadBullMq } from './packages.js'
import {
  cancelledKey,
  connect,
  DEFAULT_QUEUE,
  errorFromReason,
  failedChildOf,
  KEEP_RESULTS,
  optionsOf,
  type QueueAddress,
} from './queue.js'

export interface QueueRunnerOptions extends QueueAddress {
  /**
   * Milliseconds between two looks at files that nothing was heard of: events can be missed while the server is away.
   * Default 5000.
   */
  pollInterval?: number | undefined
}

/** Milliseconds that closing waits for the server to hear which files were given up. */
const CANCEL_PATIENCE = 300
/** Milliseconds between attempts to remove a file's steps, and for all of them. */
const REMOVE_INTERVAL = 500
const REMOVE_PATIENCE = 300_000

interface Waiting {
  readonly task: FileTask
  readonly options: RunTaskOptions
  readonly progress: ProgressSum
  settle(outcome: { result: TranscodeResult } | { error: BatchError }): void
}

export class QueueRunner implements Runner {
  /** More than most farms work on. */
  readonly filesAtOnce = 64
  readonly #bullmq: BullMq
  readonly #name: string
  readonly #connection: Redis
  readonly #queue: Queue
  readonly #events: QueueEvents
  readonly #waiting = new Map<string, Waiting>()
  readonly #cancelling = new Set<Promise<void>>()
  readonly #poll: NodeJS.Timeout

  private constructor(
    bullmq: BullMq,
    connection: Redis,
    { queue = DEFAULT_QUEUE, pollInterval = 5000 }: QueueRunnerOptions,
  ) {
    this.#bullmq = bullmq
    this.#name = queue
    this.#connection = connection
    this.#queue = new bullmq.Queue(queue, { connection })
    this.#events = new bullmq.QueueEvents(queue, { connection })
    // Without a listener an error would end the process; these pass when the server is back.
    this.#queue.on('error', () => {})
    this.#events.on('error', () => {})
    this.#events.on('completed', ({ jobId, returnvalue }) => this.#completed(jobId, returnvalue))
    this.#events.on('failed', ({ jobId, failedReason }) => void this.#failed(jobId, failedReason).catch(() => {}))
    this.#events.on('progress', ({ jobId, data }) => this.#progress(jobId, data as unknown as StepProgress))
    this.#poll = setInterval(() => void this.#look().catch(() => {}), pollInterval)
  }

  /** @throws FarmError when the server cannot be reached or a package is missing */
  static async connect(options: QueueRunnerOptions): Promise<QueueRunner> {
    const bullmq = await loadBullMq()
    const runner = new QueueRunner(bullmq, await connect(options.redis), options)
    await runner.#events.waitUntilReady()
    return runner
  }

  /** A file that is in the queue already is not submitted again: this waits for it. One that failed begins anew. */
  async run(task: FileTask, options: RunTaskOptions = {}): Promise<TranscodeResult> {
    const { signal } = options
    if (signal?.aborted) throw new AbortError(signal.reason)
    const waiting = this.#waiting.get(task.id)
    if (waiting)
      throw new FarmError('unavailable', `${task.job.input.path}: it is submitted twice with the same settings`)
    const outcome = new Promise<TranscodeResult>((resolve, reject) => {
      const abort = () => {
        const cancelling = this.#cancel(task).catch(() => {})
        this.#cancelling.add(cancelling)
        void cancelling.then(() => this.#cancelling.delete(cancelling))
        settle({ error: new AbortError(signal?.reason) })
      }
      const settle: Waiting['settle'] = (settled) => {
        this.#waiting.delete(task.id)
        signal?.removeEventListener('abort', abort)
        if ('result' in settled) resolve(settled.result)
        else reject(settled.error)
      }
      const progress = new ProgressSum()
      progress.known(SPINE.length)
      this.#waiting.set(task.id, { task, options, progress, settle })
      signal?.addEventListener('abort', abort)
    })
    // It may fail before anybody waits for it.
    outcome.catch(() => {})
    try {
      await this.#submit(task, options)
    } catch (error) {
      const reason = `${task.job.input.path}: it cannot be submitted (${messageOf(error)})`
      const failure = new FarmError('unavailable', reason, { retryable: true, cause: error })
      this.#waiting.get(task.id)?.settle({ error: failure })
    }
    return outcome
  }

  /** How many workers take work from the queue. */
  async workers(): Promise<number> {
    return this.#queue.getWorkersCount()
  }

  /** Leaves the farm; what was submitted, and not given up by its signal, goes on without this submitter. */
  async close(): Promise<void> {
    clearInterval(this.#poll)
    // The server may be away.
    await Promise.race([Promise.all(this.#cancelling), sleep(CANCEL_PATIENCE)])
    for (const { settle } of this.#waiting.values()) settle({ error: new AbortError('the runner was closed') })
    await this.#events.close()
    await this.#queue.close()
    this.#connection.disconnect()
  }

  async #submit(task: FileTask, { again = false, signal }: RunTaskOptions): Promise<void> {
    await this.#connection.del(cancelledKey(this.#name, task.id))
    const root = await this.#root(task.id)
    if (root) {
      const isCompleted = await root.isCompleted()
      if (isCompleted && !again) {
        this.#completed(root.id!, root.returnvalue)
        return
      }
      if (!isCompleted && !(await this.#hasFailed(task.id))) return
      await this.#remove(root, signal)
    }
    const producer = new this.#bullmq.FlowProducer({ connection: this.#connection })
    try {
      // Each step waits for the one after it.
      type Flow = Parameters<typeof producer.add>[0]
      const flow = [...SPINE].reverse().reduce<Flow | null>((child, kind) => {
        const step: Step = { kind, task }
        const node = { name: kind, queueName: this.#name, data: step, opts: optionsOf(step) }
        return (child ? { ...node, children: [child] } : node) as Flow
      }, null)
      await producer.add(flow!)
    } finally {
      await producer.close()
    }
  }

  /** Removes a file's steps, once those are over that are still at work for whoever gave it up. */
  async #remove(root: Job, signal: AbortSignal | undefined): Promise<void> {
    for (const began = performance.now(); ; ) {
      try {
        await root.remove({ removeChildren: true })
        return
      } catch (error) {
        if (signal?.aborted || performance.now() - began > REMOVE_PATIENCE) throw error
      }
      await sleep(REMOVE_INTERVAL)
    }
  }

  async #root(taskId: string): Promise<Job | undefined> {
    return this.#bullmq.Job.fromId(this.#queue, stepIdOf(taskId, 'publish'))
  }

  /** Has workers drop the file: the steps that are at work end, nothing comes of them, and the others do not begin. */
  async #cancel(task: FileTask): Promise<void> {
    await this.#connection.set(cancelledKey(this.#name, task.id), '1', 'EX', KEEP_RESULTS)
  }

  /** Whether a step has failed; those that wait for it hear of it only when there is a worker to tell them. */
  async #hasFailed(taskId: string): Promise<boolean> {
    for (const kind of SPINE) {
      const job = await this.#bullmq.Job.fromId(this.#queue, stepIdOf(taskId, kind))
      if (!job) continue
      if (await job.isFailed()) return true
      const { failed = 0 } = await job.getDependenciesCount({ failed: true })
      if (failed > 0) return true
    }
    return false
  }

  #completed(jobId: string, returned: unknown): void {
    const waiting = this.#waiting.get(taskIdOf(jobId))
    if (!waiting) return
    const result = (typeof returned === 'string' ? JSON.parse(returned) : returned) as {
      kind: StepKind
      additions?: unknown[]
      frames?: number
      result?: TranscodeResult
    }
    if (result.kind === 'publish') {
      waiting.settle({ result: result.result! })
      return
    }
    waiting.progress.known(result.additions?.length ?? 0)
    waiting.progress.done(jobId, result.kind === 'chunk' ? result.frames : 0)
    waiting.options.onProgress?.(waiting.progress.sum)
  }

  #progress(jobId: string, progress: StepProgress): void {
    const waiting = this.#waiting.get(taskIdOf(jobId))
    if (!waiting || typeof progress?.frames !== 'number') return
    waiting.progress.update(jobId, jobId.split('-')[1] as StepKind, progress)
    waiting.options.onProgress?.(waiting.progress.sum)
  }

  /** A file has failed when any of its steps has; the reason is that of the first that did. */
  async #failed(jobId: string, reason: string): Promise<void> {
    const waiting = this.#waiting.get(taskIdOf(jobId))
    if (!waiting) return
    let text = reason
    for (let child = failedChildOf(text); child; child = failedChildOf(text)) {
      const job = await this.#bullmq.Job.fromId(this.#queue, child)
      if (!job?.failedReason) break
      text = job.failedReason
    }
    waiting.settle({ error: errorFromReason(text) })
  }

  async #look(): Promise<void> {
    for (const { task } of [...this.#waiting.values()]) {
      const root = await this.#root(task.id)
      const state = await root?.getState()
      if (state === 'completed') this.#completed(root!.id!, root!.returnvalue)
      else if (state === 'failed') await this.#failed(root!.id!, root!.failedReason)
    }
  }
}
