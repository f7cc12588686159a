import { performance } from 'node:perf_hooks'

const barWidth = 28
const redrawInterval = 100

/** A line that shows how far the work is: redrawn in place on a terminal, and one line at the end elsewhere. */
export class Progress {
  #start = performance.now()
  #lastDraw = Number.NEGATIVE_INFINITY
  #stream

  /** @param {NodeJS.WriteStream} stream */
  constructor(stream) {
    this.#stream = stream
  }

  /** Seconds since the start. */
  get seconds() {
    return (performance.now() - this.#start) / 1000
  }

  /**
   * @param {number} frames done
   * @param {number} fraction done, 0 to 1
   */
  update(frames, fraction) {
    if (!this.#stream.isTTY || performance.now() - this.#lastDraw < redrawInterval) return
    this.#lastDraw = performance.now()
    this.#draw(frames, fraction)
  }

  /** @param {number} frames in all */
  finish(frames) {
    if (this.#stream.isTTY) this.#draw(frames, 1)
    else this.#stream.write(`${frames} frames in ${this.seconds.toFixed(2)} s (${this.#rate(frames)} fps)`)
    this.#stream.write('\n')
  }

  /** Leaves the line, so that what is printed next has one of its own. */
  abandon() {
    if (this.#stream.isTTY && this.#lastDraw > 0) this.#stream.write('\n')
  }

  #rate(frames) {
    return (frames / Math.max(this.seconds, 0.001)).toFixed(1)
  }

  #draw(frames, fraction) {
    const done = Math.min(1, Math.max(0, fraction))
    const filled = Math.round(done * barWidth)
    const bar = '#'.repeat(filled) + '-'.repeat(barWidth - filled)
    const left = done > 0 ? formatClock((this.seconds * (1 - done)) / done) : '-:--'
    const percent = `${Math.round(done * 100)}`.padStart(3)
    this.#stream.write(`\r[${bar}] ${percent} %  frame ${frames}  ${this.#rate(frames)} fps  ETA ${left}\x1b[K`)
  }
}

function formatClock(seconds) {
  const whole = Math.ceil(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}
