/** Times in whole ticks of a track's clock, in which every timestamp is exact, and in microseconds. */
export class Ticks {
  readonly perSecond: number
  readonly #origin: number

  /**
   * @param ticksPerSecond of the track
   * @param origin seconds on the track's clock that become 0
   */
  constructor(ticksPerSecond: number, origin: number) {
    // Microseconds tell ticks apart only while these are coarser.
    this.perSecond = Math.min(ticksPerSecond, 500_000)
    this.#origin = Math.round(origin * this.perSecond)
  }

  /** Seconds on the track's clock -> microseconds from the origin. */
  toMicroseconds(seconds: number): number {
    return Math.round(((Math.round(seconds * this.perSecond) - this.#origin) * 1e6) / this.perSecond)
  }

  /** A length in seconds -> microseconds. */
  lengthToMicroseconds(seconds: number): number {
    return Math.round((Math.round(seconds * this.perSecond) * 1e6) / this.perSecond)
  }

  /** Microseconds from the origin -> seconds from it, on a tick. */
  toSeconds(microseconds: number): number {
    return Math.round((microseconds * this.perSecond) / 1e6) / this.perSecond
  }
}
