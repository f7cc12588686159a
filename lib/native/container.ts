/** The part of the contract with the addon that is about containers; see native.ts. */
import type { EventKind } from './events.js'
import type { CodecHandle, NativeColorSpace } from './handles.js'

/** What openDemuxer() opens. */
export interface NativeInputConfig {
  /** A path behind "file:" or a URL; for bytes a name that helps to find the format, or "". */
  url: string
  /** A demuxer's name; "" to find it out. */
  format: string
  /** Microseconds for opening, and for each packet; 0 for none. */
  timeout: number
  /** Options of the demuxer and the protocol: keys and values, flat. */
  dictionary: readonly string[]
  /** Where the bytes come from: `url`, `data`, or `bytesWanted` events, with a size or without. */
  kind: 'url' | 'memory' | 'ranges' | 'stream'
  /** For "memory"; copied before the call returns. */
  data?: Uint8Array
  /** For "ranges", in bytes. */
  size?: number
}

/** Numbers are FFmpeg's: AVMediaType, profiles, AV_DISPOSITION_*. -99 is "unknown" for profile and level. */
export interface NativeTrack {
  id: number
  containerId: number
  type: number
  /** libavcodec's name. */
  codec: string
  /** The four characters that the container has for the codec; "" when it has none. */
  tag: string
  extradata: ArrayBuffer | null
  profile: number
  level: number
  /** Bits per second; 0 when it is not known. */
  bitrate: number
  /** Microseconds. */
  start: number | null
  duration: number | null
  timeBaseNumerator: number
  timeBaseDenominator: number
  disposition: number
  /** Keys and values, flat. */
  tags: readonly string[]
  width: number
  height: number
  /** Pixel aspect ratio; 0 to something when it is not known. */
  sarNumerator: number
  sarDenominator: number
  /** Of the pixel format; 0 when it is not known. */
  bitDepth: number
  chromaWidthShift: number
  chromaHeightShift: number
  components: number
  primaries: number
  transfer: number
  matrix: number
  fullRange: number
  /** Frames per second, estimated; 0 when it is not known. */
  framerate: number
  /** a, b, c and d of the display matrix: (x, y) is shown at (ax + cy, bx + dy). */
  displayMatrix: readonly [number, number, number, number] | null
  sampleRate: number
  channels: number
}

export interface NativeInput {
  format: string
  longName: string
  /** Microseconds. */
  start: number | null
  duration: number | null
  bitrate: number
  seekable: boolean
  tags: readonly string[]
  tracks: readonly NativeTrack[]
}

/** What openMuxer() opens. */
export interface NativeOutputConfig {
  /** A path behind "file:" or a URL; "" for bytes. */
  url: string
  /** A muxer's name; "" by the name of the file. */
  format: string
  /** Options of the muxer and the protocol, and the container's tags: keys and values, flat. */
  dictionary: readonly string[]
  tags: readonly string[]
  /** Whether `bytesWritten` events bring the bytes, and whether their positions may jump back. */
  sink: 'none' | 'stream' | 'seekable'
}

export interface NativeOutputTrack {
  isVideo: boolean
  /** libavcodec's name. */
  codec: string
  /** Four characters; "" for the muxer's own choice. */
  codecTag: string
  extradata: Uint8Array | null
  bitrate: number
  disposition: number
  tags: readonly string[]
  width: number
  height: number
  /** Pixel aspect ratio; 0 to something when it is not known. */
  sarNumerator: number
  sarDenominator: number
  /** libavutil's name, or "none". */
  pixelFormat: string
  color: NativeColorSpace
  /** Degrees clockwise: 0, 90, 180 or 270, and the flip after it. */
  rotation: number
  flip: boolean
  /** Frames per second; 0 to something when it is not known. */
  rateNumerator: number
  rateDenominator: number
  sampleRate: number
  channels: number
  bitsPerSample: number
}

export type ContainerEvent =
  /** Answers `openMuxer`, unless `error` does. */
  | [
      kind: typeof EventKind.outputOpened,
      muxerId: number,
      generation: number,
      format: string,
      longName: string,
      /** Whether the format consists of several files, which the muxer opens itself. */
      isManyFiles: boolean,
    ]
  /** Answers `finishMuxer`. `size` is that of the bytes that events brought; `duration` is in microseconds. */
  | [kind: typeof EventKind.outputFinished, muxerId: number, generation: number, size: number, duration: number]
  /** To be answered by `acknowledgeMuxer`. */
  | [kind: typeof EventKind.bytesWritten, muxerId: number, generation: number, position: number, data: ArrayBuffer]
  /** Answers `openDemuxer`, unless `error` does. */
  | [kind: typeof EventKind.inputOpened, demuxerId: number, generation: number, input: NativeInput]
  | [
      kind: typeof EventKind.packet,
      demuxerId: number,
      generation: number,
      epoch: number,
      track: number,
      data: ArrayBuffer,
      key: boolean,
      timestamp: number,
      duration: number | null,
      /** The alpha beside the picture, a stream of its own. */
      alpha: ArrayBuffer | null,
      /** The track's extradata from this packet on, where it changes. */
      extradata: ArrayBuffer | null,
    ]
  /** Answers `startDemuxer`. */
  | [
      kind: typeof EventKind.inputStarted,
      demuxerId: number,
      generation: number,
      epoch: number,
      status: number,
      message: string,
    ]
  /** All packets were read. */
  | [kind: typeof EventKind.inputEnded, demuxerId: number, generation: number, epoch: number]
  /** To be answered by `feedDemuxer`. `position` is -1 for a stream, whose next bytes are wanted. */
  | [
      kind: typeof EventKind.bytesWanted,
      demuxerId: number,
      generation: number,
      requestId: number,
      position: number,
      size: number,
    ]

export interface ContainerBinding {
  /** `demuxerId` names the demuxer in events; unique within the environment, codecs included. Closed by `codecClose`. */
  createDemuxer(demuxerId: number): CodecHandle
  openDemuxer(demuxer: CodecHandle, config: NativeInputConfig): void
  /**
   * Chooses the tracks, and where to read from (null: where it is). Reads with another epoch end early.
   * @param from microseconds: from the key frames before it on
   */
  startDemuxer(demuxer: CodecHandle, epoch: number, tracks: readonly number[], from: number | null): void
  /** Answered by up to `count` packets, perhaps `inputEnded`, and then `done` with `count`. */
  readDemuxer(demuxer: CodecHandle, epoch: number, count: number): void
  /** Copies `data` before it returns. No bytes: there are no more. */
  feedDemuxer(demuxer: CodecHandle, requestId: number, data: Uint8Array, failed: boolean): void

  createMuxer(muxerId: number): CodecHandle
  openMuxer(muxer: CodecHandle, config: NativeOutputConfig): void
  /** All tracks, once, before the first packet. Answered by `done` with 0. */
  startMuxer(muxer: CodecHandle, tracks: readonly NativeOutputTrack[]): void
  /** Copies `data` before it returns. `timestamp` and `duration` in microseconds. Answered by `done` with 1. */
  writeMuxer(
    muxer: CodecHandle,
    track: number,
    data: Uint8Array,
    key: boolean,
    timestamp: number,
    duration: number | null,
  ): void
  finishMuxer(muxer: CodecHandle): void
  /** Closes the output as it is, and then answers with `error`. */
  abortMuxer(muxer: CodecHandle): void
  acknowledgeMuxer(muxer: CodecHandle, bytes: number, failed: boolean): void
  /** Whether the muxer of that name can hold the codec of that name. */
  queryMuxer(format: string, codec: string): boolean
}
