/** The part of a reader that native code talks to: its requests and their answers. */

import { type AudioData, audioDataInternals } from '../audio-data.js'
import { sampleFormatAt } from '../audio-sample-format.js'
import { exceptionFromStatus } from '../errors.js'
import {
  type CapturedItem,
  type CaptureReaderHandle,
  type CaptureSourceHandle,
  EventKind,
  StatusCode,
} from '../native.js'
import { type EventReceiver, getRuntime, type ReceivedEvent, type Runtime } from '../runtime.js'
import { slotsFromOutput } from '../video-decoder-output.js'
import { type VideoFrame, videoFrameInternals } from '../video-frame.js'

export interface CaptureBatch {
  readonly items: readonly CapturedItem[]
  /** Nothing follows. */
  readonly ended: boolean
  readonly lostSamples: number
  readonly lostPictures: number
}

const NOTHING: CaptureBatch = { items: [], ended: true, lostSamples: 0, lostPictures: 0 }

export const isAudioItem = (item: CapturedItem): item is Extract<CapturedItem, { length: 6 }> => item.length === 6

/** Makes media of what native code gave, which owns it. */
export function mediaOf(item: CapturedItem): AudioData | VideoFrame {
  if (!isAudioItem(item)) {
    const event = [EventKind.frame, 0, 0, ...item] as const
    return videoFrameInternals.create(slotsFromOutput(event, { rotation: 0, flip: false }, null))
  }
  const [buffer, format, sampleRate, numberOfFrames, numberOfChannels, timestamp] = item
  const slots = { buffer, format: sampleFormatAt(format), sampleRate, numberOfFrames, numberOfChannels, timestamp }
  return audioDataInternals.create(slots)
}

export class ReaderCore implements EventReceiver {
  /** Readers are never reset. */
  readonly generation = 0
  readonly #runtime: Runtime = getRuntime()
  readonly #id: number
  #handle: CaptureReaderHandle | null
  #nextRequestId = 1
  readonly #requests = new Map<number, { resolve(batch: CaptureBatch): void; reject(reason: unknown): void }>()

  private constructor(open: (native: Runtime['native'], id: number) => CaptureReaderHandle | null) {
    this.#id = this.#runtime.register(this)
    this.#handle = open(this.#runtime.native, this.#id)
    if (!this.#handle) this.#runtime.unregister(this, this.#id)
  }

  /** null when the source was removed. */
  static open(source: CaptureSourceHandle): ReaderCore | null {
    const core = new ReaderCore((native, id) => native.captureOpenReader(id, source))
    return core.#handle ? core : null
  }

  get isClosed(): boolean {
    return this.#handle === null
  }

  readLast(micros: number, audio: boolean, video: boolean): Promise<CaptureBatch> {
    return this.#request((handle, id) => this.#runtime.native.captureReadLast(handle, id, micros, audio, video))
  }

  beginFollow(last: number, maxLag: number, audio: boolean, video: boolean): void {
    if (this.#handle) this.#runtime.native.captureBeginFollow(this.#handle, last, maxLag, audio, video)
  }

  /** What comes next; rejects with the reason of `signal`. */
  next(signal: AbortSignal | undefined): Promise<CaptureBatch> {
    return this.#request(
      (handle, id) => this.#runtime.native.captureNext(handle, id),
      signal,
      (handle) => this.#runtime.native.captureCancelNext(handle),
    )
  }

  /** Resolves when the state has another version. */
  async stateChange(version: number, signal: AbortSignal | undefined): Promise<void> {
    await this.#request(
      (handle, id) => this.#runtime.native.captureAwaitChange(handle, id, version),
      signal,
      (handle) => this.#runtime.native.captureCancelChange(handle),
    )
  }

  /** Gives up what was not handed out. */
  discard(items: readonly CapturedItem[]): void {
    for (const item of items) this.#runtime.closeCaptured(item)
  }

  /** What waits gets nothing, and the end. */
  close(): void {
    if (!this.#handle) return
    this.#runtime.native.captureCloseReader(this.#handle)
    this.#handle = null
    this.#runtime.unregister(this, this.#id)
    for (const request of this.#requests.values()) request.resolve(NOTHING)
    this.#requests.clear()
  }

  receive(event: ReceivedEvent): boolean {
    if (event[0] !== EventKind.capture) return false
    const [, , , requestId, status, message, ended, lostSamples, lostPictures, items] = event
    const request = this.#requests.get(requestId)
    if (!request) {
      this.discard(items)
      return false
    }
    this.#endRequest(requestId)
    if (status === StatusCode.ok) request.resolve({ items, ended, lostSamples, lostPictures })
    else request.reject(exceptionFromStatus(status, message))
    return true
  }

  #endRequest(requestId: number): void {
    this.#requests.delete(requestId)
    this.#runtime.setActive(this, this.#requests.size > 0)
  }

  #request(
    send: (handle: CaptureReaderHandle, requestId: number) => void,
    signal?: AbortSignal,
    cancel?: (handle: CaptureReaderHandle) => void,
  ): Promise<CaptureBatch> {
    return new Promise((resolve, reject) => {
      const handle = this.#handle
      if (!handle) return resolve(NOTHING)
      if (signal?.aborted) return reject(signal.reason)
      const requestId = this.#nextRequestId++
      const onAbort = () => {
        this.#endRequest(requestId)
        cancel?.(handle)
        reject(signal?.reason)
      }
      const withoutSignal = <T>(settle: (value: T) => void) => {
        return (value: T) => {
          signal?.removeEventListener('abort', onAbort)
          settle(value)
        }
      }
      this.#requests.set(requestId, { resolve: withoutSignal(resolve), reject: withoutSignal(reject) })
      this.#runtime.setActive(this, true)
      signal?.addEventListener('abort', onAbort, { once: true })
      send(handle, requestId)
    })
  }
}
