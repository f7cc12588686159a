/**
 * The description of a job: what to make of one source. It is plain JSON, the same on one machine and on many.
 * `parseJob()` is the one place where it is validated.
 */
import { JobError } from './errors.js'
import { type ContainerName, containerNames, containerOf, extensions, isTag, TAGS } from './formats.js'
import {
  bitrate,
  boolean,
  describe,
  integer,
  list,
  number,
  object,
  oneOf,
  orFalse,
  positive,
  type Reader,
  seconds,
  strings,
  text,
} from './job-reader.js'
import { type Preset, presetNamed } from './presets.js'

/** How a picture of another aspect ratio comes into `width` x `height`. */
export type Fit =
  /** The largest size inside, with the aspect ratio kept: one side may be smaller. */
  | 'inside'
  /** Exactly that size, cut at two sides. */
  | 'cover'
  /** Exactly that size, stretched. */
  | 'fill'

export interface VideoSettings {
  /**
   * "h264", "hevc", "vp8", "vp9", "av1", a codec string such as "avc1.42001f", or "copy" for the packets as they are.
   * Default: the container's usual one.
   */
  codec?: string
  /** Pixels of the picture as it is shown, after rotation. With one of the two, the other follows. Default: as the source. */
  width?: number
  height?: number
  /** With both `width` and `height`. Default "inside". */
  fit?: Fit
  /** Whether a smaller source is scaled up. Default true. */
  enlarge?: boolean
  /** Bits per second: a number, or text such as "800k" or "2.5M". Default: constant quality. */
  bitrate?: number | string
  /** How the bitrate is kept. Default "variable". */
  bitrateMode?: 'variable' | 'constant'
  /** Constant quality on the library's own scale (x264, x265: crf 0 to 51; libvpx, libaom: 0 to 63; SVT-AV1: crf 1 to 63). */
  quality?: number
  /** The encoder to use, by FFmpeg's name, such as "libx264". */
  encoder?: string
  /** Options in the library's own words, such as {"preset": "slow"}. */
  encoderOptions?: Record<string, string | number | boolean>
  /** Frames per second: pictures are dropped and repeated to keep it. Default: the source's timestamps. */
  framerate?: number
  /** Seconds between key frames, at most. Default 5. */
  keyframeInterval?: number
  /** Bits of each sample, 8 or 10. Default: the source's, where codec and build have it, else 8. */
  bitDepth?: number
  /** Threads of the encoder. Default: the job's, else as many as help. */
  threads?: number
}

export interface AudioSettings {
  /**
   * "aac", "opus", "mp3", "flac", "vorbis", "pcm-s16" and so on, a codec string such as "mp4a.40.2", or "copy". Default:
   * sound is copied where the container takes it and nothing else is asked for, else the container's usual codec.
   */
  codec?: string
  /** Bits per second: a number, or text such as "128k". Default: the codec's. */
  bitrate?: number | string
  /** Options in the library's own words. */
  encoderOptions?: Record<string, string | number | boolean>
  /** Which tracks: "all", "first", or languages such as ["eng", "deu"] (ISO 639-2). Default "all" that the container takes. */
  tracks?: 'all' | 'first' | string[]
}

export interface RenditionDescription {
  /** In file names and reports. Default: "0", "1" and so on. */
  name?: string
  /** Path of the file. Without one, the rendition is for HLS alone. */
  output?: string
  /** Default: by the output's extension. */
  container?: ContainerName
  /** Over the job's `video`, member by member; a text is the codec; false for none. */
  video?: VideoSettings | string | false
  /** Over the job's `audio`, likewise. */
  audio?: AudioSettings | string | false
}

export interface ThumbnailSettings {
  /** Path with the place of the number as "%d" or "%03d"; ".webp" or ".png". */
  output: string
  /** Seconds between two. Default: so that there are `count`. */
  every?: number
  /** How many, spread over the whole. Default 1, which is taken a tenth into the whole. */
  count?: number
  /** Pixels; the height follows. Default 320. */
  width?: number
}

export interface ContactSheetSettings {
  /** Path: ".webp" or ".png". */
  output: string
  /** Default 4. */
  columns?: number
  rows?: number
  /** Pixels of one picture. Default 320. */
  width?: number
}

export interface HlsSettings {
  /** The folder that gets master.m3u8, the playlists and the segments. */
  output: string
  /** Seconds of a segment; key frames come as often. Default 6. */
  segment?: number
  /** "fmp4" (default) or "ts". */
  format?: 'fmp4' | 'ts'
}

export interface InputDescription {
  /** Path of a file, or an address that libavformat opens. */
  path: string
  /** libavformat's name of the format, for what does not tell itself, such as "rawvideo". */
  format?: string
  /** Options of the format, for libavformat, such as {"video_size": "640x480"}. */
  options?: Record<string, string | number | boolean>
}

/** What to make of one source. */
export interface JobDescription {
  input: string | InputDescription
  /** Path of the one output; `renditions` instead where there are several. */
  output?: string
  /** Default: by the output's extension. */
  container?: ContainerName
  /** Settings by name, under those that are given here: see `presetNames`. */
  preset?: string
  video?: VideoSettings | string | false
  audio?: AudioSettings | string | false
  /** Several outputs of the one source, which is decoded once. */
  renditions?: RenditionDescription[]
  /** Seconds of the source: pictures with from <= timestamp < to, sound likewise. Default: all. */
  from?: number
  to?: number
  /** Tags of all outputs, such as {"title": "..."}, over those of the source. */
  metadata?: Record<string, string>
  /** Threads of each encoder. Default: as many as help. */
  threads?: number
  thumbnails?: ThumbnailSettings
  contactSheet?: ContactSheetSettings
  hls?: HlsSettings
}

/** VideoSettings as parseJob() leaves them: rates are numbers, options texts. */
export interface ParsedVideo extends Omit<VideoSettings, 'bitrate' | 'encoderOptions'> {
  bitrate?: number
  encoderOptions?: Record<string, string>
}

export interface ParsedAudio extends Omit<AudioSettings, 'bitrate' | 'encoderOptions'> {
  bitrate?: number
  encoderOptions?: Record<string, string>
}

export interface Rendition {
  name: string
  /** Absent for one that is for HLS alone. */
  output?: string
  container?: ContainerName
  /** False for none. */
  video: ParsedVideo | false
  audio: ParsedAudio | false
}

/** A job as parseJob() leaves it: complete, plain JSON, and a valid description itself. */
export interface Job {
  input: { path: string; format?: string; options?: Record<string, string> }
  renditions: Rendition[]
  /** Seconds. */
  from: number
  to?: number
  metadata: Record<string, string>
  thumbnails?: ThumbnailSettings & { count: number; width: number }
  contactSheet?: Required<ContactSheetSettings>
  hls?: Required<HlsSettings>
}

const even: Reader<number> = (value, name) => {
  const side = integer(2, 16384)(value, name)
  if (side % 2 !== 0) throw new JobError(`expected an even number of pixels for ${name} but received ${side}`)
  return side
}

const readVideo = object<ParsedVideo>({
  codec: text,
  width: even,
  height: even,
  fit: oneOf(['inside', 'cover', 'fill'] as const),
  enlarge: boolean,
  bitrate,
  bitrateMode: oneOf(['variable', 'constant'] as const),
  quality: number(0, 255),
  encoder: text,
  encoderOptions: strings,
  framerate: positive(1000),
  keyframeInterval: positive(3600),
  bitDepth: oneOf([8, 10] as const),
  threads: integer(1, 64),
})

const language: Reader<string> = (value, name) => {
  if (typeof value !== 'string' || !/^[a-z]{3}$/.test(value)) {
    throw new JobError(`expected a language such as "eng" for ${name} but received ${describe(value)}`)
  }
  return value
}

const readAudio = object<ParsedAudio>({
  codec: text,
  bitrate,
  encoderOptions: strings,
  tracks: (value, name) =>
    Array.isArray(value) ? list(language)(value, name) : oneOf(['all', 'first'] as const)(value, name),
})

/** Settings, or just a codec. */
const orCodec =
  <T extends { codec?: string }>(read: Reader<T>): Reader<T> =>
  (value, name) =>
    typeof value === 'string' ? ({ codec: text(value, name) } as T) : read(value, name)

const container = oneOf(containerNames)
const tracks = { video: orFalse(orCodec(readVideo)), audio: orFalse(orCodec(readAudio)) }

const readRendition = object<Partial<Rendition>>({ name: text, output: text, container, ...tracks })

const picturePath: Reader<string> = (value, name) => {
  const path = text(value, name)
  if (!/\.(webp|png)$/i.test(path))
    throw new JobError(`expected a .webp or .png file for ${name} but received "${path}"`)
  return path
}

const numberedPath: Reader<string> = (value, name) => {
  const path = picturePath(value, name)
  if (!/%(0\d)?d/.test(path)) throw new JobError(`expected a path with %d for ${name} but received "${path}"`)
  return path
}

const readInputObject = object<Job['input']>({ path: text, format: text, options: strings }, ['path'])
const readInput: Reader<Job['input']> = (value, name) =>
  typeof value === 'string' ? { path: text(value, name) } : readInputObject(value, name)

const tags: Reader<Record<string, string>> = (value, name) => {
  const metadata = strings(value, name)
  const wrong = Object.entries(metadata).find(([tag, content]) => !isTag(tag, content))
  if (wrong === undefined) return metadata
  const expected = TAGS.includes(wrong[0]) ? `a date for ${name}.date` : `one of ${TAGS.join(', ')} for ${name}`
  throw new JobError(`expected ${expected} but received ${describe(wrong[TAGS.includes(wrong[0]) ? 1 : 0])}`)
}

/** @throws JobError */
export const parseInput = (input: JobDescription['input']): Job['input'] => readInput(input, 'input')

/** A description whose members were read one by one. */
interface ReadJob extends Omit<JobDescription, 'input' | 'video' | 'audio' | 'renditions'> {
  input: Job['input']
  video?: ParsedVideo | false
  audio?: ParsedAudio | false
  renditions?: Partial<Rendition>[]
}

const readJob = object<ReadJob>(
  {
    input: readInput,
    output: text,
    container,
    preset: text,
    ...tracks,
    renditions: list(readRendition),
    from: seconds,
    to: seconds,
    metadata: tags,
    threads: integer(1, 64),
    thumbnails: object<ThumbnailSettings>(
      { output: numberedPath, every: positive(86400), count: integer(1, 10000), width: even },
      ['output'],
    ),
    contactSheet: object<ContactSheetSettings>(
      { output: picturePath, columns: integer(1, 32), rows: integer(1, 32), width: even },
      ['output'],
    ),
    hls: object<HlsSettings>({ output: text, segment: positive(60), format: oneOf(['fmp4', 'ts'] as const) }, [
      'output',
    ]),
  },
  ['input'],
)

type Settings = ParsedVideo | ParsedAudio

/** What says something about one codec alone. */
const CODEC_MEMBERS = ['encoder', 'encoderOptions', 'quality']
/** What stands for copied packets too. */
const COPY_MEMBERS = ['tracks']

/** Settings under others, member by member; false wins. What was meant for another codec or another kind of rate goes. */
function over<T extends Settings>(below: T | false | undefined, above: T | false | undefined): T | false {
  if (above === false || (above === undefined && below === false)) return false
  const gone = (key: string): boolean => {
    if (above?.codec === 'copy') return !COPY_MEMBERS.includes(key)
    if (above?.codec !== undefined && above.codec !== (below as T).codec && CODEC_MEMBERS.includes(key)) return true
    return (key === 'quality' && above?.bitrate !== undefined) || (key === 'bitrate' && hasQuality(above))
  }
  const kept = Object.entries(below || {}).filter(([key]) => !gone(key))
  return { ...(Object.fromEntries(kept) as T), ...above }
}

const hasQuality = (settings: Settings | undefined): boolean =>
  settings !== undefined && 'quality' in settings && settings.quality !== undefined

function requireSense({ name, video }: Rendition, from: number): void {
  if (video === false) return
  if (video.bitrate !== undefined && video.quality !== undefined) {
    throw new JobError(`expected either a bitrate or a quality for video of rendition ${name} but received both`)
  }
  if (video.codec === 'copy') {
    const changed = Object.keys(video).find((key) => key !== 'codec')
    if (changed)
      throw new JobError(`expected no ${changed} for video of rendition ${name}, which is copied, but received one`)
    if (from > 0) throw new JobError(`expected an encoder for video of rendition ${name} with from but received "copy"`)
  }
}

/** One rendition: what it says itself over what the job says, over the preset. */
function completeRendition(rendition: Partial<Rendition>, index: number, job: ReadJob, preset: Preset): Rendition {
  const { output } = rendition
  const container = rendition.container ?? job.container ?? (output === undefined ? undefined : containerOf(output))
  if (output !== undefined && container === undefined) {
    throw new JobError(
      `expected a container, or an output ending with one of ${extensions()}, but received "${output}"`,
    )
  }
  const video = over(over(preset.video, job.video), rendition.video)
  return {
    name: rendition.name ?? String(index),
    ...(output === undefined ? {} : { output }),
    ...(container === undefined ? {} : { container }),
    video:
      video === false || video.codec === 'copy' || job.threads === undefined
        ? video
        : { threads: job.threads, ...video },
    audio: over(over(preset.audio, job.audio), rendition.audio),
  }
}

/**
 * Validates a job description and completes it. What it returns is plain JSON, and a valid description itself.
 * @throws JobError "expected X for name but received Y"
 */
export function parseJob(description: JobDescription | Job): Job {
  const job = readJob(description, '')
  const { from = 0, to, output, metadata = {}, thumbnails, contactSheet, hls } = job
  if (to !== undefined && to <= from) throw new JobError(`expected more than from (${from}) for to but received ${to}`)
  if (output !== undefined && job.renditions)
    throw new JobError('expected either output or renditions but received both')
  const single = output !== undefined ? [{ output }] : hls ? [{}] : []
  const preset = job.preset === undefined ? {} : presetNamed(job.preset)
  const renditions = (job.renditions ?? single).map((rendition, index) =>
    completeRendition(rendition, index, job, preset),
  )
  for (const rendition of renditions) requireSense(rendition, from)
  requireDistinct(renditions)
  requireOutputs(renditions, job)
  return {
    input: job.input,
    renditions,
    from,
    ...(to === undefined ? {} : { to }),
    metadata,
    ...(thumbnails ? { thumbnails: { count: 1, width: 320, ...thumbnails } } : {}),
    ...(contactSheet ? { contactSheet: { columns: 4, rows: 4, width: 320, ...contactSheet } } : {}),
    ...(hls ? { hls: { segment: 6, format: 'fmp4', ...hls } } : {}),
  }
}

function requireDistinct(renditions: readonly Rendition[]): void {
  for (const key of ['name', 'output'] as const) {
    const values = renditions.map((rendition) => rendition[key]).filter((value) => value !== undefined)
    const twice = values.find((value, index) => values.indexOf(value) !== index)
    if (twice !== undefined)
      throw new JobError(`expected another ${key} for each rendition but received "${twice}" twice`)
  }
}

function requireOutputs(renditions: readonly Rendition[], { hls, thumbnails, contactSheet }: ReadJob): void {
  const useless = hls ? undefined : renditions.find(({ output }) => output === undefined)
  if (useless) throw new JobError(`expected a path for output of rendition ${useless.name} but received undefined`)
  if (renditions.length === 0 && !thumbnails && !contactSheet) {
    throw new JobError('expected output, renditions, hls, thumbnails or contactSheet but received none of them')
  }
}
