/**
 * The contract between the specification layer (`lib/`) and the addon (`src/`): the exact shape of everything
 * the addon exports. The specification layer validates; native code receives plain values that are already valid
 * and reports failures as events. Times are microseconds (integers within the safe range), sizes are pixels,
 * colours are H.273 code points (the numbers that FFmpeg's AVCOL_* enums share), rates are bits per second.
 */

import type {
  NativeAudioDecoderConfig,
  NativeAudioEncoderConfig,
  NativeImageConfig,
  NativeImageFormat,
  NativeVideoDecoderConfig,
  NativeVideoEncoderConfig,
} from './native-config.js'
import type { ContainerBinding, ContainerEvent } from './native-container.js'

export * from './native-config.js'
export * from './native-container.js'

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

/** An adopted picture as what createPicture() makes it of: its ArrayBuffer, format, size, and layout of the planes. */
export type MovablePicture = [buffer: ArrayBuffer, format: number, width: number, height: number, layout: number[]]

/** The ArrayBuffer of adopted sound, and where the samples begin in it. */
export type MovableAudioBuffer = [buffer: ArrayBuffer, offset: number]

/** Kinds of events, the first element of each event. */
export const EventKind = {
  configured: 0,
  done: 1,
  flushed: 2,
  error: 3,
  outputConfig: 4,
  chunk: 5,
  frame: 6,
  job: 7,
  returned: 8,
  imageTracks: 9,
  imageFrame: 10,
  imageError: 11,
  audioData: 12,
  capture: 13,
  inputOpened: 20,
  packet: 21,
  inputStarted: 22,
  inputEnded: 23,
  bytesWanted: 24,
  outputOpened: 25,
  outputFinished: 26,
  bytesWritten: 27,
} as const

/** Status codes of error events and failed jobs; `errors.ts` maps them to exceptions. */
export const StatusCode = {
  ok: 0,
  notSupported: 1,
  encoding: 2,
  outOfMemory: 3,
  internal: 4,
  dataError: 5,
  aborted: 6,
  timeout: 7,
  notFound: 8,
  network: 9,
  notReadable: 10,
} as const

/** What the events `frame` and `audioData` tell after the generation. */
export type NativeFrameFields = readonly [
  picture: PictureHandle,
  /** Index into the pixel format table (`pixel-format.ts`), or -1 for a format that WebCodecs does not name. */
  format: number,
  codedWidth: number,
  codedHeight: number,
  visibleLeft: number,
  visibleTop: number,
  visibleWidth: number,
  visibleHeight: number,
  timestamp: number,
  duration: number | null,
  primaries: number,
  transfer: number,
  matrix: number,
  fullRange: number,
  /** Pixel aspect ratio of the stream; 0:1 when it has none. */
  sarNumerator: number,
  sarDenominator: number,
]
export type NativeAudioFields = readonly [
  buffer: AudioBufferHandle,
  /** Index into AUDIO_SAMPLE_FORMATS (`audio-sample-format.ts`). */
  format: number,
  sampleRate: number,
  numberOfFrames: number,
  numberOfChannels: number,
  timestamp: number,
]
export type CapturedItem = NativeFrameFields | NativeAudioFields

/** `generation` counts the resets of a codec: an event of an older generation is stale and dropped. */
export type NativeEvent =
  | ContainerEvent
  /** The configuration was applied. */
  | [kind: typeof EventKind.configured, codecId: number, generation: number]
  /** `count` encode or decode messages were taken by the codec: it can accept that many more. */
  | [kind: typeof EventKind.done, codecId: number, generation: number, count: number]
  | [kind: typeof EventKind.flushed, codecId: number, generation: number, flushId: number]
  /** The codec failed for good; nothing follows in this generation. */
  | [kind: typeof EventKind.error, codecId: number, generation: number, status: number, message: string]
  /** Describes the chunks that follow; sent before the first chunk and whenever it changed. */
  | [
      kind: typeof EventKind.outputConfig,
      codecId: number,
      generation: number,
      description: ArrayBuffer | null,
      primaries: number,
      transfer: number,
      matrix: number,
      fullRange: number,
    ]
  | [
      kind: typeof EventKind.chunk,
      codecId: number,
      generation: number,
      data: ArrayBuffer,
      key: boolean,
      timestamp: number,
      duration: number | null,
      /** The temporal layer that the encoder put the chunk in. */
      temporalLayerId: number,
      /** The chunk's alpha, coded as a stream of its own; null without alpha. */
      alphaSideData: ArrayBuffer | null,
    ]
  | [kind: typeof EventKind.frame, codecId: number, generation: number, ...fields: NativeFrameFields]
  /** Answers `imageAppend`. */
  | [
      kind: typeof EventKind.imageTracks,
      imageId: number,
      generation: number,
      /** Not ok: the file is malformed, or larger than is supported; nothing more is read of it. */
      status: number,
      message: string,
      /** Whether all bytes were read. */
      complete: boolean,
      /** For each track [animated (0 or 1), frame count, repetition count], flat; empty while they are not known. */
      tracks: readonly number[],
      primaryTrack: number,
    ]
  /** Answers `imageDecode`. */
  | [
      kind: typeof EventKind.imageFrame,
      imageId: number,
      generation: number,
      requestId: number,
      picture: PictureHandle,
      /** Index into the pixel format table. */
      format: number,
      codedWidth: number,
      codedHeight: number,
      visibleLeft: number,
      visibleTop: number,
      visibleWidth: number,
      visibleHeight: number,
      timestamp: number,
      duration: number | null,
      primaries: number,
      transfer: number,
      matrix: number,
      fullRange: number,
      /** As EXIF numbers it, 1 to 8. */
      orientation: number,
      /** Whether a progressive image has all its detail, and how much it has: a number that grows with it. */
      complete: boolean,
      progressiveGeneration: number,
    ]
  /** Answers `imageDecode` too. An ok status: the bytes of the frame are not there, or there is no such frame. */
  | [
      kind: typeof EventKind.imageError,
      imageId: number,
      generation: number,
      requestId: number,
      status: number,
      message: string,
    ]
  | [kind: typeof EventKind.audioData, codecId: number, generation: number, ...fields: NativeAudioFields]
  /** Answers a request of a capture reader. */
  | [
      kind: typeof EventKind.capture,
      readerId: number,
      generation: number,
      requestId: number,
      status: number,
      message: string,
      /** Nothing follows. */
      ended: boolean,
      /** What the reader lost since the batch before because it was too slow. */
      lostSamples: number,
      lostPictures: number,
      items: readonly CapturedItem[],
    ]
  /** The end of a job begun by `probeEncoder`, `probeDecoder` or `convertPicture`. */
  | [kind: typeof EventKind.job, jobId: number, status: number, message: string, result: StagingHandle | null]
  /** An ArrayBuffer that `createPicture` adopted, or copied instead, with this `returnId`: native code is done with it. */
  | [kind: typeof EventKind.returned, returnId: number, buffer: ArrayBuffer]

/** Figures of the pool that native code takes pixels, samples and packets from. */
export interface PoolStatistics {
  /** Buffers that were used before and served again, and buffers that had to be made: running totals. */
  hits: number
  misses: number
  /** Buffers and bytes handed out, and kept for reuse. */
  inUse: number
  inUseBytes: number
  idle: number
  idleBytes: number
  /** inUseBytes + idleBytes */
  bytes: number
  /** The most bytes that were in use at once, ever and in the last minute. */
  highWaterBytes: number
  recentHighWaterBytes: number
  /** Buffers that were given back to the system at once, because demand asked for no more, or others needed their room. */
  evictions: number
}

/** Live native objects of this process. All but `pool` return to zero when everything is closed. */
export interface NativeCounters {
  /** VideoFrame handles that JavaScript holds open. */
  frames: number
  /** Media resources alive, whoever holds them. */
  pictures: number
  /** AudioData handles that JavaScript holds open. */
  audioData: number
  /** Media resources of sound alive, whoever holds them. */
  audioBuffers: number
  /** Media resources on their way to another thread. */
  inFlight: number
  /** Encoded packets on their way through native code. */
  packets: number
  /** Pool buffers handed out, and their bytes. */
  buffers: number
  bytes: number
  /** Codec threads' objects, and image decoders, that are not yet torn down. */
  codecs: number
  /** Containers, streams and devices that are read, and those that are written, until they are closed. */
  inputs: number
  outputs: number
  /** Sources of `webcodecs-native/capture` with their ring buffers, whoever holds them, and readers that are open. */
  captureSources: number
  captureReaders: number
  /** Allocations of ring buffers for sound (a running total). */
  captureRings: number
  /** Bytes that media resources of pictures keep alive, whether of the pool, of a decoder or of JavaScript. */
  pictureBytes: number
  /** Bytes of encoded images that ImageDecoders hold. */
  imageBytes: number
  /** Entries evicted from `frame_info_` because no packet or frame ever claimed them (a running total). */
  evictedFrameInfo: number
  /** Times JavaScript was woken (a running total), and events delivered by those wakes. */
  wakes: number
  events: number
  pool: PoolStatistics
  /** Debug builds only. */
  frameInfoEntries?: number
  callbackData?: number
  encodeTasks?: number
}

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

export interface NativeVersions {
  avcodec: string
  avutil: string
  swscale: string
  libyuv: string
  /** Configuration line and licence of the FFmpeg that is linked. */
  configuration: string
  license: string
  debug: boolean
}

export interface NativeBinding extends ContainerBinding {
  /** Installs the receiver of events; called once per environment, before anything else. */
  start(onEvents: (events: NativeEvent[]) => void): void
  versions(): NativeVersions
  counters(): NativeCounters

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

  /** Opens the encoder on the job pool to see whether it does (cached). The job's status says so. Returns a job id. */
  probeVideoEncoder(config: NativeVideoEncoderConfig): number
  probeVideoDecoder(config: NativeVideoDecoderConfig): number
  probeAudioEncoder(config: NativeAudioEncoderConfig): number
  probeAudioDecoder(config: NativeAudioDecoderConfig): number

  /** `codecId` names the codec in events; unique within the environment. */
  createVideoEncoder(codecId: number): CodecHandle
  createVideoDecoder(codecId: number): CodecHandle
  createAudioEncoder(codecId: number): CodecHandle
  createAudioDecoder(codecId: number): CodecHandle
  /** Drains what is under way (as its outputs need), then applies the configuration; answered by `configured` or `error`. */
  configureVideoEncoder(codec: CodecHandle, config: NativeVideoEncoderConfig): void
  configureVideoDecoder(codec: CodecHandle, config: NativeVideoDecoderConfig): void
  configureAudioEncoder(codec: CodecHandle, config: NativeAudioEncoderConfig): void
  configureAudioDecoder(codec: CodecHandle, config: NativeAudioDecoderConfig): void
  /**
   * Takes a reference of its own to the picture. Answered by `done`.
   * @param quantizer -1 for none
   */
  encodeVideo(
    codec: CodecHandle,
    picture: PictureHandle,
    format: number,
    visibleLeft: number,
    visibleTop: number,
    visibleWidth: number,
    visibleHeight: number,
    primaries: number,
    transfer: number,
    matrix: number,
    fullRange: number,
    timestamp: number,
    duration: number | null,
    keyFrame: boolean,
    quantizer: number,
  ): void
  /** Copies `data` before it returns. Answered by `done`. */
  decodeVideo(codec: CodecHandle, data: Uint8Array, key: boolean, timestamp: number, duration: number | null): void
  /** Takes a reference of its own to the samples. Answered by `done`. */
  encodeAudio(codec: CodecHandle, buffer: AudioBufferHandle, sampleRate: number, timestamp: number): void
  /** Copies `data` before it returns. Answered by `done`. */
  decodeAudio(codec: CodecHandle, data: Uint8Array, timestamp: number): void
  /** Emits all pending outputs, then `flushed` with this id. */
  codecFlush(codec: CodecHandle, flushId: number): void
  /** Drops everything queued and every later output of the current generation, and begins the next generation. Never waits. */
  codecReset(codec: CodecHandle): void
  /** Like `codecReset`, and ends the thread. Never waits. Calling it twice is harmless. */
  codecClose(codec: CodecHandle): void

  /** The formats of images that this build decodes. */
  imageFormats(): NativeImageFormat[]
  /** `imageId` names the image in events; unique within the environment, codecs included. */
  createImage(imageId: number, config: NativeImageConfig): ImageHandle
  /** Copies `data` before it returns. Answered by `imageTracks`. */
  imageAppend(image: ImageHandle, data: Uint8Array, complete: boolean): void
  /**
   * Answered by `imageFrame` or `imageError`, after what was appended before; not answered when `imageAbort` comes first.
   * @param lastGeneration the progressive generation that is known already; 0 for none
   */
  imageDecode(
    image: ImageHandle,
    requestId: number,
    track: number,
    frameIndex: number,
    completeFramesOnly: boolean,
    lastGeneration: number,
  ): void
  /** Drops all requests. Never waits. */
  imageAbort(image: ImageHandle): void
  /** Frees the file. Never waits. Calling it twice is harmless. */
  imageClose(image: ImageHandle): void

  /** Begins anew to note every allocation of the process, or ends it. */
  trackAllocations(enabled: boolean): void
  tracksAllocations(): boolean
  /** The number of a source or a stack in setAllocationContext(); 0 when there are too many names already. */
  nameForAllocations(name: string): number
  /** On whose behalf this thread allocates from here on, as does what it asks other threads to do. 0: nobody known. */
  setAllocationContext(source: number, site: number): void
  allocationReport(): NativeAllocationReport

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

/** Tables are flat: row after row. Sources and sites are indices into `names`, kinds into ALLOCATION_KINDS. */
export interface NativeAllocationReport {
  /** Since tracking began. */
  milliseconds: number
  /** [source, site, kind, count, fresh, bytes, live, liveBytes, mostLive] */
  groups: number[]
  /** [source, site, kind, size, fresh, milliseconds] */
  live: number[]
  /** [source, site, kind, count, bytes] */
  forgotten: number[]
  names: string[]
}
