/** Frames at a steady rate: each is repeated until the next, or left out where that comes too soon. */
import { VideoFrame } from '../video-frame.js'

export class SteadyRate {
  readonly #framerate: number
  readonly #emit: (frame: VideoFrame) => void
  /** The last frame, which is shown until the next. */
  #held: VideoFrame | null = null
  /** The place in the output that comes next; null before the first frame. */
  #next: number | null
  #emitted = 0

  /**
   * @param first the place in the output where the first frame begins; null for that of its timestamp
   * @param emit takes each frame, and closes it
   */
  constructor(framerate: number, first: number | null, emit: (frame: VideoFrame) => void) {
    this.#framerate = framerate
    this.#next = first
    this.#emit = emit
  }

  /** Takes a frame over. */
  push(frame: VideoFrame): void {
    const place = this.#placeOf(frame.timestamp)
    this.#next ??= place
    const isFirst = this.#held === null && this.#emitted === 0
    if (isFirst) this.#held = frame
    this.#emitUntil(place)
    if (isFirst) return
    this.#held?.close()
    this.#held = frame
  }

  /** Shows the last frame for as long as it says, which may be too short for a place of its own; the only frame has one. */
  flush(): void {
    if (!this.#held) return
    const { timestamp, duration } = this.#held
    const place = this.#placeOf(timestamp)
    const isOnly = this.#emitted === 0
    this.#emitUntil(duration === null || isOnly ? place + 1 : 0)
    if (duration !== null) this.#emitUntil(this.#placeOf(timestamp + duration))
    this.close()
  }

  close(): void {
    this.#held?.close()
    this.#held = null
  }

  #placeOf(timestamp: number): number {
    return Math.round((timestamp * this.#framerate) / 1e6)
  }

  #emitUntil(place: number): void {
    if (!this.#held) return
    for (; this.#next! < place; this.#next!++, this.#emitted++) {
      const timestamp = this.#timeOf(this.#next!)
      const duration = this.#timeOf(this.#next! + 1) - timestamp
      this.#emit(new VideoFrame(this.#held, { timestamp, duration }))
    }
  }

  #timeOf(place: number): number {
    return Math.round((place * 1e6) / this.#framerate)
  }
}
