/** `webcodecs-native/capture`: the last seconds of live sources, for any number of readers in any thread. */

import { CaptureBuffer } from './capture/capture-buffer.js'
import { type CaptureOptions, parseCaptureOptions } from './capture/options.js'
import { normalizeSource } from './capture/source-name.js'
import { getRuntime } from './runtime.js'

export type { CaptureBuffer, CaptureInfo, CaptureState } from './capture/capture-buffer.js'
export type { CapturedMedia, CaptureReader } from './capture/capture-reader.js'
export type {
  CaptureLoss,
  CaptureOptions,
  CaptureReconnectOptions,
  FollowOptions,
  ReadLastOptions,
} from './capture/options.js'

/**
 * The sources that this process captures, all threads together. A source is a URL of a protocol that FFmpeg reads (rtsp:, rtp:, http:
 * ...), a path, or a device as `format:name`, such as `lavfi:sine`, `v4l2:/dev/video0` or `alsa:default`.
 */
export const CaptureBuffers = {
  /**
   * Begins to capture a source, or finds the one that is captured already, whatever thread asked first: there is one ring buffer for each
   * source. Returns at once; the source connects by itself.
   *
   * A source that is captured already takes what `options` state: `seconds` and `videoBytes` when they are more than they were,
   * `audio` and `video` when they are true, another `sampleRate` or `channels` in any case (what is in the ring buffer is resampled, and
   * readers go on), and what is about connections from the next connection on.
   * @throws TypeError when `source` or `options` is not valid
   */
  allocateIfNeeded(source: string | URL, options: CaptureOptions = {}): CaptureBuffer {
    const name = normalizeSource(source)
    const request = parseCaptureOptions(options)
    return new CaptureBuffer(getRuntime().native.captureAllocate(name, request), name)
  },

  /** The source, if it is captured; undefined otherwise. */
  get(source: string | URL): CaptureBuffer | undefined {
    const name = normalizeSource(source)
    const handle = getRuntime().native.captureFind(name)
    return handle ? new CaptureBuffer(handle, name) : undefined
  },

  /**
   * Ends capturing a source. Readers get what it captured, and then the end; its memory goes with the last of them.
   * @returns whether it was captured; false for one that is unknown or was removed already
   */
  remove(source: string | URL): boolean {
    return getRuntime().native.captureRemove(normalizeSource(source))
  },

  /** The names of the sources that are captured. */
  sources(): string[] {
    return getRuntime().native.captureSources()
  },
} as const
