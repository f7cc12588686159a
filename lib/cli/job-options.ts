/** The options that say what to make of a source, and the job description that they stand for. */
import { readFileSync } from 'node:fs'
import type { ParseArgsConfig } from 'node:util'
import type { AudioSettings, JobDescription, VideoSettings } from '../batch/job.js'
import { presetNames } from '../batch/presets.js'
import type { Values } from './arguments.js'
import { UsageError } from './usage-error.js'

type Options = NonNullable<ParseArgsConfig['options']>

export const JOB_OPTIONS = {
  video: { type: 'string' },
  audio: { type: 'string' },
  width: { type: 'string' },
  height: { type: 'string' },
  fit: { type: 'string' },
  bitrate: { type: 'string' },
  'bitrate-mode': { type: 'string' },
  quality: { type: 'string' },
  encoder: { type: 'string' },
  'encoder-options': { type: 'string', multiple: true },
  framerate: { type: 'string' },
  'keyframe-interval': { type: 'string' },
  'bit-depth': { type: 'string' },
  'audio-bitrate': { type: 'string' },
  'audio-tracks': { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  metadata: { type: 'string', multiple: true },
  threads: { type: 'string' },
  preset: { type: 'string' },
  container: { type: 'string' },
} as const satisfies Options

export const JOB_OPTIONS_HELP = `  --video <codec>             h264, hevc, vp8, vp9, av1, a codec string such as avc1.42001f, copy, or none
  --audio <codec>             aac, opus, mp3, flac, vorbis, pcm-s16, ..., copy, or none
                              (default of both: what the container usually has; sound is copied where it fits)
  --width, --height <pixels>  of the picture as shown; with one of them the other follows
  --fit <inside|cover|fill>   what happens to another aspect ratio with both (default: inside)
  --bitrate <rate>            of the video, in bits per second: 4000000, 800k, 2.5M (default: constant quality)
  --bitrate-mode <mode>       variable or constant
  --quality <number>          constant quality on the encoder's own scale (x264, x265: crf), lower is better
  --encoder <name>            such as libx264
  --encoder-options <k=v>     options in the encoder's own words, comma separated or given several times
  --framerate <number>        frames are dropped and repeated to keep it (default: the source's timestamps)
  --keyframe-interval <s>     seconds between key frames at most (default: 5)
  --bit-depth <8|10>          (default: the source's)
  --audio-bitrate <rate>      128k
  --audio-tracks <which>      all, first, or languages such as eng,deu (default: all)
  --from, --to <time>         seconds, or [hours:]minutes:seconds
  --metadata <k=v>            title, artist, ...; may be given several times
  --threads <number>          of each encoder
  --preset <name|file.json>   ${presetNames.join(', ')}, or settings as in the documentation
  --container <name>          (default: by the extension)`

function numberFrom(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const number = Number(text)
  if (text.trim() === '' || !Number.isFinite(number)) {
    throw new UsageError(`expected a number for --${option} but received "${text}"`)
  }
  return number
}

function secondsFrom(option: string, text: string | undefined): number | undefined {
  if (text === undefined || !text.includes(':')) return numberFrom(option, text)
  const parts = text.split(':')
  if (parts.length > 3 || !parts.every((part) => /^\d+(\.\d+)?$/.test(part))) {
    throw new UsageError(`expected seconds or [hours:]minutes:seconds for --${option} but received "${text}"`)
  }
  return parts.reduce((sum, part) => sum * 60 + Number(part), 0)
}

function pairsFrom(option: string, texts: readonly string[] | undefined): Record<string, string> | undefined {
  if (!texts) return undefined
  const pairs = texts.map((text) => {
    const equals = text.indexOf('=')
    if (equals < 1) throw new UsageError(`expected name=value for --${option} but received "${text}"`)
    return [text.slice(0, equals), text.slice(equals + 1)]
  })
  return Object.fromEntries(pairs)
}

/** Those members that were given. */
function given<T extends object>(members: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T
}

/** Commas separate options where what follows them looks like one: values such as "1,1" keep theirs. */
const splitOptions = (texts: readonly string[] | undefined): string[] | undefined =>
  texts?.flatMap((text) => text.split(/,(?=[\w-]+=)/))

/** A preset by its name, or the settings in a file. */
export function presetFrom(preset: string | undefined): Partial<JobDescription> {
  if (preset === undefined) return {}
  if (!/[./\\]/.test(preset)) return { preset }
  let text: string
  try {
    text = readFileSync(preset, 'utf8')
  } catch {
    throw new UsageError(`--preset: there is no file ${preset}`)
  }
  try {
    return JSON.parse(text) as Partial<JobDescription>
  } catch (error) {
    throw new UsageError(`--preset: ${preset} is not JSON (${(error as Error).message})`)
  }
}

function under<T extends object>(
  below: T | string | false | undefined,
  above: T | false,
): T | string | false | undefined {
  if (above === false) return false
  if (Object.keys(above).length === 0) return below
  if (typeof below === 'string') return { codec: below, ...above }
  return { ...(below || {}), ...above }
}

/** The part of a job description that the options stand for. */
export function jobFrom(values: Values): Partial<JobDescription> {
  const text = (name: keyof typeof JOB_OPTIONS) => values[name] as string | undefined
  const list = (name: keyof typeof JOB_OPTIONS) => values[name] as string[] | undefined
  const number = (name: keyof typeof JOB_OPTIONS) => numberFrom(name, text(name))
  const none = (codec: string | undefined) => codec === 'none'
  const video: VideoSettings | false = none(text('video'))
    ? false
    : given<VideoSettings>({
        codec: text('video'),
        width: number('width'),
        height: number('height'),
        fit: text('fit') as VideoSettings['fit'],
        bitrate: text('bitrate') as VideoSettings['bitrate'],
        bitrateMode: text('bitrate-mode') as VideoSettings['bitrateMode'],
        quality: number('quality'),
        encoder: text('encoder'),
        encoderOptions: pairsFrom('encoder-options', splitOptions(list('encoder-options'))),
        framerate: number('framerate'),
        keyframeInterval: number('keyframe-interval'),
        bitDepth: number('bit-depth'),
      })
  const which = text('audio-tracks')
  const audio: AudioSettings | false = none(text('audio'))
    ? false
    : given<AudioSettings>({
        codec: text('audio'),
        bitrate: text('audio-bitrate') as AudioSettings['bitrate'],
        tracks: which === undefined || which === 'all' || which === 'first' ? which : which.split(','),
      })
  const preset = presetFrom(text('preset'))
  const settings: Partial<JobDescription> = given({
    video: under(preset.video, video),
    audio: under(preset.audio, audio),
    from: secondsFrom('from', text('from')),
    to: secondsFrom('to', text('to')),
    metadata: pairsFrom('metadata', list('metadata')),
    threads: number('threads'),
    container: text('container') as JobDescription['container'],
  })
  return { ...preset, ...settings }
}
