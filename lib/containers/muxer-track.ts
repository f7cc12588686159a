/** From the configuration of a track's decoder to what libavformat is told of the track. */
import { toCodePoints, UNSPECIFIED_COLOR } from '../color-space.js'
import type { AudioDecoderConfig } from '../config/audio-decoder-config.js'
import { av1SequenceHeaderObu } from '../config/av1-bitstream.js'
import { flacStreamInfo } from '../config/flac.js'
import { nalUnits } from '../config/nal-units.js'
import { describeOpus, parseOpusHead } from '../config/opus.js'
import { readVideoDecoderConfig, type VideoDecoderConfig } from '../config/video-decoder-config.js'
import { parseVp9CodecString } from '../config/vp9-codec-string.js'
import { notSupportedError } from '../errors.js'
import type { NativeOutputTrack } from '../native.js'
import { parseRotation } from '../orientation.js'
import { bytesOf } from '../webidl/buffer-source.js'
import { DISPOSITION_FLAGS, type Disposition } from './track.js'

/** What both kinds of tracks have. */
export interface TrackOptions {
  /** As ISO 639-2 has it, of three letters, such as "eng". */
  language?: string
  title?: string
  disposition?: Partial<Disposition>
  /** Bits per second, for formats that tell it. */
  bitrate?: number
  /** Further tags of the track. */
  tags?: Readonly<Record<string, string>>
}

/** libavcodec's name for a codec string, and whether the header can be written before there is a chunk. */
interface CodecName {
  readonly name: string
  readonly needsChunk: boolean
}

const VIDEO_CODECS: readonly (readonly [pattern: RegExp, CodecName])[] = [
  [/^avc[13]\./, { name: 'h264', needsChunk: true }],
  [/^h(vc|ev)1\./, { name: 'hevc', needsChunk: true }],
  [/^vp8$/, { name: 'vp8', needsChunk: false }],
  [/^vp09\./, { name: 'vp9', needsChunk: false }],
  [/^av01\./, { name: 'av1', needsChunk: true }],
]

const AUDIO_CODECS: readonly (readonly [pattern: RegExp, CodecName])[] = [
  [/^mp4a\.(40\.|67$)/, { name: 'aac', needsChunk: true }],
  [/^(mp3|mp4a\.6[9B])$/, { name: 'mp3', needsChunk: false }],
  [/^opus$/, { name: 'opus', needsChunk: true }],
  [/^flac$/, { name: 'flac', needsChunk: true }],
  [/^vorbis$/, { name: 'vorbis', needsChunk: true }],
  [/^ac-3$/, { name: 'ac3', needsChunk: false }],
  [/^ec-3$/, { name: 'eac3', needsChunk: false }],
  [/^pcm-u8$/, { name: 'pcm_u8', needsChunk: false }],
  [/^pcm-s16$/, { name: 'pcm_s16le', needsChunk: false }],
  [/^pcm-s24$/, { name: 'pcm_s24le', needsChunk: false }],
  [/^pcm-s32$/, { name: 'pcm_s32le', needsChunk: false }],
  [/^pcm-f32$/, { name: 'pcm_f32le', needsChunk: false }],
  [/^alaw$/, { name: 'pcm_alaw', needsChunk: false }],
  [/^ulaw$/, { name: 'pcm_mulaw', needsChunk: false }],
]

/** @throws NotSupportedError for a string that names no codec */
export function codecName(type: 'video' | 'audio', codec: string): CodecName {
  const found = (type === 'video' ? VIDEO_CODECS : AUDIO_CODECS).find(([pattern]) => pattern.test(codec))
  if (!found) throw notSupportedError(`expected a codec string for config.codec but received "${codec}"`)
  return found[1]
}

const BITS_PER_SAMPLE: Readonly<Record<string, number>> = {
  pcm_u8: 8,
  pcm_s16le: 16,
  pcm_s24le: 24,
  pcm_s32le: 32,
  pcm_f32le: 32,
  pcm_alaw: 8,
  pcm_mulaw: 8,
}

const START_CODE = [0, 0, 0, 1] as const
const isAvcParameterSet = (nalUnit: Uint8Array): boolean => [7, 8].includes(nalUnit[0]! & 0x1f)
const isHevcParameterSet = (nalUnit: Uint8Array): boolean => [32, 33, 34].includes((nalUnit[0]! >> 1) & 0x3f)

/** The parameter sets of a chunk in Annex B format, in that format. */
function parameterSets(chunk: Uint8Array, isParameterSet: (nalUnit: Uint8Array) => boolean): Uint8Array {
  const bytes: number[] = []
  for (const nalUnit of nalUnits(chunk, 0)) {
    if (nalUnit && nalUnit.length > 0 && isParameterSet(nalUnit)) bytes.push(...START_CODE, ...nalUnit)
  }
  return Uint8Array.from(bytes)
}

function descriptionOf(config: VideoDecoderConfig | AudioDecoderConfig): Uint8Array | null {
  const { description } = config
  return description && description.byteLength > 0 ? bytesOf(description).slice() : null
}

function extradataOf(
  name: string,
  config: VideoDecoderConfig | AudioDecoderConfig,
  chunk: Uint8Array | null,
): Uint8Array | null {
  const description = descriptionOf(config)
  switch (name) {
    case 'h264':
      return description ?? (chunk && parameterSets(chunk, isAvcParameterSet))
    case 'hevc':
      return description ?? (chunk && parameterSets(chunk, isHevcParameterSet))
    case 'av1':
      return chunk && av1SequenceHeaderObu(chunk)
    case 'opus': {
      const head = description ?? describeOpus((config as AudioDecoderConfig).numberOfChannels)
      parseOpusHead(head)
      return head
    }
    case 'flac':
      return flacStreamInfo(description)
    case 'vorbis':
      if (!description) throw notSupportedError('expected the three headers of Vorbis for config.description')
      return description
    default:
      return description
  }
}

/** Rates that are written with a fraction, by a thousandth more than 1. */
const NTSC = 1.001

/** Frames per second as a fraction. */
export function frameRate(framerate: number | undefined): [numerator: number, denominator: number] {
  if (framerate === undefined) return [0, 1]
  const whole = Math.round(framerate * NTSC)
  if (Math.abs(whole / NTSC - framerate) < 0.005 && Math.abs(Math.round(framerate) - framerate) > 1e-6)
    return [whole * 1000, 1001]
  return Number.isInteger(framerate) ? [framerate, 1] : [Math.round(framerate * 1000), 1000]
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b))

/** Pixel aspect ratio. */
function sampleAspect({ displayAspectWidth, displayAspectHeight }: VideoDecoderConfig, width: number, height: number) {
  if (!displayAspectWidth || !displayAspectHeight) return [0, 1] as const
  const numerator = displayAspectWidth * height
  const denominator = displayAspectHeight * width
  const divisor = greatestCommonDivisor(numerator, denominator)
  return [numerator / divisor, denominator / divisor] as const
}

function pixelFormat(codec: string): string {
  if (codec === 'vp8') return 'yuv420p'
  const vp9 = parseVp9CodecString(codec)
  return vp9 ? `yuv${vp9.chroma ?? 420}p${vp9.bitDepth > 8 ? `${vp9.bitDepth}le` : ''}` : 'none'
}

const pairsOf = (tags: Readonly<Record<string, string | undefined>>): string[] =>
  Object.entries(tags).flatMap(([key, value]) => (value === undefined ? [] : [key, value]))

function commonMembers(name: string, options: TrackOptions) {
  const { language, title, disposition = {}, bitrate = 0, tags = {} } = options
  let flags = 0
  for (const [key, flag] of Object.entries(DISPOSITION_FLAGS)) if (disposition[key as keyof Disposition]) flags |= flag
  return { codec: name, codecTag: '', bitrate, disposition: flags, tags: pairsOf({ ...tags, language, title }) }
}

const NO_VIDEO = {
  width: 0,
  height: 0,
  sarNumerator: 0,
  sarDenominator: 1,
  pixelFormat: 'none',
  color: UNSPECIFIED_COLOR,
  rotation: 0,
  flip: false,
  rateNumerator: 0,
  rateDenominator: 1,
} as const
const NO_AUDIO = { sampleRate: 0, channels: 0, bitsPerSample: 0 } as const

/** @param chunk the first one, where there is one */
export function nativeVideoTrack(
  config: VideoDecoderConfig,
  options: TrackOptions & { framerate?: number },
  chunk: Uint8Array | null,
): NativeOutputTrack {
  const { name } = codecName('video', config.codec)
  const {
    codedWidth: width = 0,
    codedHeight: height = 0,
    rotation,
    flip,
    colorSpace,
  } = readVideoDecoderConfig(config, 'config')
  if (width === 0 || height === 0)
    throw new TypeError('expected codedWidth and codedHeight in the configuration of a video track')
  const [sarNumerator, sarDenominator] = sampleAspect(config, width, height)
  const [rateNumerator, rateDenominator] = frameRate(options.framerate)
  return {
    ...commonMembers(name, options),
    ...NO_AUDIO,
    isVideo: true,
    // Parameter sets are in the record alone; some players take HEVC only under this name.
    codecTag: config.codec.startsWith('hvc1') && descriptionOf(config) ? 'hvc1' : '',
    extradata: extradataOf(name, config, chunk),
    width,
    height,
    sarNumerator,
    sarDenominator,
    pixelFormat: pixelFormat(config.codec),
    color: colorSpace ? toCodePoints(colorSpace) : UNSPECIFIED_COLOR,
    rotation: parseRotation(rotation),
    flip,
    rateNumerator,
    rateDenominator,
  }
}

/** @param chunk the first one, where there is one */
export function nativeAudioTrack(
  config: AudioDecoderConfig,
  options: TrackOptions,
  chunk: Uint8Array | null,
): NativeOutputTrack {
  const { name } = codecName('audio', config.codec)
  return {
    ...commonMembers(name, options),
    ...NO_VIDEO,
    isVideo: false,
    extradata: extradataOf(name, config, chunk),
    sampleRate: config.sampleRate,
    channels: config.numberOfChannels,
    bitsPerSample: BITS_PER_SAMPLE[name] ?? 0,
  }
}
