/** Who gets the steps of files done: this machine alone, or a farm. */
import { BatchError, InternalError, messageOf } from '../errors.js'
import type { TranscodeResult } from '../result.js'
import type { FileTask, StepKind, StepProgress } from './step.js'

/** How far the work on one file is. */
export interface FileProgress {
  /** Steps that are done, and all that are known of. */
  readonly steps: number
  readonly allSteps: number
  /** Pictures encoded so far. */
  readonly frames: number
  /** Pictures per second, of all steps that are at work. */
  readonly fps: number
  /** Seconds of media that are encoded. */
  readonly position: number
  /** Bytes of the video that is encoded. */
  readonly bytes: number
}

export interface RunTaskOptions {
  /** Stops the work on this file. */
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: FileProgress) => void) | undefined
  /** Does the work anew, whatever a queue remembers to have come of it. */
  readonly again?: boolean | undefined
}

export interface Runner {
  /** Files that are with it at once, where nobody says how many: as many as keep whoever does the work busy. */
  readonly filesAtOnce: number
  /**
   * Gets the work on one file done; many may be under way.
   * @throws BatchError what it failed with
   */
  run(task: FileTask, options?: RunTaskOptions): Promise<TranscodeResult>
  close(): Promise<void>
}

export const asBatchError = (error: unknown): BatchError =>
  error instanceof BatchError ? error : new InternalError('internal', messageOf(error), { cause: error })

/** Adds up what the steps of one file say. */
export class ProgressSum {
  #done = 0
  #all = 0
  #frames = 0
  #position = 0
  #bytes = 0
  readonly #running = new Map<string, StepProgress>()

  known(steps: number): void {
    this.#all += steps
  }

  update(id: string, kind: StepKind, progress: StepProgress): void {
    if (kind === 'chunk' || kind === 'whole') this.#running.set(id, progress)
  }

  /** @param frames that the step made, where they are known */
  done(id: string, frames = 0): void {
    this.#done++
    const last = this.#running.get(id)
    this.#running.delete(id)
    this.#frames += Math.max(frames, last?.frames ?? 0)
    this.#position += last?.position ?? 0
    this.#bytes += last?.bytes ?? 0
  }

  get sum(): FileProgress {
    const running = [...this.#running.values()]
    const total = (value: (progress: StepProgress) => number) => running.reduce((sum, some) => sum + value(some), 0)
    return {
      steps: this.#done,
      allSteps: this.#all,
      frames: this.#frames + total(({ frames }) => frames),
      fps: total(({ fps }) => fps),
      position: this.#position + total(({ position }) => position),
      bytes: this.#bytes + total(({ bytes }) => bytes),
    }
  }
}
