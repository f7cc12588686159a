/** A worker of a farm: takes steps from the queue and has them done by processes of its own. */
import { hostname } from 'node:os'
import type { Job, Queue, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import { AbortError, type BatchError } from '../errors.js'
import { currentBuild, requireBuild } from '../steps/build.js'
import { asBatchError } from '../steps/runner.js'
import { type Addition, SPINE, type Step, type StepProgress, type StepResult, stepIdOf } from '../steps/step.js'
import { StepPool, type StepPoolOptions } from '../steps/step-pool.js'
import { type BullMq, loadBullMq } from './packages.js'
import { cancelledKey, connect, DEFAULT_QUEUE, optionsOf, type QueueAddress, qualifiedName, reasonOf } from './queue.js'

export interface WorkerOptions extends QueueAddress, StepPoolOptions {
  /**
   * Milliseconds after which a step whose worker is not heard of goes to another. Renewed at half of it. Default 30,000.
   */
  lockDuration?: number | undefined
  /** Milliseconds between two reports of a step's progress. Default 1000. */
  progressInterval?: number | undefined
  /** Called when a step begins, is done, or fails. */
  onStep?: ((event: WorkerEvent) => void) | undefined
}

export interface WorkerEvent {
  readonly event: 'begin' | 'done' | 'failed'
  readonly step: Step
  /** Of failures. */
  readonly error?: BatchError
}

/** How often a step may be lost with its worker before it is given up: it may be what ends the workers. */
const MAX_STALLED = 3

export class FarmWorker {
  readonly pool: StepPool
  readonly #bullmq: BullMq
  readonly #options: WorkerOptions
  readonly #name: string
  readonly #connection: Redis
  readonly #queue: Queue
  readonly #worker: Worker
  readonly #stop = new AbortController()
  /** Resolves when the worker has ended by itself, with the reason. */
  readonly ended: Promise<BatchError>
  #end: (reason: BatchError) => void = () => {}

  private constructor(bullmq: BullMq, connection: Redis, options: WorkerOptions) {
    const { queue = DEFAULT_QUEUE, lockDuration = 30_000 } = options
    this.#bullmq = bullmq
    this.#options = options
    this.#name = queue
    this.#connection = connection
    this.pool = new StepPool(options)
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
    this.#queue = new bullmq.Queue(queue, { connection })
    this.#worker = new bullmq.Worker(queue, (job, token) => this.#process(job, token), {
      connection,
      name: `${hostname()}-${process.pid}`,
      concurrency: this.pool.concurrency,
      lockDuration,
      stalledInterval: lockDuration,
      maxStalledCount: MAX_STALLED,
    })
    // Without a listener an error would end the process; these pass when the server is back.
    this.#worker.on('error', () => {})
    this.#queue.on('error', () => {})
  }

  /** Begins to take steps. @throws FarmError when the server cannot be reached or a package is missing */
  static async start(options: WorkerOptions): Promise<FarmWorker> {
    const bullmq = await loadBullMq()
    const connection = await connect(options.redis)
    const worker = new FarmWorker(bullmq, connection, options)
    await worker.#worker.waitUntilReady()
    return worker
  }

  /** Takes no more steps, finishes those at work (or gives them back to the queue with `now`), and ends. */
  async close({ now = false } = {}): Promise<void> {
    if (now) this.#stop.abort()
    await this.#worker.close()
    await this.pool.close()
    await this.#queue.close()
    this.#connection.disconnect()
  }

  async #process(job: Job<Step>, token: string | undefined): Promise<StepResult> {
    const step = job.data
    const tell = (event: WorkerEvent['event'], error?: BatchError) =>
      this.#options.onStep?.({ event, step, ...(error ? { error } : {}) })
    try {
      requireBuild(step.task.build, currentBuild())
      await this.#requireWanted(step)
      tell('begin')
      const inputs = Object.values(await job.getChildrenValues<StepResult>())
      const onProgress = this.#reporter(job)
      const result = await this.pool.perform(step, { inputs, signal: this.#stop.signal, onProgress })
      if ('additions' in result) await this.#add(result.additions, job)
      tell('done')
      return result
    } catch (error) {
      if (this.#stop.signal.aborted) {
        await job.moveToWait(token)
        throw new this.#bullmq.WaitingError()
      }
      const known = asBatchError(error)
      tell('failed', known)
      // It would refuse all others too: they are for workers of the right build.
      if (known.code === 'different-build') this.#end(known)
      const reason = reasonOf(known.toJSON())
      if (known.retryable && known.code !== 'aborted') throw new Error(reason, { cause: error })
      throw new this.#bullmq.UnrecoverableError(reason)
    }
  }

  async #requireWanted({ task }: Step): Promise<void> {
    if (await this.#connection.exists(cancelledKey(this.#name, task.id)))
      throw new AbortError('the submitter gave it up')
  }

  #reporter(job: Job): (progress: StepProgress) => void {
    const { progressInterval = 1000 } = this.#options
    let last = 0
    return (progress) => {
      const now = performance.now()
      if (now - last < progressInterval) return
      last = now
      job.updateProgress({ ...progress }).catch(() => {})
    }
  }

  /** Registers steps with those that wait for them, before the step that asks for them is done. */
  async #add(additions: readonly Addition[], { data }: Job<Step>): Promise<void> {
    const taskId = data.task.id
    const isSpine = (kind: string) => (SPINE as readonly string[]).includes(kind)
    const parentOf = (kind: Addition['parent']) => ({
      id: stepIdOf(taskId, kind),
      queue: qualifiedName(this.#name),
    })
    const job = (step: Step) => ({ name: step.kind, data: step, opts: optionsOf(step) })
    const under = (kind: string) => additions.filter(({ parent }) => parent === kind)
    const direct = additions.filter(({ parent, step }) => isSpine(parent) && under(step.kind).length === 0)
    if (direct.length > 0) {
      await this.#queue.addBulk(
        direct.map(({ step, parent }) => {
          const { name, data: stepData, opts } = job(step)
          return { name, data: stepData, opts: { ...opts, parent: parentOf(parent) } }
        }),
      )
    }
    const flows = additions.filter(({ parent, step }) => isSpine(parent) && under(step.kind).length > 0)
    if (flows.length === 0) return
    const producer = new this.#bullmq.FlowProducer({ connection: this.#connection })
    try {
      for (const { step, parent } of flows) {
        const { name, data: stepData, opts } = job(step)
        const children = under(step.kind).map((addition) => ({ ...job(addition.step), queueName: this.#name }))
        const options = { ...opts, parent: parentOf(parent) }
        await producer.add({ name, data: stepData, queueName: this.#name, opts: options, children })
      }
    } finally {
      await producer.close()
    }
  }
}
