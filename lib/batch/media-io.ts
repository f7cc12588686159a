/**
 * What transcoding needs of containers, whoever reads or writes them: mediabunny where it can, libavformat for the rest.
 * All timestamps are microseconds on one clock for all tracks, where 0 is where presentation begins.
 */
import type { AudioDecoderConfig } from '../config/audio-decoder-config.js'
import type { VideoDecoderConfig } from '../config/video-decoder-config.js'
import type { EncodedAudioChunk } from '../encoded-audio-chunk.js'
import type { EncodedVideoChunk } from '../encoded-video-chunk.js'
import type { AudioCodecName, ContainerName, VideoCodecName } from './formats.js'

export interface Disposition {
  default: boolean
  forced: boolean
  original: boolean
  commentary: boolean
  hearingImpaired: boolean
  visuallyImpaired: boolean
}

interface TrackBase {
  readonly id: number
  /** What the container calls the codec, where `codec` is null. */
  readonly codecId: string
  /** ISO 639-2; "und" when it is not known. */
  readonly language: string
  readonly title: string | null
  readonly disposition: Disposition
  /** Timestamps are whole multiples of one tick. */
  readonly ticksPerSecond: number
  /** Seconds; null when only reading everything would tell. */
  readonly duration: number | null
  /** Bits per second, as far as the container tells. */
  readonly bitrate: number | null
}

export interface VideoTrack extends TrackBase {
  readonly type: 'video'
  /** Null for codecs that have no name here. */
  readonly codec: VideoCodecName | null
  /** Null where there is no decoder for it. */
  readonly decoderConfig: VideoDecoderConfig | null
  readonly codedWidth: number
  readonly codedHeight: number
  /** Width and height of one pixel. */
  readonly pixelAspect: { readonly num: number; readonly den: number }
  /** Degrees clockwise, and whether the picture is mirrored after it. */
  readonly rotation: 0 | 90 | 180 | 270
  readonly flip: boolean
  /** Pictures per second, on average over the beginning. */
  readonly framerate: number
}

export interface AudioTrack extends TrackBase {
  readonly type: 'audio'
  readonly codec: AudioCodecName | null
  readonly decoderConfig: AudioDecoderConfig | null
  readonly sampleRate: number
  readonly numberOfChannels: number
}

export type Track = VideoTrack | AudioTrack

export type Packet =
  | { readonly track: VideoTrack; readonly chunk: EncodedVideoChunk }
  | { readonly track: AudioTrack; readonly chunk: EncodedAudioChunk }

/** A media file, or what else has tracks. */
export interface MediaSource {
  /** The format's name, for people. */
  readonly format: string
  readonly tracks: readonly Track[]
  readonly metadata: Readonly<Record<string, string>>
  /** Seconds; null when only reading everything would tell. */
  readonly duration: number | null
  /** Of the whole file; null for what has no end. */
  readonly bytes: number | null
  /**
   * Packets in decode order of each track, the tracks in step. Each track begins with the last key packet at or before
   * `from`, or with its first. Reading stays no more than a little ahead of whoever takes the packets.
   * @param from seconds
   * @param options `soundAlone`: the sound goes where there are no pictures. Where the first pictures of a broadcast cannot be
   *   decoded, everything begins with the one that can be; sound alone begins with itself.
   * @throws InputError when the file is damaged or cut off
   */
  packets(tracks: readonly Track[], from: number, options?: { soundAlone?: boolean }): AsyncIterable<Packet>
  close(): void
}

/** What a track of the output is, as far as it is known before the first chunk. */
export type SinkTrack = {
  readonly language: string
  readonly title: string | null
  readonly disposition: Disposition
  readonly ticksPerSecond: number
} & (
  | {
      readonly type: 'video'
      readonly codec: VideoCodecName
      readonly rotation: 0 | 90 | 180 | 270
      readonly flip: boolean
      /** Pictures per second, on average where the rate varies. */
      readonly framerate: number
    }
  | { readonly type: 'audio'; readonly codec: AudioCodecName }
)

/** A chunk to write, with the decoder's configuration where it is the first or differs from that before. */
export interface SinkChunk {
  readonly data: Uint8Array
  readonly key: boolean
  /** Microseconds. */
  readonly timestamp: number
  readonly duration: number
  readonly decoderConfig?: VideoDecoderConfig | AudioDecoderConfig | undefined
}

export interface SinkWriter {
  /** Resolves when there is room for more. */
  write(chunk: SinkChunk): Promise<void>
  /** No more will come. */
  close(): void
}

/** A file that is being written. */
export interface MediaSink {
  /** Only before start(). */
  addTrack(track: SinkTrack): SinkWriter
  start(): Promise<void>
  /** Resolves when the file is whole. */
  finalize(): Promise<void>
  /** Gives up; never rejects. */
  abort(): Promise<void>
}

/** What a container can do. */
export interface ContainerAbilities {
  holds(codec: VideoCodecName | AudioCodecName): boolean
  /** Whether it can say that the picture is turned or mirrored. */
  readonly turns: boolean
  /** Whether tracks may begin before 0, with what decoders need and nobody is to see or hear. */
  readonly beginsBeforeZero: boolean
  /** Whether every picture has a time of its own; otherwise they come at a constant rate, from 0 on. */
  readonly timesPictures: boolean
  /** Whether pictures can be stored in another order than that in which they are shown. */
  readonly reorders: boolean
  /** Infinity: as many as there are. */
  readonly maxAudioTracks: number
  readonly maxVideoTracks: number
}

export type SinkOptions = {
  readonly container: ContainerName
  /** Written as it is: whoever calls gives it its final name when it is whole. */
  readonly path: string
  readonly metadata: Readonly<Record<string, string>>
}
