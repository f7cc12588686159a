import { random } from '../../helpers/random.js'

/** A seeded source of choices: the same seed gives the same case on both sides. */
export class Random {
  /** An integer from 0 to below the limit. */
  readonly #draw: (limit: number) => number

  constructor(seed: number) {
    this.#draw = random(seed)
  }

  /** In [0, 1). */
  next(): number {
    return this.#draw(2 ** 32) / 2 ** 32
  }

  /** From `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return low + this.#draw(Math.floor(high - low) + 1)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(values: readonly T[]): T {
    return values[this.#draw(values.length)]!
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#draw(256))
  }
}
