/** How far a job is. */

export interface Progress {
  /** Pictures encoded so far, of the output that is least far; of jobs without pictures, 0. */
  frames: number
  /** Pictures per second over the last seconds. */
  fps: number
  /** Seconds of media per second of time over the last seconds. */
  speed: number
  /** Seconds of media that are done. */
  position: number
  /** Seconds of media that the outputs will have; null when the input does not tell. */
  duration: number | null
  /** Seconds that the rest will take; null when that cannot be told yet. */
  eta: number | null
  /** Bytes of all outputs so far. */
  bytes: number
}

/** Milliseconds between two reports. */
const INTERVAL = 200
/** Milliseconds that rates are measured over. */
const WINDOW = 3000

interface Sample {
  readonly time: number
  readonly frames: number
  readonly position: number
}

/** Counts what is done and reports it, at most five times a second. */
export class ProgressMeter {
  readonly #report: ((progress: Progress) => void) | undefined
  readonly #duration: number | null
  readonly #samples: Sample[] = []
  #lastReport = Number.NEGATIVE_INFINITY

  /** @param duration seconds of media; null when it is not known */
  constructor(duration: number | null, report: ((progress: Progress) => void) | undefined) {
    this.#duration = duration
    this.#report = report
    this.#samples.push({ time: performance.now(), frames: 0, position: 0 })
  }

  /** Reports when it is time to. `position` is in seconds. */
  update(frames: number, position: number, bytes: () => number): void {
    if (!this.#report) return
    const now = performance.now()
    if (now - this.#lastReport < INTERVAL) return
    this.#lastReport = now
    this.#report(this.#measure(now, frames, position, bytes()))
  }

  /** Reports the end. */
  finish(frames: number, position: number, bytes: number): void {
    if (!this.#report) return
    const measured = this.#measure(performance.now(), frames, position, bytes)
    this.#report({ ...measured, duration: position, eta: 0 })
  }

  #measure(now: number, frames: number, position: number, bytes: number): Progress {
    this.#samples.push({ time: now, frames, position })
    while (this.#samples.length > 2 && now - this.#samples[0]!.time > WINDOW) this.#samples.shift()
    const first = this.#samples[0]!
    const seconds = (now - first.time) / 1000
    const rate = (done: number) => (seconds > 0 ? done / seconds : 0)
    const speed = rate(position - first.position)
    const rest = this.#duration === null ? null : Math.max(0, this.#duration - position)
    return {
      frames,
      fps: rate(frames - first.frames),
      speed,
      position,
      // Sound may go on for longer than the pictures that the length was known of.
      duration: this.#duration === null ? null : Math.max(this.#duration, position),
      eta: rest !== null && speed > 0 ? rest / speed : null,
      bytes,
    }
  }
}
