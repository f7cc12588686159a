import { exceptionFromStatus, invalidStateError } from '../errors.js'
import { type CaptureSourceHandle, type NativeCaptureStatus, StatusCode } from '../native.js'
import { getRuntime } from '../runtime.js'
import { CaptureReader } from './capture-reader.js'
import { MICROS, parseSignal } from './options.js'
import { ReaderCore } from './reader-core.js'

/** In the order that native code numbers them by. */
const CAPTURE_STATES = ['connecting', 'live', 'reconnecting', 'ended', 'failed', 'removed'] as const

/**
 * "connecting": nothing was captured yet. "live": it is. "reconnecting": the connection was lost. "ended": the source came to
 * its end. "failed": it cannot be captured, or no more; see `lastError`. "removed": by CaptureBuffers.remove().
 */
export type CaptureState = (typeof CAPTURE_STATES)[number]

const isFinal = (state: CaptureState): boolean => state === 'ended' || state === 'failed' || state === 'removed'

/** What is in the ring buffer of a source. Times are microseconds on its time line. */
export interface CaptureInfo {
  /** Length of the ring buffer. */
  seconds: number
  /** Timestamp of the oldest that it holds. */
  begin: number
  /** Timestamp behind the newest. */
  end: number
  /** null while there is no sound. */
  audio: { sampleRate: number; channels: number; numberOfFrames: number; byteLength: number } | null
  /** null while there are no pictures. */
  video: { numberOfFrames: number; byteLength: number } | null
  /** Connections that were tried. */
  connections: number
  /** Packets that could not be decoded, and were left out. */
  decodeErrors: number
}

/**
 * A source of live media and what was captured of it last. It does not keep the source: `CaptureBuffers.remove()` ends it, whoever
 * holds this object. `CaptureBuffers` makes them; two for one source are the same source.
 */
export class CaptureBuffer {
  readonly #handle: CaptureSourceHandle
  readonly #source: string

  /** @internal */
  constructor(handle: CaptureSourceHandle, source: string) {
    this.#handle = handle
    this.#source = source
  }

  /** The name that the source has here: its URL, device or file. */
  get source(): string {
    return this.#source
  }

  get state(): CaptureState {
    return stateOf(this.#status())
  }

  /** Why the source failed, or lost its connection last; null when neither ever happened. */
  get lastError(): DOMException | null {
    const status = this.#status()
    return !status || status.error === StatusCode.ok ? null : exceptionFromStatus(status.error, status.message)
  }

  /** null when the source was removed and no reader holds its ring buffer. */
  get info(): CaptureInfo | null {
    const status = this.#status()
    if (!status) return null
    const { sampleRate, channels, samples, audioBytes, pictures, videoBytes, begin, end } = status
    return {
      seconds: status.micros / MICROS,
      begin,
      end,
      audio: sampleRate > 0 ? { sampleRate, channels, numberOfFrames: samples, byteLength: audioBytes } : null,
      video: pictures > 0 ? { numberOfFrames: pictures, byteLength: videoBytes } : null,
      connections: status.connections,
      decodeErrors: status.decodeErrors,
    }
  }

  /**
   * A reader of its own for this thread; close it.
   * @throws InvalidStateError when the source was removed
   */
  openReader(): CaptureReader {
    const core = ReaderCore.open(this.#handle)
    if (!core) throw invalidStateError(`expected a source that is captured but ${this.#source} was removed`)
    return new CaptureReader(core, this)
  }

  /**
   * The state, and then each other that it comes to, until a final one. States that pass quickly may be left out. The process stays
   * alive while the loop waits.
   * @throws the signal's reason (from the iterator) when it aborts
   */
  states(options: { signal?: AbortSignal } = {}): AsyncGenerator<CaptureState, void, undefined> {
    return this.#states(parseSignal(options))
  }

  /**
   * Resolves when something was captured. Rejects with the last error when the source has failed, with InvalidStateError
   * when it was removed, and with the signal's reason when it aborts.
   */
  async live(options: { signal?: AbortSignal } = {}): Promise<void> {
    for await (const state of this.states(options)) {
      if (state === 'live' || state === 'ended') return
      if (state === 'failed') throw this.lastError
    }
    throw invalidStateError(`expected a source that is captured but ${this.#source} was removed`)
  }

  async *#states(signal: AbortSignal | undefined): AsyncGenerator<CaptureState, void, undefined> {
    const core = ReaderCore.open(this.#handle)
    try {
      for (;;) {
        const status = this.#status()
        const state = stateOf(status)
        yield state
        if (!core || !status || isFinal(state)) return
        await core.stateChange(status.version, signal)
      }
    } finally {
      core?.close()
    }
  }

  #status(): NativeCaptureStatus | null {
    return getRuntime().native.captureStatus(this.#handle)
  }
}

const stateOf = (status: NativeCaptureStatus | null): CaptureState =>
  status ? CAPTURE_STATES[status.state]! : 'removed'
