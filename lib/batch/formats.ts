/** The containers that outputs can have, and the codecs by their short names. */
import { extname } from 'node:path'

export interface Container<Name = ContainerName> {
  readonly name: Name
  readonly extensions: readonly string[]
  /** The codecs that are encoded to where a job names none; no video codec: sound alone. */
  readonly video: VideoCodecName | null
  readonly audio: AudioCodecName
  /** Who writes it. */
  readonly writer: 'mediabunny' | 'libavformat'
}

export type VideoCodecName = 'h264' | 'hevc' | 'vp8' | 'vp9' | 'av1'
export type AudioCodecName =
  | 'aac'
  | 'opus'
  | 'mp3'
  | 'flac'
  | 'vorbis'
  | 'ac-3'
  | 'ec-3'
  | 'pcm-u8'
  | 'pcm-s16'
  | 'pcm-s24'
  | 'pcm-s32'
  | 'pcm-f32'
  | 'alaw'
  | 'ulaw'

const CONTAINERS = [
  { name: 'mp4', extensions: ['.mp4', '.m4v'], video: 'h264', audio: 'aac', writer: 'mediabunny' },
  { name: 'mov', extensions: ['.mov'], video: 'h264', audio: 'aac', writer: 'mediabunny' },
  { name: 'mkv', extensions: ['.mkv'], video: 'h264', audio: 'aac', writer: 'mediabunny' },
  { name: 'webm', extensions: ['.webm'], video: 'vp9', audio: 'opus', writer: 'mediabunny' },
  { name: 'ts', extensions: ['.ts', '.m2ts'], video: 'h264', audio: 'aac', writer: 'mediabunny' },
  { name: 'm4a', extensions: ['.m4a'], video: null, audio: 'aac', writer: 'mediabunny' },
  { name: 'ogg', extensions: ['.ogg', '.oga', '.opus'], video: null, audio: 'opus', writer: 'mediabunny' },
  { name: 'mp3', extensions: ['.mp3'], video: null, audio: 'mp3', writer: 'mediabunny' },
  { name: 'flac', extensions: ['.flac'], video: null, audio: 'flac', writer: 'mediabunny' },
  { name: 'wav', extensions: ['.wav'], video: null, audio: 'pcm-s16', writer: 'mediabunny' },
  { name: 'adts', extensions: ['.aac'], video: null, audio: 'aac', writer: 'mediabunny' },
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
