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
  /** One object for each second. Sizes in bytes, times in seconds, `delay` the longest of the second in milliseconds. */
  samples = []

  constructor(counters) {
    this.#counters = counters
    this.#pool = counters().pool
    this.#delay.enable()
  }

  /** @param {object} progress what the scenario has done: its own totals */
  take(progress) {
    const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage()
    const now = this.#counters()
    const hits = now.pool.hits - this.#pool.hits
    const misses = now.pool.misses - this.#pool.misses
    const evictions = now.pool.evictions - this.#pool.evictions
    this.#pool = now.pool
    this.samples.push({
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
