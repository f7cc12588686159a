/** What native code hands out: opaque references, each freed by a call or by its finalizer. */

declare const brand: unique symbol

/** A reference to a media resource (spec: [[resource reference]]). Freed by `closePicture` or by its finalizer. */
export interface PictureHandle {
  readonly [brand]: 'picture'
}

/** A reference to a media resource of sound (spec: [[resource reference]]). Freed by `closeAudioBuffer` or by its finalizer. */
export interface AudioBufferHandle {
  readonly [brand]: 'audio buffer'
}

/** One codec thread with its queue. Freed by `codecClose` or by its finalizer. */
export interface CodecHandle {
  readonly [brand]: 'codec'
}

/** An image file and its reader. Freed by `imageClose` or by its finalizer. */
export interface ImageHandle {
  readonly [brand]: 'image'
}

/** A source of live media; it is not kept alive by this. Freed by its finalizer. */
export interface CaptureSourceHandle {
  readonly [brand]: 'capture source'
}

/** A reader of a source, which keeps the ring buffer alive. Freed by `captureCloseReader` or by its finalizer. */
export interface CaptureReaderHandle {
  readonly [brand]: 'capture reader'
}

/** Pixels converted on the job pool that wait to be moved into the user's buffer. */
export interface StagingHandle {
  readonly [brand]: 'staging'
}

/** H.273 code points; 2 is "unspecified". `fullRange`: -1 unspecified, 0 limited, 1 full. */
export interface NativeColorSpace {
  primaries: number
  transfer: number
  matrix: number
  fullRange: number
}
