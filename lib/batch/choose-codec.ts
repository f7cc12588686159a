/** From settings to the configurations of encoders. */

import { AudioEncoder } from '../audio-encoder.js'
import type { AudioEncoderConfig } from '../config/audio-encoder-config.js'
import type { VideoEncoderConfig } from '../config/video-encoder-config.js'
import { VideoEncoder } from '../video-encoder.js'
import { UnsupportedError } from './errors.js'
import type { AudioCodecName, VideoCodecName } from './formats.js'
import type { ParsedAudio, ParsedVideo } from './job.js'
import type { AudioTrack, ContainerAbilities, VideoTrack } from './media-io.js'

interface VideoCodecRow {
  readonly name: VideoCodecName
  /** How its codec strings begin. */
  readonly prefixes: readonly string[]
  /** Codec strings to try, from the lowest level on; none for a bit depth that the codec has not. */
  readonly strings: (bitDepth: number) => readonly string[]
}

const H264_LEVELS = [10, 11, 12, 13, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 52, 60, 61, 62]
const HEVC_LEVELS = [30, 60, 63, 90, 93, 120, 123, 150, 153, 156, 180, 183, 186]
const AV1_LEVELS = [0, 1, 4, 5, 8, 9, 12, 13, 14, 15, 16, 17, 18, 19]
const digits = (number: number, base: number): string => number.toString(base).toUpperCase().padStart(2, '0')

const VIDEO_CODECS: readonly VideoCodecRow[] = [
  {
    name: 'h264',
    prefixes: ['avc1.', 'avc3.'],
    strings: (depth) => H264_LEVELS.map((level) => `avc1.${depth === 8 ? '64' : '6E'}00${digits(level, 16)}`),
  },
  {
    name: 'hevc',
    prefixes: ['hvc1.', 'hev1.'],
    strings: (depth) => HEVC_LEVELS.map((level) => `hvc1.${depth === 8 ? '1.6' : '2.4'}.L${level}.B0`),
  },
  { name: 'vp8', prefixes: ['vp8'], strings: (depth) => (depth === 8 ? ['vp8'] : []) },
  {
    name: 'vp9',
    prefixes: ['vp09.'],
    strings: (depth) => ['51', '62'].map((level) => `vp09.${depth === 8 ? '00' : '02'}.${level}.${digits(depth, 10)}`),
  },
  {
    name: 'av1',
    prefixes: ['av01.'],
    strings: (depth) => AV1_LEVELS.map((level) => `av01.0.${digits(level, 10)}M.${digits(depth, 10)}`),
  },
]

/** SVT-AV1's default. The other codecs are encoded at a constant quality where a configuration has no bitrate. */
const AV1_QUALITY = 35

const names = (rows: readonly { name: string }[]): string => rows.map(({ name }) => name).join(', ')

/** The codec that a short name or a codec string stands for. */
export function videoCodecNamed(codec: string): VideoCodecName {
  const row = VIDEO_CODECS.find(({ name, prefixes }) => name === codec || prefixes.some((p) => codec.startsWith(p)))
  if (row) return row.name
  const expected = `one of ${names(VIDEO_CODECS)}, or a codec string such as avc1.42001f`
  throw new UnsupportedError('unsupported-codec', `expected ${expected} for video.codec but received "${codec}"`)
}

/** 8, or more where a track's codec string says so. */
function bitDepthOf(track: VideoTrack): number {
  const codec = track.decoderConfig?.codec ?? ''
  if (/^avc[13]\.6e/i.test(codec) || /^h[ve][cv]1\.2\./i.test(codec)) return 10
  const depth = /^(?:vp09\.\d\d\.\d\d|av01\.\d\.\d\d[MH])\.(\d\d)/.exec(codec)?.[1]
  return depth === undefined || depth === '08' ? 8 : 10
}

export interface VideoSize {
  readonly width: number
  readonly height: number
  readonly displayWidth?: number
  readonly displayHeight?: number
}

export interface ChosenVideo {
  readonly codec: VideoCodecName
  readonly config: VideoEncoderConfig
}

/**
 * The first configuration that this build supports.
 * @param named what errors call the output
 * @param able what the container can do
 * @throws UnsupportedError
 */
export async function chooseVideo(
  settings: ParsedVideo & { codec: string },
  track: VideoTrack,
  size: VideoSize,
  named: string,
  able: Pick<ContainerAbilities, 'timesPictures' | 'reorders'>,
): Promise<ChosenVideo> {
  const codec = videoCodecNamed(settings.codec)
  const { strings } = VIDEO_CODECS.find(({ name }) => name === codec)!
  const base = encoderSettings(settings, codec, size, track)
  const depths = settings.bitDepth === undefined ? new Set([bitDepthOf(track), 8]) : [settings.bitDepth]
  const candidates = settings.codec === codec ? [...depths].flatMap(strings) : [settings.codec]
  for (const settings of new Set([suited(base, codec, able), base])) {
    for (const candidate of candidates) {
      const config = { ...settings, codec: candidate }
      const { supported } = await VideoEncoder.isConfigSupported(config)
      if (supported) return { codec, config }
    }
  }
  const reason = await reasonAgainst({ ...base, codec: candidates.at(-1) ?? settings.codec })
  const rate = `${(base.framerate ?? 0).toFixed(2)} fps`
  const bits = base.bitrate === undefined ? '' : `, ${base.bitrate} b/s`
  const what = `${settings.codec} at ${size.width}x${size.height}, ${rate}${bits}`
  throw new UnsupportedError('unsupported-settings', `${named}: this build cannot encode ${what} (${reason})`)
}

/** What the container is to hold, in the words of x264, which counts microseconds otherwise, and alone reorders in AVI. */
function suited<Config extends Omit<VideoEncoderConfig, 'codec'>>(
  config: Config,
  codec: VideoCodecName,
  { timesPictures, reorders }: Pick<ContainerAbilities, 'timesPictures' | 'reorders'>,
): Config {
  if (codec !== 'h264' || timesPictures) return config
  const options = { 'force-cfr': '1', ...(reorders ? {} : { bframes: '0' }) }
  return { ...config, encoderOptions: { ...options, ...config.encoderOptions } }
}

/** What an encoder says when it is configured so. */
async function reasonAgainst(config: VideoEncoderConfig): Promise<string> {
  const error = await new Promise<DOMException>((resolve) => {
    new VideoEncoder({ output: () => {}, error: resolve }).configure(config)
  })
  return error.message
}

function encoderSettings(
  { bitrate, bitrateMode, quality, encoder, encoderOptions, threads, framerate }: ParsedVideo,
  codec: VideoCodecName,
  size: VideoSize,
  track: VideoTrack,
): Omit<VideoEncoderConfig, 'codec'> {
  return {
    ...size,
    framerate: framerate ?? track.framerate,
    latencyMode: 'quality',
    ...(bitrate === undefined ? {} : { bitrate }),
    ...(bitrateMode === undefined ? {} : { bitrateMode }),
    ...((quality ?? bitrate) === undefined && codec === 'av1' ? { quality: AV1_QUALITY } : {}),
    ...(quality === undefined ? {} : { quality }),
    ...(encoder === undefined ? {} : { encoder }),
    ...(encoderOptions === undefined ? {} : { encoderOptions }),
    ...(threads === undefined ? {} : { threads }),
    ...(codec === 'h264' ? { avc: { format: 'avc' as const } } : {}),
    ...(codec === 'hevc' ? { hevc: { format: 'hevc' as const } } : {}),
  }
}

const AUDIO_CODECS: readonly { name: AudioCodecName; codec: string; others: RegExp }[] = [
  { name: 'aac', codec: 'mp4a.40.2', others: /^mp4a\.(40|67)/ },
  { name: 'mp3', codec: 'mp3', others: /^mp4a\.6[9B]$/ },
  ...(['opus', 'flac', 'vorbis', 'pcm-u8', 'pcm-s16', 'pcm-s24', 'pcm-s32', 'pcm-f32', 'alaw', 'ulaw'] as const).map(
    (name) => ({ name, codec: name, others: /$^/ }),
  ),
]

/** The codec that a short name or a codec string stands for, and the codec string. */
export function audioCodecNamed(codec: string): { name: AudioCodecName; codec: string } {
  const row = AUDIO_CODECS.find(({ name, others }) => name === codec || others.test(codec))
  if (row) return { name: row.name, codec: row.name === codec ? row.codec : codec }
  const expected = `one of ${names(AUDIO_CODECS)}, or a codec string such as mp4a.40.2`
  throw new UnsupportedError('unsupported-codec', `expected ${expected} for audio.codec but received "${codec}"`)
}

/** @throws UnsupportedError */
export async function chooseAudio(
  settings: ParsedAudio & { codec: string },
  track: AudioTrack,
  named: string,
): Promise<{ codec: AudioCodecName; config: AudioEncoderConfig }> {
  const { name, codec } = audioCodecNamed(settings.codec)
  const { sampleRate, numberOfChannels } = track
  const config: AudioEncoderConfig = {
    codec,
    sampleRate,
    numberOfChannels,
    ...(settings.bitrate === undefined ? {} : { bitrate: settings.bitrate }),
    ...(settings.encoderOptions === undefined ? {} : { encoderOptions: settings.encoderOptions }),
  }
  const { supported } = await AudioEncoder.isConfigSupported(config)
  if (supported) return { codec: name, config }
  const what = `${codec} with ${numberOfChannels} channels at ${sampleRate} Hz`
  throw new UnsupportedError('unsupported-settings', `${named}: this build cannot encode ${what}`)
}
