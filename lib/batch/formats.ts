/** The containers that outputs can have, and the codecs by their short names. */
import { extname } from 'node:path'
import type { NativeAudioCodec } from '../native.js'

export interface Container<Name = ContainerName> {
  readonly name: Name
  readonly extensions: readonly string[]
  /** The codecs that are encoded to where a job names none; no video codec: sound alone; no audio codec: pictures alone. */
  readonly video: VideoCodecName | null
  readonly audio: AudioCodecName | null
  /** Absent where mediabunny writes it. */
  readonly libavformat?: LibavformatContainer
}

/** What mediabunny does not write. */
export interface LibavformatContainer {
  /** libavformat's name. */
  readonly format: string
  /** The codecs that it can hold so that others read them. */
  readonly codecs: readonly (VideoCodecName | AudioCodecName)[]
  /**
   * "presentation": every picture has its time; "order": they come at a constant rate, from 0 on; "count": likewise, and in the
   * order in which they are shown, since the number of each is its time.
   */
  readonly times: 'presentation' | 'order' | 'count'
}

export type VideoCodecName = 'h264' | 'hevc' | 'vp8' | 'vp9' | 'av1'
export type AudioCodecName = NativeAudioCodec

const PCM = ['pcm-u8', 'pcm-s16', 'pcm-s24', 'pcm-s32', 'pcm-f32', 'alaw', 'ulaw'] as const

const CONTAINERS = [
  { name: 'mp4', extensions: ['.mp4', '.m4v'], video: 'h264', audio: 'aac' },
  { name: 'mov', extensions: ['.mov'], video: 'h264', audio: 'aac' },
  { name: 'mkv', extensions: ['.mkv'], video: 'h264', audio: 'aac' },
  { name: 'webm', extensions: ['.webm'], video: 'vp9', audio: 'opus' },
  { name: 'ts', extensions: ['.ts', '.m2ts'], video: 'h264', audio: 'aac' },
  { name: 'm4a', extensions: ['.m4a'], video: null, audio: 'aac' },
  { name: 'ogg', extensions: ['.ogg', '.oga', '.opus'], video: null, audio: 'opus' },
  { name: 'mp3', extensions: ['.mp3'], video: null, audio: 'mp3' },
  { name: 'flac', extensions: ['.flac'], video: null, audio: 'flac' },
  { name: 'wav', extensions: ['.wav'], video: null, audio: 'pcm-s16' },
  { name: 'adts', extensions: ['.aac'], video: null, audio: 'aac' },
  {
    name: 'avi',
    extensions: ['.avi'],
    video: 'h264',
    audio: 'mp3',
    libavformat: {
      format: 'avi',
      codecs: ['h264', 'vp8', 'vp9', 'av1', 'mp3', 'aac', 'ac-3', 'ec-3', ...PCM],
      times: 'count',
    },
  },
  {
    name: 'flv',
    extensions: ['.flv'],
    video: 'h264',
    audio: 'aac',
    libavformat: { format: 'flv', codecs: ['h264', 'aac', 'mp3'], times: 'presentation' },
  },
  {
    name: 'mpg',
    extensions: ['.mpg', '.mpeg', '.vob'],
    video: 'h264',
    audio: 'mp3',
    // MPEG-2's program stream; that of MPEG-1 is "mpeg".
    libavformat: { format: 'vob', codecs: ['h264', 'mp3', 'ac-3'], times: 'presentation' },
  },
  {
    name: 'asf',
    extensions: ['.asf'],
    video: 'h264',
    audio: 'mp3',
    libavformat: { format: 'asf', codecs: ['h264', 'mp3', 'aac', 'ac-3', ...PCM], times: 'presentation' },
  },
  {
    name: 'ivf',
    extensions: ['.ivf'],
    video: 'vp9',
    audio: null,
    libavformat: { format: 'ivf', codecs: ['vp8', 'vp9', 'av1'], times: 'presentation' },
  },
  {
    name: 'h264',
    extensions: ['.h264', '.264'],
    video: 'h264',
    audio: null,
    libavformat: { format: 'h264', codecs: ['h264'], times: 'order' },
  },
  {
    name: 'hevc',
    extensions: ['.hevc', '.h265', '.265'],
    video: 'hevc',
    audio: null,
    libavformat: { format: 'hevc', codecs: ['hevc'], times: 'order' },
  },
  {
    name: 'obu',
    extensions: ['.obu'],
    video: 'av1',
    audio: null,
    libavformat: { format: 'obu', codecs: ['av1'], times: 'order' },
  },
] as const satisfies readonly Container<string>[]

export type ContainerName = (typeof CONTAINERS)[number]['name']

export const containerNames: readonly ContainerName[] = CONTAINERS.map(({ name }) => name)

export const containerNamed = (name: ContainerName): Container =>
  CONTAINERS.find((container) => container.name === name)!

/** The container that a path's extension stands for. */
export function containerOf(path: string): ContainerName | undefined {
  const extension = extname(path).toLowerCase()
  return CONTAINERS.find(({ extensions }) => (extensions as readonly string[]).includes(extension))?.name
}

/** The tags that outputs can have. */
export const TAGS = ['title', 'artist', 'album', 'albumArtist', 'genre', 'date', 'description', 'comment', 'lyrics']

export const isTag = (name: string, value: string): boolean =>
  TAGS.includes(name) && (name !== 'date' || !Number.isNaN(Date.parse(value)))

/** All extensions, for messages. */
export const extensions = (): string => CONTAINERS.flatMap(({ extensions: some }) => some).join(', ')
