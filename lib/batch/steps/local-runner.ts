/** The steps of files on this machine alone, without any server: the same steps that a farm does. */
import { AbortError, type BatchError } from '../errors.js'
import type { TranscodeResult } from '../result.js'
import { retrying } from '../retrying.js'
import { asBatchError, ProgressSum, type Runner, type RunTaskOptions } from './runner.js'
import { type FileTask, PRIORITIES, SPINE, type Step, type StepKind, type StepResult, stepId } from './step.js'
import { StepPool, type StepPoolOptions } from './step-pool.js'

/** A step, what it waits for and who waits for it. */
interface Node {
  readonly step: Step
  readonly parent: Node | null
  readonly file: FileRun
  /** Steps that it still waits for. */
  waiting: number
  readonly inputs: StepResult[]
}

interface FileRun {
  readonly task: FileTask
  readonly options: RunTaskOptions
  readonly progress: ProgressSum
  readonly byKind: Map<StepKind, Node>
  /** Ends the steps that are at work when one has failed. */
  readonly failed: AbortController
  finish(result: TranscodeResult): void
  fail(error: BatchError): void
}

export class LocalRunner implements Runner {
  readonly pool: StepPool
  readonly #ready: Node[] = []
  #running = 0
  #closed = false

  constructor(options: StepPoolOptions = {}) {
    this.pool = new StepPool(options)
  }

  /** One is cut while the steps of others are at work. */
  get filesAtOnce(): number {
    return this.pool.concurrency + 1
  }

  run(task: FileTask, options: RunTaskOptions = {}): Promise<TranscodeResult> {
    return new Promise((resolve, reject) => {
      const failed = new AbortController()
      const { signal } = options
      const abort = () => file.fail(new AbortError(signal?.reason))
      const end = () => signal?.removeEventListener('abort', abort)
      const file: FileRun = {
        task,
        options,
        progress: new ProgressSum(),
        byKind: new Map(),
        failed,
        finish(result) {
          end()
          resolve(result)
        },
        fail(error) {
          end()
          failed.abort()
          reject(error)
        },
      }
      if (this.#closed || signal?.aborted) return file.fail(new AbortError(signal?.reason))
      signal?.addEventListener('abort', abort)
      let parent: Node | null = null
      for (const kind of SPINE) parent = this.#add(file, { kind, task }, parent)
      this.#enqueue(parent!)
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const { file } of this.#ready.splice(0)) file.fail(new AbortError())
    await this.pool.close()
  }

  #add(file: FileRun, step: Step, parent: Node | null): Node {
    const node: Node = { step, parent, file, waiting: 0, inputs: [] }
    if (parent) parent.waiting++
    file.byKind.set(step.kind, node)
    file.progress.known(1)
    return node
  }

  #enqueue(node: Node): void {
    const after = this.#ready.findIndex(({ step }) => PRIORITIES[step.kind] > PRIORITIES[node.step.kind])
    this.#ready.splice(after < 0 ? this.#ready.length : after, 0, node)
    this.#startReady()
  }

  #startReady(): void {
    while (this.#running < this.pool.concurrency) {
      const node = this.#ready.shift()
      if (!node) return
      if (node.file.failed.signal.aborted) continue
      this.#running++
      void this.#perform(node).finally(() => {
        this.#running--
        this.#startReady()
      })
    }
  }

  async #perform(node: Node): Promise<void> {
    const { step, file, inputs } = node
    const id = stepId(step)
    const report = () => file.options.onProgress?.(file.progress.sum)
    try {
      const result = await this.#attempt(step, inputs, file, (progress) => {
        file.progress.update(id, step.kind, progress)
        report()
      })
      file.progress.done(id, result.kind === 'chunk' ? result.frames : 0)
      this.#accept(node, result)
      report()
    } catch (error) {
      file.fail(asBatchError(error))
    }
  }

  #attempt(
    step: Step,
    inputs: readonly StepResult[],
    { failed }: FileRun,
    onProgress: NonNullable<Parameters<StepPool['perform']>[1]['onProgress']>,
  ): Promise<StepResult> {
    const { signal } = failed
    return retrying(() => this.pool.perform(step, { inputs, signal, onProgress }), signal)
  }

  /** What a step gave goes to the one that waits for it, and the steps that it asks for begin. */
  #accept(node: Node, result: StepResult): void {
    const { file, parent } = node
    if (file.failed.signal.aborted) return
    if (result.kind === 'publish') file.finish(result.result)
    const additions = 'additions' in result ? result.additions : []
    const added = additions.map(({ step, parent: kind }) => this.#add(file, step, file.byKind.get(kind)!))
    for (const other of added) if (other.waiting === 0) this.#enqueue(other)
    if (!parent) return
    parent.inputs.push(result)
    parent.waiting--
    if (parent.waiting === 0) this.#enqueue(parent)
  }
}
