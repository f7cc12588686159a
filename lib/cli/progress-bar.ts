/** How far work is: bars that are redrawn in place on a terminal, and nothing at all elsewhere. */

import { formatBytes, formatClock } from '../batch/figures.js'
import type { Progress } from '../batch/progress.js'

/** Together with a name they leave room for the numbers in 80 columns. */
const BAR_WIDTH = 16
const NAME_WIDTH = 16
const FALLBACK_COLUMNS = 80
/** Milliseconds between two drawings. */
const INTERVAL = 100

/** The state of one piece of work in words. */
export function describeProgress({ fps, speed, position, duration, eta, bytes }: Progress): string {
  const fraction = duration ? Math.min(1, position / duration) : 0
  const bar = '#'.repeat(Math.round(fraction * BAR_WIDTH)).padEnd(BAR_WIDTH, '-')
  const share = duration ? `${String(Math.floor(fraction * 100)).padStart(3)} %` : formatClock(position)
  const rates = `${fps.toFixed(0)} fps  ${speed.toFixed(2)}x`
  const rest = eta === null ? 'ETA -' : `ETA ${formatClock(eta)}`
  return `[${bar}] ${share}  ${rates}  ${rest}  ${formatBytes(bytes)}`
}

/** A name that leaves room for what follows it. */
export function shortName(name: string): string {
  if (name.length <= NAME_WIDTH) return name.padEnd(NAME_WIDTH)
  const half = NAME_WIDTH / 2
  return `${name.slice(0, half)}…${name.slice(1 - half)}`
}

/** Lines at the bottom of a terminal. */
export class ProgressLines {
  readonly #stream: NodeJS.WriteStream
  readonly #enabled: boolean
  #drawn = 0
  #lastDraw = Number.NEGATIVE_INFINITY
  #lines: readonly string[] = []

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
    this.#enabled = stream.isTTY === true && process.env['TERM'] !== 'dumb'
  }

  /** Shows these lines instead of those before; not more often than one can see. */
  show(lines: readonly string[]): void {
    this.#lines = lines
    if (!this.#enabled || performance.now() - this.#lastDraw < INTERVAL) return
    this.#lastDraw = performance.now()
    this.#draw()
  }

  /** Prints a line that stays, above the others. */
  print(line: string): void {
    this.#erase()
    this.#stream.write(`${line}\n`)
    if (this.#enabled) this.#draw()
  }

  /** Removes what is shown. */
  clear(): void {
    this.#erase()
    this.#lines = []
  }

  #draw(): void {
    const width = (this.#stream.columns || FALLBACK_COLUMNS) - 1
    const text = this.#lines.map((line) => `\x1b[2K${line.slice(0, width)}`).join('\n')
    const surplus = Math.max(0, this.#drawn - this.#lines.length)
    this.#erase(surplus > 0)
    if (this.#lines.length > 0) this.#stream.write(`\r${text}`)
    this.#drawn = this.#lines.length
  }

  /** Puts the cursor where the first line begins; everything from there on goes. */
  #erase(whole = true): void {
    if (this.#drawn === 0) return
    const up = this.#drawn > 1 ? `\x1b[${this.#drawn - 1}A` : ''
    this.#stream.write(`\r${up}${whole ? '\x1b[J' : ''}`)
    this.#drawn = 0
  }
}
