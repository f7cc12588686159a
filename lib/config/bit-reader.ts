/** Reads a bitstream from its most significant bits on. Behind the end there are zeros, and `overrun` says so. */
export class BitReader {
  readonly #data: Uint8Array
  #position = 0

  constructor(data: Uint8Array) {
    this.#data = data
  }

  /** Whether more was read than there is. */
  get overrun(): boolean {
    return this.#position > this.#data.length * 8
  }

  bit(): number {
    const byte = this.#data[this.#position >> 3] ?? 0
    return (byte >> (7 - (this.#position++ & 7))) & 1
  }

  bits(count: number): number {
    let value = 0
    for (let index = 0; index < count; index++) value = value * 2 + this.bit()
    return value
  }
}
