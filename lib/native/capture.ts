/** The part of the contract with the addon that is about live sources. */
import type { CaptureReaderHandle, CaptureSourceHandle } from './handles.js'

/** What is not stated, and so stays as it is, is 0, or -1, or empty. Times are microseconds. */
export interface NativeCaptureRequest {
  micros: number
  sampleRate: number
  channels: number
  /** -1, 0 or 1. */
  audio: number
  video: number
  videoBytes: number
  format: string
  hasOptions: boolean
  /** [name, value, name, value, ...] */
  options: readonly string[]
  /** 0 auto, 1 realtime, 2 fast. */
  pace: number
  timeout: number
  /** -1: no end. */
  attempts: number
  minDelay: number
  maxDelay: number
}

export interface NativeCaptureStatus {
  /** Index into CAPTURE_STATES (`capture/capture-buffer.ts`). */
  state: number
  /** Counts the changes of the state. */
  version: number
  /** The status of the last error, and its message. */
  error: number
  message: string
  micros: number
  connections: number
  decodeErrors: number
  /** 0: no sound yet. */
  sampleRate: number
  channels: number
  audioBytes: number
  samples: number
  videoBytes: number
  pictures: number
  begin: number
  end: number
}

export interface CaptureBinding {
  /** The source of this name, configured as asked; begins to capture it when there is none. Throws when there is no thread for it. */
  captureAllocate(name: string, request: NativeCaptureRequest): CaptureSourceHandle
  captureFind(name: string): CaptureSourceHandle | null
  /** Whether there was one. */
  captureRemove(name: string): boolean
  captureSources(): string[]
  /** null when nothing holds the source any more. */
  captureStatus(source: CaptureSourceHandle): NativeCaptureStatus | null
  /**
   * null when the source was removed.
   * @param readerId names the reader in events; unique within the environment, codecs included
   */
  captureOpenReader(readerId: number, source: CaptureSourceHandle): CaptureReaderHandle | null
  /** Answered by `capture`, as are the requests below, unless they are cancelled or the reader closed. */
  captureReadLast(reader: CaptureReaderHandle, requestId: number, micros: number, audio: boolean, video: boolean): void
  /** `captureNext` begins so many microseconds before the newest; it may be `maxLag` behind it (0: as far as the ring reaches). */
  captureBeginFollow(reader: CaptureReaderHandle, last: number, maxLag: number, audio: boolean, video: boolean): void
  /** One at a time. */
  captureNext(reader: CaptureReaderHandle, requestId: number): void
  /** Ends what `captureBeginFollow` began. */
  captureCancelNext(reader: CaptureReaderHandle): void
  /** Answered when the state has another version. One at a time. */
  captureAwaitChange(reader: CaptureReaderHandle, requestId: number, version: number): void
  captureCancelChange(reader: CaptureReaderHandle): void
  /** Calling it twice is harmless. */
  captureCloseReader(reader: CaptureReaderHandle): void
}
