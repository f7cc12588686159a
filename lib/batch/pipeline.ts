/** What the parts of one transcoding share: the first failure of any ends them all, and whoever waits hears of changes. */
import { AbortError, type BatchError, BatchError as BatchErrorClass, InternalError, messageOf } from './errors.js'

export class Pipeline {
  #failure: BatchError | null = null
  #waiting: (() => void)[] = []
  #reject: (error: BatchError) => void = () => {}
  readonly #failed: Promise<never>

  constructor() {
    this.#failed = new Promise((_, reject) => {
      this.#reject = reject
    })
    this.#failed.catch(() => {})
  }

  /** Ends the work; the first failure is what it ends with. */
  fail(error: unknown): void {
    if (this.#failure) return
    this.#failure =
      error instanceof BatchErrorClass ? error : new InternalError('internal', messageOf(error), { cause: error })
    this.#reject(this.#failure)
    this.wake()
  }

  /** Ends the work when `signal` says so. Returns what undoes it. */
  follow(signal: AbortSignal | undefined): () => void {
    if (!signal) return () => {}
    const abort = () => this.fail(new AbortError(signal.reason))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    return () => signal.removeEventListener('abort', abort)
  }

  /** @throws what the work ended with, if it has */
  check(): void {
    if (this.#failure) throw this.#failure
  }

  /** Something changed: those who wait look again. */
  wake(): void {
    const waiting = this.#waiting
    if (waiting.length === 0) return
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }

  /** Resolves once `ready()`; looks whenever something has changed. */
  async until(ready: () => boolean): Promise<void> {
    this.check()
    while (!ready()) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
      this.check()
    }
  }

  /**
   * `promise`, or the failure if that comes first. Only for the few promises of a whole job: each race leaves something
   * behind until the end.
   */
  orFail<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#failed])
  }
}
