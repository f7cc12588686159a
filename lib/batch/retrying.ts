/** Attempts at what may fail for a reason that passes. */
import { setTimeout as sleep } from 'node:timers/promises'
import { BatchError } from './errors.js'

/** At most, in all. */
export const ATTEMPTS = 4
/** Milliseconds before the second attempt; doubled for each that follows. */
export const RETRY_DELAY = 1000

/** Tries again what fails with an error that is worth it. @throws what the last attempt failed with */
export async function retrying<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      const worthwhile = error instanceof BatchError && error.retryable && !signal?.aborted
      if (!worthwhile || attempt >= ATTEMPTS) throw error
      await sleep(RETRY_DELAY * 2 ** (attempt - 1), undefined, { signal }).catch(() => {})
    }
  }
}
