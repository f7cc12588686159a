// What a soak run reads each second.
import { monitorEventLoopDelay } from 'node:perf_hooks'

const resolution = 5

/** The live objects that `counters()` tells of, all together. */
const liveNames = ['frames', 'pictures', 'packets', 'codecs', 'audioData', 'audioBuffers', 'inFlight']

export class Sampler {
  #counters
  #delay = monitorEventLoopDelay({ resolution })
  #start = performance.now()
  #pool
  #capacity
  #names
  #rows
  /** How many samples there are. */
  count = 0
  /** The last of them. */
  last

  /** @param {number} seconds that the run will take: the room for its samples is taken now, or they would be what grows */
  constructor(counters, seconds) {
    this.#counters = counters
    this.#pool = counters().pool
    this.#capacity = Math.ceil(seconds * 1.1) + 60
    this.#delay.enable()
  }

  /**
   * All samples: an object for each second. Sizes in bytes, times in seconds, `delay` the longest of the second in
   * milliseconds.
   */
  samples() {
    return Array.from({ length: this.count }, (_, row) =>
      Object.fromEntries(this.#names.map((name, at) => [name, this.#rows[row * this.#names.length + at]])),
    )
  }

  #keep(sample) {
    this.#names ??= Object.keys(sample)
    this.#rows ??= new Float64Array(this.#capacity * this.#names.length).fill(Number.NaN)
    this.last = sample
    if (this.count === this.#capacity) return
    this.#rows.set(
      this.#names.map((name) => sample[name]),
      this.count++ * this.#names.length,
    )
  }

  /** @param {object} progress what the scenario has done: its own totals */
  take(progress) {
    const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage()
    const now = this.#counters()
    const hits = now.pool.hits - this.#pool.hits
    const misses = now.pool.misses - this.#pool.misses
    const evictions = now.pool.evictions - this.#pool.evictions
    this.#pool = now.pool
    this.#keep({
      time: (performance.now() - this.#start) / 1000,
      rss,
      heapUsed,
      external,
      arrayBuffers,
      poolHits: hits,
      poolMisses: misses,
      poolEvictions: evictions,
      poolInUse: now.pool.inUseBytes,
      poolIdle: now.pool.idleBytes,
      poolRecentPeak: now.pool.recentHighWaterBytes,
      delay: Math.max(0, this.#delay.max / 1e6 - resolution),
      live: liveNames.reduce((sum, name) => sum + (now[name] ?? 0), 0),
      ...progress,
    })
    this.#delay.reset()
  }

  end() {
    this.#delay.disable()
  }
}
