import type { AudioData } from '../audio-data.js'
import { invalidStateError } from '../errors.js'
import type { VideoFrame } from '../video-frame.js'
import type { CaptureBuffer } from './capture-buffer.js'
import {
  type CaptureLoss,
  type FollowOptions,
  MICROS,
  type ParsedFollowOptions,
  parseFollowOptions,
  type ReadLastOptions,
  readReadLastOptions,
  readSeconds,
} from './options.js'
import { isAudioItem, mediaOf, type ReaderCore } from './reader-core.js'

/** What was captured last. All of it is the receiver's to close. */
export interface CapturedMedia {
  /** One for each stretch without an interruption, in order; `f32-planar`. */
  audio: AudioData[]
  /** In order. */
  video: VideoFrame[]
}

/**
 * Reads what is captured of a source. It holds on to the ring buffer until `close()`, even when the source is removed.
 * `CaptureBuffer.openReader()` makes one.
 */
export class CaptureReader {
  readonly #core: ReaderCore
  readonly #buffer: CaptureBuffer
  readonly #lost: CaptureLoss = { audioFrames: 0, videoFrames: 0 }
  #isFollowing = false

  /** @internal */
  constructor(core: ReaderCore, buffer: CaptureBuffer) {
    this.#core = core
    this.#buffer = buffer
  }

  /** Where it reads from. */
  get buffer(): CaptureBuffer {
    return this.#buffer
  }

  /** Whether close() was called. */
  get closed(): boolean {
    return this.#core.isClosed
  }

  /** What follow() lost because its consumer was too slow, in all. */
  get lost(): Readonly<CaptureLoss> {
    return { ...this.#lost }
  }

  /**
   * The last `seconds` that were captured: those samples and pictures whose timestamps are that much before the end of the newest sound, or
   * picture. Less when there is less. Empty before there is anything.
   * @throws TypeError when `seconds` is no number of 0 to 86,400 (as a rejection)
   * @throws InvalidStateError when the reader is closed (as a rejection)
   */
  async readLast(seconds: number, options: ReadLastOptions = {}): Promise<CapturedMedia> {
    const micros = Math.round(readSeconds(seconds, 'seconds') * MICROS)
    const { audio, video } = readReadLastOptions(options, 'options')
    this.#requireOpen()
    const media: CapturedMedia = { audio: [], video: [] }
    const { items } = await this.#core.readLast(micros, audio, video)
    for (const item of items) {
      if (isAudioItem(item)) media.audio.push(mediaOf(item) as AudioData)
      else media.video.push(mediaOf(item) as VideoFrame)
    }
    return media
  }

  /**
   * Sound and pictures as they come, in the order of their timestamps, until the source ends or is removed or this reader closed; each is
   * the receiver's to close. What the loop has not taken when it is left is closed for it. A consumer that is slower than
   * the source loses the oldest, is told, and goes on. The process stays alive while the loop waits.
   * @throws TypeError when `options` is not valid
   * @throws InvalidStateError (from the iterator) when the reader is closed, or is being followed already
   * @throws the source's last error (from the iterator) when it has failed, and the signal's reason when it aborts
   */
  follow(options: FollowOptions = {}): AsyncGenerator<AudioData | VideoFrame, void, undefined> {
    return this.#follow(parseFollowOptions(options))
  }

  /** Gives the ring buffer up, and ends follow(). Calling it twice is harmless. */
  close(): void {
    this.#core.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  async *#follow(options: ParsedFollowOptions): AsyncGenerator<AudioData | VideoFrame, void, undefined> {
    this.#requireOpen()
    if (this.#isFollowing) throw invalidStateError('expected a reader that nobody follows but a loop has not ended yet')
    this.#isFollowing = true
    const { last, maxLag = 0, audio, video, signal } = options
    const core = this.#core
    core.beginFollow(Math.round(last * MICROS), Math.round(maxLag * MICROS), audio, video)
    try {
      for (let ended = false; !ended; ) {
        const batch = await core.next(signal)
        ended = batch.ended
        const items = [...batch.items]
        try {
          this.#countLoss(batch.lostSamples, batch.lostPictures, options)
          for (let item = items.shift(); item; item = items.shift()) {
            if (core.isClosed) {
              items.push(item)
              return
            }
            signal?.throwIfAborted()
            yield mediaOf(item)
          }
        } finally {
          core.discard(items)
        }
      }
    } finally {
      this.#isFollowing = false
    }
    if (this.#buffer.state === 'failed' && !core.isClosed) throw this.#buffer.lastError
  }

  #countLoss(audioFrames: number, videoFrames: number, { onLost }: ParsedFollowOptions): void {
    if (audioFrames === 0 && videoFrames === 0) return
    this.#lost.audioFrames += audioFrames
    this.#lost.videoFrames += videoFrames
    onLost?.({ audioFrames, videoFrames })
  }

  #requireOpen(): void {
    if (this.#core.isClosed) throw invalidStateError('expected an open CaptureReader but it is closed')
  }
}
