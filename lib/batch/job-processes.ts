/** Jobs in processes of their own. */
import { type ChildProcess, fork } from 'node:child_process'
import { jobProcessPath } from '../job-process-path.js'
import { AbortError, errorFromJSON, InternalError, type SerializedBatchError } from './errors.js'
import type { Job } from './job.js'
import type { ProbeResult } from './probe.js'
import type { Progress } from './progress.js'
import type { CompareRequest, PicturePair } from './report/compare.js'
import type { TranscodeResult } from './result.js'
import type { S3Options } from './storage/s3.js'

export type ToJobProcess =
  | { type: 'run'; job: Job; s3: S3Options }
  /** Makes the pictures of a job that is done. */
  | { type: 'compare'; request: CompareRequest; s3: S3Options }
  | { type: 'abort' }

export type FromJobProcess =
  | { type: 'ready' }
  | { type: 'progress'; progress: Progress }
  | { type: 'done'; probe: ProbeResult; result: TranscodeResult }
  | { type: 'compared'; pairs: readonly PicturePair[] }
  | { type: 'failed'; error: SerializedBatchError }

type Answer<Type extends FromJobProcess['type']> = Extract<FromJobProcess, { type: Type }>

/** Milliseconds that an aborted process may take to clean up. */
const PATIENCE = 700

/** One process, which does jobs one after the other, and is started anew when it has crashed. */
export class JobProcess {
  readonly #s3: S3Options
  #child: ChildProcess | null = null

  /** @param s3 how stores are reached. Default: as the environment says */
  constructor(s3: S3Options = {}) {
    this.#s3 = s3
  }

  /** @throws BatchError */
  run(
    job: Job,
    { signal, onProgress }: { signal: AbortSignal; onProgress: (progress: Progress) => void },
  ): Promise<Answer<'done'>> {
    return this.#ask({ type: 'run', job, s3: this.#s3 }, 'done', job.input.path, signal, onProgress)
  }

  /** @throws BatchError */
  async compare(request: CompareRequest, signal: AbortSignal): Promise<readonly PicturePair[]> {
    return (await this.#ask({ type: 'compare', request, s3: this.#s3 }, 'compared', request.output, signal)).pairs
  }

  #ask<Type extends 'done' | 'compared'>(
    question: ToJobProcess,
    type: Type,
    named: string,
    signal: AbortSignal,
    onProgress: (progress: Progress) => void = () => {},
  ): Promise<Answer<Type>> {
    if (signal.aborted) return Promise.reject(new AbortError(signal.reason))
    const child = this.#start()
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        child.off('message', message)
        child.off('exit', exit)
        signal.removeEventListener('abort', abort)
        act()
      }
      const message = (received: FromJobProcess) => {
        if (received.type === 'progress') onProgress(received.progress)
        else if (received.type === type) settle(() => resolve(received as Answer<Type>))
        else if (received.type === 'failed') settle(() => reject(errorFromJSON(received.error)))
      }
      const exit = (code: number | null, killedBy: NodeJS.Signals | null) => {
        this.#child = null
        const how = killedBy ? `was ended by ${killedBy}` : `ended with status ${code}`
        const reason = `${named}: the process that worked on it ${how}`
        settle(() =>
          reject(
            signal.aborted ? new AbortError(signal.reason) : new InternalError('internal', reason, { retryable: true }),
          ),
        )
      }
      const abort = () => {
        if (child.connected) child.send({ type: 'abort' } satisfies ToJobProcess)
        setTimeout(() => child.kill('SIGKILL'), PATIENCE).unref()
      }
      child.on('message', message)
      child.on('exit', exit)
      signal.addEventListener('abort', abort)
      child.send(question)
    })
  }

  close(): void {
    if (this.#child?.connected) this.#child.disconnect()
    this.#child = null
  }

  #start(): ChildProcess {
    if (this.#child) return this.#child
    const child = fork(jobProcessPath, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] })
    // It does not keep the batch alive by itself.
    child.unref()
    this.#child = child
    return child
  }
}
