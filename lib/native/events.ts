/** What native code tells, in batches: each event an array that begins with its kind. */
import type { ContainerEvent } from './container.js'
import type { AudioBufferHandle, PictureHandle, StagingHandle } from './handles.js'

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
