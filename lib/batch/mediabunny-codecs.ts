/** The codecs' names here and in mediabunny. */
import type { AudioCodec, VideoCodec } from 'mediabunny'
import type { AudioCodecName, VideoCodecName } from './formats.js'

const VIDEO: readonly (readonly [VideoCodecName, VideoCodec])[] = [
  ['h264', 'avc'],
  ['hevc', 'hevc'],
  ['vp8', 'vp8'],
  ['vp9', 'vp9'],
  ['av1', 'av1'],
]

const AUDIO: readonly (readonly [AudioCodecName, AudioCodec])[] = [
  ['aac', 'aac'],
  ['opus', 'opus'],
  ['mp3', 'mp3'],
  ['flac', 'flac'],
  ['vorbis', 'vorbis'],
  ['ac-3', 'ac3'],
  ['ec-3', 'eac3'],
  ['pcm-u8', 'pcm-u8'],
  ['pcm-s16', 'pcm-s16'],
  ['pcm-s24', 'pcm-s24'],
  ['pcm-s32', 'pcm-s32'],
  ['pcm-f32', 'pcm-f32'],
  ['alaw', 'alaw'],
  ['ulaw', 'ulaw'],
]

const here = <Name, Theirs>(table: readonly (readonly [Name, Theirs])[], codec: Theirs | null): Name | null =>
  table.find(([, theirs]) => theirs === codec)?.[0] ?? null

export const videoCodecFrom = (codec: VideoCodec | null): VideoCodecName | null => here(VIDEO, codec)
export const audioCodecFrom = (codec: AudioCodec | null): AudioCodecName | null => here(AUDIO, codec)

export const toVideoCodec = (name: VideoCodecName): VideoCodec => VIDEO.find(([own]) => own === name)![1]
export const toAudioCodec = (name: AudioCodecName): AudioCodec => AUDIO.find(([own]) => own === name)![1]

/** The name here of whichever codec mediabunny means. */
export const codecFrom = (codec: string): VideoCodecName | AudioCodecName | null =>
  here<VideoCodecName | AudioCodecName, string>([...VIDEO, ...AUDIO], codec)
