/** Figures of a TransferableBufferPool since it was made, and how many of its buffers are where now. */
export interface PoolMetrics {
  /** Buffers that exist for the pool: available + processing + inFlight. */
  size: number
  /** Buffers that acquire() gives at once. */
  available: number
  /** Buffers that were acquired and are still in this thread, under their own name. */
  processing: number
  /** Buffers that were acquired and have left: to another thread, or into a frame. */
  inFlight: number
  /** Calls of acquire() that got a buffer. */
  acquired: number
  /** Those of them that got a buffer which had been used before. */
  reused: number
  /** ArrayBuffers that were made. */
  allocations: number
  /** reused / acquired, from 0 to 1; 0 before the first. */
  hitRate: number
  /** Buffers that came back. */
  released: number
  /** How often the average buffer has come back: released / allocations. */
  turnover: number
  /** Times that acquire() found no buffer, whatever came of it. */
  exhausted: number
  /** Buffers that did not come back within `reclaimAfter`. */
  lost: number
  /** Lost buffers that came back after all. */
  late: number
  /** Returns of the wrong size, dropped. */
  mismatched: number
  /** Returns over a port that the pool had not given away, dropped. */
  foreign: number
  /** Milliseconds from the call of acquire() to its buffer. */
  acquireTime: { mean: number; max: number }
}

/** Running totals, from which the metrics are made. */
export class PoolTotals {
  acquired = 0
  reused = 0
  allocations = 0
  released = 0
  exhausted = 0
  lost = 0
  late = 0
  mismatched = 0
  foreign = 0
  #acquireSum = 0
  #acquireMax = 0

  /** @param since `performance.now()` of the call */
  countAcquired(since: number, isReused: boolean): void {
    const time = performance.now() - since
    this.acquired++
    if (isReused) this.reused++
    this.#acquireSum += time
    this.#acquireMax = Math.max(this.#acquireMax, time)
  }

  summary(available: number, processing: number, inFlight: number): PoolMetrics {
    const { acquired, reused, allocations, released, exhausted, lost, late, mismatched, foreign } = this
    return {
      size: available + processing + inFlight,
      available,
      processing,
      inFlight,
      acquired,
      reused,
      allocations,
      hitRate: acquired === 0 ? 0 : reused / acquired,
      released,
      turnover: allocations === 0 ? 0 : released / allocations,
      exhausted,
      lost,
      late,
      mismatched,
      foreign,
      acquireTime: { mean: acquired === 0 ? 0 : this.#acquireSum / acquired, max: this.#acquireMax },
    }
  }
}
