/** The part of the contract with the addon that is about pixels and samples, and their ways out and to other threads. */
import type { AudioBufferHandle, NativeColorSpace, PictureHandle, StagingHandle } from './handles.js'

/** An adopted picture as what createPicture() makes it of: its ArrayBuffer, format, size, and layout of the planes. */
export type MovablePicture = [buffer: ArrayBuffer, format: number, width: number, height: number, layout: number[]]

/** The ArrayBuffer of adopted sound, and where the samples begin in it. */
export type MovableAudioBuffer = [buffer: ArrayBuffer, offset: number]

export interface MediaBinding {
  /**
   * Makes a media resource from user data: copied into pool memory, or, when `adopt` is set, read in place (then
   * `data.buffer` must be an ArrayBuffer that no other code can reach).
   * @param layout offset and stride of each plane in `data`, flat: [offset0, stride0, offset1, ...]
   * @param returnId not 0: `data.buffer` comes back in a `returned` event once native code is done with it
   */
  createPicture(
    format: number,
    codedWidth: number,
    codedHeight: number,
    data: Uint8Array,
    layout: readonly number[],
    adopt: boolean,
    returnId: number,
  ): PictureHandle
  /** A second reference to the same media resource. */
  clonePicture(picture: PictureHandle): PictureHandle
  /**
   * Gives the reference up. Calling it twice is harmless.
   * @returns the loan that ends with it: that of a borrowed resource to which this was the last reference; else 0
   */
  closePicture(picture: PictureHandle): number
  /**
   * Copies planes as they are, at once.
   * @param layout per plane [destinationOffset, destinationStride, sourceTop (rows), sourceHeight (rows),
   *   sourceLeftBytes, sourceWidthBytes] (spec: computed plane layout), flat
   */
  copyPlanes(picture: PictureHandle, destination: Uint8Array, layout: readonly number[]): void
  /**
   * Converts a rectangle to one of the four RGB formats. A short conversion is written to `destination` at once
   * and 0 is returned; a long one runs on the job pool: the id of its job is returned, and the job's
   * result is a StagingHandle for `moveStaging`.
   * @param sourceFormat the frame's own format (it may hide the resource's alpha plane)
   * @param rect [x, y, width, height] in the coded picture
   * @param colorSpace of the frame
   * @param destinationFormat index of RGBA, RGBX, BGRA or BGRX
   * @param displayP3 whether the target is Display P3 instead of sRGB
   */
  convertPicture(
    picture: PictureHandle,
    sourceFormat: number,
    rect: readonly number[],
    colorSpace: NativeColorSpace,
    destinationFormat: number,
    displayP3: boolean,
    destination: Uint8Array,
    destinationOffset: number,
    destinationStride: number,
  ): number
  /** Moves converted pixels into `destination`, whose length the caller has checked again, and frees the staging. */
  moveStaging(
    staging: StagingHandle,
    destination: Uint8Array,
    destinationOffset: number,
    destinationStride: number,
  ): void
  /** Frees a staging whose destination is gone. */
  dropStaging(staging: StagingHandle): void

  /**
   * Makes a media resource of sound from user data: copied, or, when `adopt` is set, read in place (then `data.buffer`
   * must be an ArrayBuffer that no other code can reach).
   * @param format index into AUDIO_SAMPLE_FORMATS (`audio-sample-format.ts`)
   */
  createAudioBuffer(
    format: number,
    numberOfChannels: number,
    numberOfFrames: number,
    data: Uint8Array,
    adopt: boolean,
  ): AudioBufferHandle
  /** A second reference to the same media resource. */
  cloneAudioBuffer(buffer: AudioBufferHandle): AudioBufferHandle
  /**
   * Gives the reference up. Calling it twice is harmless.
   * @returns as closePicture()
   */
  closeAudioBuffer(buffer: AudioBufferHandle): number
  /** Copies `frameCount` frames of a plane from `frameOffset` on to the start of `destination`, converted to `format`. */
  copySamples(
    buffer: AudioBufferHandle,
    format: number,
    planeIndex: number,
    frameOffset: number,
    frameCount: number,
    destination: Uint8Array,
  ): void

  /** A number that a resource has from its first loan on, whichever handle to it is asked. */
  pictureLoanId(picture: PictureHandle): number
  audioLoanId(buffer: AudioBufferHandle): number
  /**
   * The memory of the planes, which the ArrayBuffers keep alive, or copies of it where the runtime forbids such buffers.
   * The format must have a name.
   * @returns for each plane its buffer, its stride and the bytes of a row, and its rows, flat
   */
  borrowPicture(picture: PictureHandle): (ArrayBuffer | number)[]
  /** The same for sound: one ArrayBuffer for each plane. */
  borrowAudioBuffer(buffer: AudioBufferHandle): ArrayBuffer[]
  /** Takes the memory of a borrowed buffer away from every array over it. */
  detachBuffer(buffer: ArrayBuffer): void

  /** A new way for media resources to another thread. Numbers of lanes and of resources on their way are process-wide. */
  openLane(): number
  /** Frees what is still on a lane. */
  closeLane(lane: number): void
  /**
   * Puts a reference to the media resource on a lane (0: none), where any thread can take it. Adopted memory belongs to
   * its thread and is copied first, once for as long as the copy lives.
   * @returns its number, never 0
   */
  sendPicture(picture: PictureHandle, lane: number): number
  sendAudioBuffer(buffer: AudioBufferHandle, lane: number): number
  /** Takes what has this number, once. null when it is not there. */
  receivePicture(inFlight: number): PictureHandle | null
  receiveAudioBuffer(inFlight: number): AudioBufferHandle | null
  /** Frees what has this number, if it is still there. */
  dropInFlight(inFlight: number): void
  /** What to make the resource of elsewhere, when it is adopted memory that nothing else refers to; else null. */
  movablePicture(picture: PictureHandle): MovablePicture | null
  movableAudioBuffer(buffer: AudioBufferHandle): MovableAudioBuffer | null
}
