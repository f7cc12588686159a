import { abortError, invalidStateError } from '../errors.js'
import type { VideoFrame } from '../video-frame.js'
import type { VideoFrameBufferInit } from '../video-frame-init.js'
import { arrayBuffer, isDetached } from '../webidl/buffer-source.js'
import { boolean, enumeration } from '../webidl/conversions.js'
import { dictionary, required, withDefault } from '../webidl/dictionary.js'
import { type PoolMetrics, PoolTotals } from './pool-metrics.js'
import { closedMessage, listen, type PortLike } from './protocol.js'
import { createReturningFrame } from './returning-frame.js'

/** What acquire() does when every buffer is out: give null, wait for one, or make one beyond the capacity. */
export type ExhaustionPolicy = 'skip' | 'wait' | 'allocate'

export interface TransferableBufferPoolOptions {
  /** Bytes of each buffer. */
  byteLength: number
  /** The most buffers at once; a policy of 'allocate' may go beyond it for a while. Default 8. */
  capacity?: number
  /** Buffers to make at once, instead of when they are first wanted. Default 0. */
  preallocate?: number
  /** Default 'wait'. */
  exhaustion?: ExhaustionPolicy
  /**
   * Milliseconds after which a buffer that was acquired and has not come back is given up, and another takes its place.
   * Infinity: never. Default 10,000.
   */
  reclaimAfter?: number
  /** false: acquire() makes a new buffer each time and release() drops it, to see what the pool is worth. Default true. */
  enabled?: boolean
}

/** The other end of a port that buffers come home by. */
export interface PoolConnection {
  /** Stops listening, and tells the other end that buffers need not come home any more. The port stays open. */
  close(): void
}

interface Lease {
  readonly buffer: ArrayBuffer
  /** performance.now() when it was acquired. */
  readonly since: number
}

interface Waiter {
  readonly since: number
  resolve(buffer: ArrayBuffer): void
  reject(reason: DOMException): void
}

const positive = (what: string, least: number, most: number) => (value: unknown, name: string) => {
  if (typeof value === 'number' && value >= least && value <= most && (value === most || Number.isInteger(value))) {
    return value
  }
  throw new TypeError(`expected ${what} for ${name} but received ${String(value)}`)
}

const count = positive('a number of buffers', 0, 2 ** 20)

const readOptions = dictionary('TransferableBufferPoolOptions', {
  byteLength: required(positive('a number of bytes, at least 1', 1, Number.MAX_SAFE_INTEGER)),
  capacity: withDefault(positive('a number of buffers, at least 1', 1, 2 ** 20), 8),
  enabled: withDefault(boolean, true),
  exhaustion: withDefault(enumeration<ExhaustionPolicy>(['skip', 'wait', 'allocate']), 'wait'),
  preallocate: withDefault(count, 0),
  reclaimAfter: withDefault(positive('a number of milliseconds, at least 1', 1, Number.POSITIVE_INFINITY), 10_000),
})

/** Node's timers take no more. */
const MAX_TIMEOUT = 2 ** 31 - 1

/**
 * ArrayBuffers of one size that travel to other threads, or into frames, and come back to be used again.
 *
 * A buffer is *available* until acquire() gives it away; then it is *processing* while it is in this thread, and *in
 * flight* once it was transferred: then it comes home by release(), over a port that connect() listens to, or by
 * itself when a frame of createFrame() has been consumed. What a buffer holds when it is acquired is what the one
 * before left in it.
 */
export class TransferableBufferPool {
  readonly #options: ReturnType<typeof readOptions>
  readonly #totals = new PoolTotals()
  #available: ArrayBuffer[] = []
  /** Oldest first. A buffer that was transferred is detached here, and comes back as another object. */
  #leases: Lease[] = []
  #waiters: Waiter[] = []
  #drained: (() => void)[] = []
  readonly #connections = new Set<PoolConnection>()
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  /**
   * @throws TypeError when an option is not valid
   * @throws RangeError when `preallocate` is above `capacity`, or memory is out
   */
  constructor(options: TransferableBufferPoolOptions) {
    this.#options = readOptions(options, 'options')
    const { preallocate, capacity, enabled } = this.#options
    if (preallocate > capacity) {
      throw new RangeError(`expected at most the capacity, ${capacity}, for preallocate but received ${preallocate}`)
    }
    if (enabled) for (let made = 0; made < preallocate; made++) this.#available.push(this.#allocate())
  }

  /** Bytes of each buffer. */
  get byteLength(): number {
    return this.#options.byteLength
  }

  /** The figures as they are now: a new object each time. */
  get metrics(): PoolMetrics {
    let inFlight = 0
    for (const { buffer } of this.#leases) if (isDetached(buffer)) inFlight++
    return this.#totals.summary(this.#available.length, this.#leases.length - inFlight, inFlight)
  }

  /**
   * A buffer, or null when all are out and the policy is 'skip'. With 'wait' the promise waits for one, first come
   * first served; close() rejects it with AbortError.
   * @throws InvalidStateError when the pool is closed (the promise rejects)
   */
  async acquire(): Promise<ArrayBuffer | null> {
    const since = performance.now()
    const buffer = this.#waiters.length === 0 ? this.#take(since) : null
    if (buffer) return buffer
    this.#totals.exhausted++
    switch (this.#options.exhaustion) {
      case 'skip':
        return null
      case 'allocate':
        return this.#give(this.#allocate(), since, false)
      case 'wait':
        return new Promise((resolve, reject) => {
          this.#waiters.push({ since, resolve, reject })
          this.#holdProcess()
        })
    }
  }

  /**
   * A buffer if there is one now, else null, whatever the policy.
   * @throws InvalidStateError when the pool is closed
   */
  tryAcquire(): ArrayBuffer | null {
    const buffer = this.#waiters.length === 0 ? this.#take(performance.now()) : null
    if (!buffer) this.#totals.exhausted++
    return buffer
  }

  /**
   * Takes a buffer back. One of the wrong size is dropped and counted.
   * @returns whether the buffer is in the pool again
   * @throws TypeError when `buffer` is not an ArrayBuffer, or is detached
   * @throws InvalidStateError when it is in the pool already, or the pool never gave it away
   */
  release(buffer: ArrayBuffer): boolean {
    const returned = arrayBuffer(buffer, 'buffer')
    if (isDetached(returned)) throw new TypeError('expected a usable ArrayBuffer for buffer but it is detached')
    if (this.#available.includes(returned)) throw invalidStateError('the buffer is in the pool already')
    const outcome = this.#comeHome(returned)
    if (outcome === 'foreign') throw invalidStateError('the pool has not given this buffer away')
    return outcome === 'kept'
  }

  /**
   * A frame over the memory of an acquired buffer, without a copy. When the frame, its clones and the codecs that it
   * was given to are done with it, the buffer comes back to the pool by itself. The buffer is detached at once.
   * @throws as VideoFrame's constructor does; then the buffer is still the caller's
   * @throws InvalidStateError when `buffer` is not one that the pool gave away
   */
  createFrame(buffer: ArrayBuffer, init: Omit<VideoFrameBufferInit, 'transfer'>): VideoFrame {
    if (this.#options.enabled && !this.#leases.some((lease) => lease.buffer === buffer)) {
      throw invalidStateError('the pool has not given this buffer away')
    }
    return createReturningFrame(buffer, init, (returned) => this.#comeHome(returned))
  }

  /**
   * Takes back what comes over `port`: a MessagePort, a Worker, or parentPort, whose other end is given to
   * connectToPool(). Listening to a port keeps a Node thread alive until the connection, or the pool, is closed.
   * @throws TypeError when `port` is not a port
   */
  connect(port: PortLike): PoolConnection {
    this.#requireOpen()
    const stop = listen(port, (message) => {
      if (message.type === closedMessage.type || isDetached(message.buffer)) return
      if (this.#comeHome(message.buffer) === 'foreign') this.#totals.foreign++
    })
    const connection = {
      close: () => {
        if (!this.#connections.delete(connection)) return
        stop()
        port.postMessage(closedMessage, [])
      },
    }
    this.#connections.add(connection)
    // The buffers of a pool that is not enabled go nowhere.
    if (!this.#options.enabled) port.postMessage(closedMessage, [])
    return connection
  }

  /** Resolves once no buffer is out any more: each has come back, or was given up after `reclaimAfter`. */
  drain(): Promise<void> {
    if (this.#leases.length === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#drained.push(resolve)
      this.#holdProcess()
    })
  }

  /**
   * Ends the pool and frees its buffers: what waits for one gets an AbortError, and what comes back is dropped. To lose
   * nothing that is under way, `await pool.drain()` first. Calling it twice is harmless.
   */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#timer)
    for (const connection of [...this.#connections]) connection.close()
    this.#available = []
    this.#leases = []
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter.reject(abortError('the pool was closed'))
    this.#settleDrained()
  }

  #requireOpen(): void {
    if (this.#isClosed) throw invalidStateError('expected an open TransferableBufferPool but it is closed')
  }

  #allocate(): ArrayBuffer {
    const buffer = new ArrayBuffer(this.#options.byteLength)
    this.#totals.allocations++
    return buffer
  }

  #take(since: number): ArrayBuffer | null {
    this.#requireOpen()
    const { enabled, capacity } = this.#options
    // The last that came back is the warmest.
    const reused = this.#available.pop()
    if (reused) return this.#give(reused, since, true)
    return !enabled || this.#leases.length < capacity ? this.#give(this.#allocate(), since, false) : null
  }

  #give(buffer: ArrayBuffer, since: number, isReused: boolean): ArrayBuffer {
    this.#totals.countAcquired(since, isReused)
    if (!this.#options.enabled) return buffer
    this.#leases.push({ buffer, since: performance.now() })
    this.#schedule()
    return buffer
  }

  /** Finds whose return this is, and puts the buffer back. */
  #comeHome(buffer: ArrayBuffer): 'kept' | 'dropped' | 'foreign' {
    const { enabled, byteLength, capacity } = this.#options
    if (this.#isClosed || !enabled) return 'dropped'
    if (buffer.byteLength !== byteLength) {
      this.#totals.mismatched++
      return 'dropped'
    }
    const own = this.#leases.findIndex((lease) => lease.buffer === buffer)
    const index = own >= 0 ? own : this.#leases.findIndex((lease) => isDetached(lease.buffer))
    if (index >= 0) {
      this.#leases.splice(index, 1)
    } else if (this.#totals.late < this.#totals.lost) {
      this.#totals.late++
    } else {
      return 'foreign'
    }
    this.#totals.released++
    const waiter = this.#waiters.shift()
    const outcome = waiter || this.#available.length + this.#leases.length < capacity ? 'kept' : 'dropped'
    if (waiter) waiter.resolve(this.#give(buffer, waiter.since, true))
    else if (outcome === 'kept') this.#available.push(buffer)
    this.#settleDrained()
    this.#holdProcess()
    return outcome
  }

  #settleDrained(): void {
    if (this.#leases.length > 0) return
    for (const resolve of this.#drained.splice(0)) resolve()
  }

  /** While somebody waits, the process lives until there is a buffer for him, given up by then if it must be. */
  #holdProcess(): void {
    if (this.#waiters.length + this.#drained.length > 0) this.#timer?.ref()
    else this.#timer?.unref()
  }

  /** Looks after the oldest lease. */
  #schedule(): void {
    const oldest = this.#leases[0]
    if (this.#timer || !oldest || this.#options.reclaimAfter === Number.POSITIVE_INFINITY) return
    const due = oldest.since + this.#options.reclaimAfter - performance.now()
    this.#timer = setTimeout(this.#reclaim, Math.min(MAX_TIMEOUT, Math.max(1, Math.ceil(due))))
    this.#holdProcess()
  }

  readonly #reclaim = (): void => {
    this.#timer = undefined
    const limit = performance.now() - this.#options.reclaimAfter
    while (this.#leases[0] && this.#leases[0].since <= limit) {
      this.#leases.shift()
      this.#totals.lost++
    }
    while (this.#waiters.length > 0 && this.#leases.length < this.#options.capacity) {
      const waiter = this.#waiters.shift()!
      waiter.resolve(this.#give(this.#allocate(), waiter.since, false))
    }
    this.#settleDrained()
    this.#schedule()
  }
}
