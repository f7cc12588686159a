/** Processes that do steps. */
import { type ChildProcess, fork } from 'node:child_process'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import { AbortError, errorFromJSON, FarmError } from '../errors.js'
import type { S3Options } from '../storage/s3.js'
import { packageRoot } from './build.js'
import type { FromStepProcess, ToStepProcess } from './protocol.js'
import type { Step, StepProgress, StepResult } from './step.js'

/** Bytes of memory that one step may take: a chunk of 4K in the dearest codec. */
const MEMORY_OF_STEP = 1 << 30

export interface StepPoolOptions {
  /** Steps at the same time. Default: one for each processor, fewer where there is less than 1 GiB of memory for each. */
  concurrency?: number | 'auto' | undefined
  /** How S3-compatible stores are reached. Default: as the environment says. */
  s3?: S3Options | undefined
}

export function stepConcurrency(concurrency: number | 'auto' = 'auto'): number {
  if (concurrency !== 'auto') return concurrency
  return Math.max(1, Math.min(availableParallelism(), Math.floor(totalmem() / MEMORY_OF_STEP)))
}

export interface PerformOptions {
  inputs: readonly StepResult[]
  signal?: AbortSignal | undefined
  onProgress?: ((progress: StepProgress) => void) | undefined
}

/** Milliseconds that a process may take to clean up what it was at. */
const PATIENCE = 600

function end(child: ChildProcess): void {
  if (child.connected) child.disconnect()
  setTimeout(() => child.kill('SIGKILL'), PATIENCE).unref()
}

function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    end(child)
  })
}

export class StepPool {
  readonly concurrency: number
  readonly #threads: number
  readonly #s3: S3Options
  readonly #idle: ChildProcess[] = []
  readonly #all = new Set<ChildProcess>()
  #closed = false

  constructor({ concurrency, s3 = {} }: StepPoolOptions = {}) {
    this.concurrency = stepConcurrency(concurrency)
    this.#threads = Math.max(1, Math.floor(availableParallelism() / this.concurrency))
    this.#s3 = s3
  }

  /** The process ids of all that are there. */
  get pids(): number[] {
    return [...this.#all].flatMap(({ pid }) => (pid === undefined ? [] : [pid]))
  }

  /**
   * Has a step done by a process.
   * @throws BatchError: what the step failed with; `worker-lost` when its process ended; AbortError
   */
  async perform(step: Step, { inputs, signal, onProgress }: PerformOptions): Promise<StepResult> {
    if (signal?.aborted || this.#closed) throw new AbortError(signal?.reason)
    const child = this.#idle.pop() ?? this.#start()
    try {
      const message: ToStepProcess = { type: 'do', step, inputs, threads: this.#threads, s3: this.#s3 }
      const result = await this.#outcome(child, message, signal, onProgress)
      return result
    } finally {
      if (child.connected && !this.#closed && !signal?.aborted) this.#idle.push(child)
      else end(child)
    }
  }

  /** Ends all processes; resolves when none is there any more. */
  async close(): Promise<void> {
    this.#closed = true
    this.#idle.length = 0
    await Promise.all([...this.#all].map(endOf))
  }

  #start(): ChildProcess {
    // Options of this process, such as a test runner's loaders, are not for that one.
    const child = fork(join(packageRoot(), 'dist', 'batch', 'steps', 'step-process.js'), [], {
      execArgv: [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#all.add(child)
    child.once('exit', () => {
      this.#all.delete(child)
      const index = this.#idle.indexOf(child)
      if (index >= 0) this.#idle.splice(index, 1)
    })
    return child
  }

  #outcome(
    child: ChildProcess,
    message: ToStepProcess,
    signal: AbortSignal | undefined,
    onProgress: PerformOptions['onProgress'],
  ): Promise<StepResult> {
    return new Promise((resolve, reject) => {
      const stopListening = () => {
        child.off('message', hear)
        child.off('exit', lost)
        child.off('error', lost)
        signal?.removeEventListener('abort', abort)
      }
      const lost = (reason: unknown, killedBy?: NodeJS.Signals) => {
        stopListening()
        const how = reason instanceof Error ? reason.message : (killedBy ?? `exit status ${reason}`)
        const what = `${step.task.job.input.path}: the process that did ${step.kind} ended (${how})`
        reject(new FarmError('worker-lost', what, { retryable: true }))
      }
      const abort = () => {
        stopListening()
        end(child)
        reject(new AbortError(signal?.reason))
      }
      const hear = (answer: FromStepProcess) => {
        if (answer.type === 'progress') onProgress?.(answer.progress)
        if (answer.type === 'done') {
          stopListening()
          resolve(answer.result)
        }
        if (answer.type === 'failed') {
          stopListening()
          reject(errorFromJSON(answer.error))
        }
      }
      const { step } = message
      child.on('message', hear)
      child.once('exit', lost)
      child.once('error', lost)
      signal?.addEventListener('abort', abort)
      const send = () => child.send(message, (error) => error && lost(error))
      if (child.connected) send()
      else lost(new Error('it is not connected'))
    })
  }
}
