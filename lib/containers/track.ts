/** What a demuxer tells of the tracks of its input. */
import type { AudioDecoderConfig } from '../config/audio-decoder-config.js'
import type { VideoDecoderConfig } from '../config/video-decoder-config.js'
import type { NativeTrack } from '../native.js'
import { swapsSides } from '../orientation.js'
import { audioDecoderConfig } from './audio-decoder-config.js'
import { displayOrientation, pixelAspect, videoDecoderConfig } from './video-decoder-config.js'

/** What a track is for; more than one may be true. */
export interface Disposition {
  /** To be chosen when nobody chooses. */
  readonly default: boolean
  readonly dub: boolean
  readonly original: boolean
  readonly comment: boolean
  readonly lyrics: boolean
  readonly karaoke: boolean
  /** To be shown whatever the user chose. */
  readonly forced: boolean
  readonly hearingImpaired: boolean
  readonly visualImpaired: boolean
  /** A picture such as a cover: one packet. */
  readonly attachedPicture: boolean
}

/** AV_DISPOSITION_* */
export const DISPOSITION_FLAGS: Readonly<Record<keyof Disposition, number>> = {
  default: 0x1,
  dub: 0x2,
  original: 0x4,
  comment: 0x8,
  lyrics: 0x10,
  karaoke: 0x20,
  forced: 0x40,
  hearingImpaired: 0x80,
  visualImpaired: 0x100,
  attachedPicture: 0x400,
}

interface TrackBase {
  /** Its place among the input's tracks, from 0 on. */
  readonly id: number
  /** What the container calls it, such as a track number or a PID. */
  readonly containerId: number
  /** libavcodec's name of the codec, such as "h264" or "mpeg2video"; "none" when it is unknown. */
  readonly codecName: string
  /** As ISO 639 has it, mostly of three letters; undefined when the container does not tell. */
  readonly language: string | undefined
  readonly title: string | undefined
  readonly disposition: Disposition
  /** All the container's tags of the track, language and title included. */
  readonly tags: Readonly<Record<string, string>>
  /** Bits per second; undefined when it is not known. */
  readonly bitrate: number | undefined
  /** Seconds as a fraction: the unit of the container's own timestamps. */
  readonly timeBase: { readonly numerator: number; readonly denominator: number }
  /** Microseconds; undefined when it is not known. */
  readonly startTime: number | undefined
  readonly duration: number | undefined
}

export interface VideoTrack extends TrackBase {
  readonly type: 'video'
  /** The codec string as VideoDecoder takes it; undefined for a codec that WebCodecs does not know. */
  readonly codec: string | undefined
  /** What to configure a VideoDecoder with; null for a codec that WebCodecs does not know. */
  readonly decoderConfig: VideoDecoderConfig | null
  /** Pixels of the coded pictures. */
  readonly codedWidth: number
  readonly codedHeight: number
  /** Pixels to show it at, after pixel aspect and rotation. */
  readonly displayWidth: number
  readonly displayHeight: number
  /** Degrees clockwise: 0, 90, 180 or 270; the flip is horizontal and comes after it. */
  readonly rotation: number
  readonly flip: boolean
  /** Frames per second, estimated; undefined when it is not known. */
  readonly framerate: number | undefined
}

export interface AudioTrack extends TrackBase {
  readonly type: 'audio'
  /** The codec string as AudioDecoder takes it; undefined for a codec that WebCodecs does not know. */
  readonly codec: string | undefined
  /** What to configure an AudioDecoder with; null for a codec that WebCodecs does not know. */
  readonly decoderConfig: AudioDecoderConfig | null
  readonly sampleRate: number
  readonly numberOfChannels: number
}

export interface OtherTrack extends TrackBase {
  readonly type: 'subtitle' | 'data' | 'attachment' | 'unknown'
  readonly codec: undefined
  readonly decoderConfig: null
}

export type Track = VideoTrack | AudioTrack | OtherTrack

/** AVMediaType */
const TYPES = ['video', 'audio', 'data', 'subtitle', 'attachment'] as const

/** Of keys and values, flat. Of a key that comes twice, the last counts. */
export function tagsOf(pairs: readonly string[]): Record<string, string> {
  const tags: Record<string, string> = Object.create(null)
  for (let index = 0; index + 1 < pairs.length; index += 2) tags[pairs[index]!] = pairs[index + 1]!
  return tags
}

function dispositionOf(flags: number): Disposition {
  const entries = Object.entries(DISPOSITION_FLAGS).map(([name, flag]) => [name, (flags & flag) !== 0])
  return Object.fromEntries(entries) as unknown as Disposition
}

/** Of zero, which is how FFmpeg says that it does not know. */
const known = (value: number): number | undefined => (value > 0 ? value : undefined)

function baseOf(native: NativeTrack): TrackBase {
  const tags = tagsOf(native.tags)
  return {
    id: native.id,
    containerId: native.containerId,
    codecName: native.codec,
    // MP4 says "undetermined" where nobody told it.
    language: tags['language'] === 'und' ? undefined : tags['language'],
    title: tags['title'],
    disposition: dispositionOf(native.disposition),
    tags,
    bitrate: known(native.bitrate),
    timeBase: { numerator: native.timeBaseNumerator, denominator: native.timeBaseDenominator },
    startTime: native.start ?? undefined,
    duration: native.duration ?? undefined,
  }
}

function videoTrack(native: NativeTrack): VideoTrack {
  const decoderConfig = videoDecoderConfig(native)
  const { rotation, flip } = displayOrientation(native)
  const aspect = pixelAspect(native)
  // As VideoDecoder does it: one side grows.
  const width = aspect > 1 ? Math.round(native.width * aspect) : native.width
  const height = aspect < 1 ? Math.round(native.height / aspect) : native.height
  const swap = swapsSides(rotation)
  return {
    ...baseOf(native),
    type: 'video',
    codec: decoderConfig?.codec,
    decoderConfig,
    codedWidth: native.width,
    codedHeight: native.height,
    displayWidth: swap ? height : width,
    displayHeight: swap ? width : height,
    rotation,
    flip,
    framerate: (native.disposition & DISPOSITION_FLAGS.attachedPicture) === 0 ? known(native.framerate) : undefined,
  }
}

function audioTrack(native: NativeTrack): AudioTrack {
  const decoderConfig = audioDecoderConfig(native)
  return {
    ...baseOf(native),
    type: 'audio',
    codec: decoderConfig?.codec,
    decoderConfig,
    sampleRate: native.sampleRate,
    numberOfChannels: native.channels,
  }
}

export function makeTrack(native: NativeTrack): Track {
  const type = TYPES[native.type] ?? 'unknown'
  if (type === 'video') return videoTrack(native)
  if (type === 'audio') return audioTrack(native)
  return { ...baseOf(native), type, codec: undefined, decoderConfig: null }
}
