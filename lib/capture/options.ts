/** What can be asked of sources and readers, and how it reaches native code. */
import type { NativeCaptureRequest } from '../native.js'
import { boolean, type Converter, double, enumeration, isObject, typeError } from '../webidl/conversions.js'
import { dictionary, optional, withDefault } from '../webidl/dictionary.js'

export interface CaptureReconnectOptions {
  /** Attempts in a row that may fail before the source has failed; `Infinity` for no end. Default 10. */
  attempts?: number
  /** Seconds before the first attempt, doubled for each one after it, and less by up to half of it at random. Default 0.25. */
  minDelay?: number
  /** The longest delay, in seconds. Default 10. */
  maxDelay?: number
}

/** What is left out stays as it is for a source that is captured already. */
export interface CaptureOptions {
  /** Length of the ring buffer in seconds, up to a day. It only grows. Default 10. */
  seconds?: number
  /** Hz, 1,000 to 384,000. Default: that of the source. */
  sampleRate?: number
  /** 1 to 8. Default: those of the source. */
  channels?: number
  /** Whether to capture sound. Default true. */
  audio?: boolean
  /** Whether to capture pictures. Default true. */
  video?: boolean
  /** Bytes of pictures at most, whatever `seconds` says. It only grows. Default 256 MiB. */
  videoBytes?: number
  /**
   * "realtime": as fast as it plays; "fast": as fast as it can be read; "auto": realtime for files, lavfi and whatever else has a
   * known end, and live sources as they come. Default "auto".
   */
  pace?: 'auto' | 'realtime' | 'fast'
  /** FFmpeg's name of the demuxer or device. Default: found by the contents and the name. */
  format?: string
  /** Options of FFmpeg's demuxer and protocol, by name. */
  inputOptions?: Readonly<Record<string, string | number>>
  /** Seconds without data after which a connection is given up. Default 10. */
  timeout?: number
  reconnect?: CaptureReconnectOptions
}

export interface ReadLastOptions {
  /** Whether to read sound. Default true. */
  audio?: boolean
  /** Whether to read pictures. Default true. */
  video?: boolean
}

/** What a slow reader lost at once. */
export interface CaptureLoss {
  /** Samples of each channel. */
  audioFrames: number
  videoFrames: number
}

export interface FollowOptions extends ReadLastOptions {
  /** Seconds before the newest to begin with. Default 0: with what comes next. */
  last?: number
  /** Seconds that the reader may be behind; more is lost to it. Default: as far as the ring buffer reaches. */
  maxLag?: number
  /** Called before the first output after a loss. */
  onLost?: (loss: CaptureLoss) => void
  /** Ends the iteration with its reason. */
  signal?: AbortSignal
}

export const MICROS = 1e6

/** A number in a range; `Infinity` only where the range ends there. */
function numberBetween(lowest: number, highest: number, unit: string): Converter<number> {
  return (value, name) => {
    const number = value === Infinity ? Infinity : double(value, name)
    if (number < lowest || number > highest) throw typeError(`${lowest} to ${highest}${unit}`, name, value)
    return number
  }
}

function integerBetween(lowest: number, highest: number, unit = ''): Converter<number> {
  const convert = numberBetween(lowest, highest, unit)
  return (value, name) => {
    const number = convert(value, name)
    if (number !== Infinity && !Number.isInteger(number)) throw typeError('an integer', name, value)
    return number
  }
}

const seconds = (lowest: number, highest: number) => numberBetween(lowest, highest, ' seconds')

const inputOptions: Converter<[string, string][]> = (value, name) => {
  if (!isObject(value)) throw typeError('an object', name, value)
  return Object.entries(value).map(([key, option]) => {
    if (typeof option !== 'string' && typeof option !== 'number') {
      throw typeError('a string or a number', `${name}.${key}`, option)
    }
    return [key, String(option)]
  })
}

const formatName: Converter<string> = (value, name) => {
  if (typeof value !== 'string' || value === '') throw typeError('the name of a format', name, value)
  return value
}

const abortSignal: Converter<AbortSignal> = (value, name) => {
  if (!(value instanceof AbortSignal)) throw typeError('an AbortSignal', name, value)
  return value
}

const lossCallback: Converter<(loss: CaptureLoss) => void> = (value, name) => {
  if (typeof value !== 'function') throw typeError('a function', name, value)
  return value as (loss: CaptureLoss) => void
}

const PACES = ['auto', 'realtime', 'fast'] as const
const DAY = 86_400

const readCaptureOptions = dictionary('CaptureOptions', {
  seconds: optional(seconds(0.01, DAY)),
  sampleRate: optional(integerBetween(1000, 384_000, ' Hz')),
  channels: optional(integerBetween(1, 8)),
  audio: optional(boolean),
  video: optional(boolean),
  videoBytes: optional(integerBetween(1, 2 ** 40, ' bytes')),
  pace: optional(enumeration(PACES)),
  format: optional(formatName),
  inputOptions: optional(inputOptions),
  timeout: optional(seconds(0.01, DAY)),
  reconnect: optional(
    dictionary('CaptureReconnectOptions', {
      attempts: optional(integerBetween(1, Infinity)),
      minDelay: optional(seconds(0.001, DAY)),
      maxDelay: optional(seconds(0.001, DAY)),
    }),
  ),
})

/** What is not stated is 0, -1 or empty in native code. */
export function parseCaptureOptions(value: unknown): NativeCaptureRequest {
  const options = readCaptureOptions(value, 'options')
  const { attempts, minDelay, maxDelay } = options.reconnect ?? {}
  const micros = (time: number | undefined) => Math.round((time ?? 0) * MICROS)
  const flag = (stated: boolean | undefined) => (stated === undefined ? -1 : Number(stated))
  if (minDelay !== undefined && maxDelay !== undefined && minDelay > maxDelay) {
    throw typeError(`at least minDelay (${minDelay} seconds)`, 'options.reconnect.maxDelay', maxDelay)
  }
  return {
    micros: micros(options.seconds),
    sampleRate: options.sampleRate ?? 0,
    channels: options.channels ?? 0,
    audio: flag(options.audio),
    video: flag(options.video),
    videoBytes: options.videoBytes ?? 0,
    format: options.format ?? '',
    hasOptions: options.inputOptions !== undefined,
    options: options.inputOptions?.flat() ?? [],
    pace: options.pace === undefined ? -1 : PACES.indexOf(options.pace),
    timeout: micros(options.timeout),
    attempts: attempts === undefined ? 0 : attempts === Infinity ? -1 : Math.min(attempts, 2 ** 30),
    minDelay: micros(minDelay),
    maxDelay: micros(maxDelay),
  }
}

export const readSeconds = seconds(0, DAY)

export const readReadLastOptions = dictionary('ReadLastOptions', {
  audio: withDefault(boolean, true),
  video: withDefault(boolean, true),
})

const readFollowOptions = dictionary('FollowOptions', {
  audio: withDefault(boolean, true),
  video: withDefault(boolean, true),
  last: withDefault(seconds(0, DAY), 0),
  maxLag: optional(seconds(0.001, DAY)),
  onLost: optional(lossCallback),
  signal: optional(abortSignal),
})

export type ParsedFollowOptions = ReturnType<typeof readFollowOptions>

export function parseFollowOptions(value: unknown): ParsedFollowOptions {
  const options = readFollowOptions(value, 'options')
  if (options.maxLag !== undefined && options.maxLag < options.last) {
    throw typeError(`at least options.last (${options.last} seconds)`, 'options.maxLag', options.maxLag)
  }
  return options
}

const readSignal = dictionary('options', { signal: optional(abortSignal) })

/** The signal in `{ signal }`. */
export const parseSignal = (value: unknown): AbortSignal | undefined => readSignal(value, 'options').signal
