import { AUDIO_SAMPLE_FORMATS, type AudioSampleFormat, type SampleFormat, sampleFormat } from './audio-sample-format.js'
import type { DomAttribute } from './dom-types.js'
import { invalidStateError } from './errors.js'
import type { AudioBufferHandle } from './native.js'
import { getRuntime } from './runtime.js'
import { type AllowSharedBufferSource, allowSharedBufferSource, arrayBuffer, bytesOf } from './webidl/buffer-source.js'
import { enforceRange, enumeration, float, sequence } from './webidl/conversions.js'
import { dictionary, optional, required, withDefault, withNewDefault } from './webidl/dictionary.js'
import { defineInterface } from './webidl/interface.js'
import { detachOthers, takeTransferred, validateTransferList } from './webidl/transfer.js'

/** https://www.w3.org/TR/webcodecs/#dictdef-audiodatainit */
export interface AudioDataInit {
  format: AudioSampleFormat
  /** Frames per second. */
  sampleRate: number
  /** Samples of each channel. */
  numberOfFrames: number
  numberOfChannels: number
  /** Presentation timestamp in microseconds; may be negative. */
  timestamp: number
  /** The samples, planes one after the other without padding; copied unless its ArrayBuffer is in `transfer`. */
  data: AllowSharedBufferSource
  /** ArrayBuffers to detach. */
  transfer?: ArrayBuffer[]
}

/** https://www.w3.org/TR/webcodecs/#dictdef-audiodatacopytooptions */
export interface AudioDataCopyToOptions {
  /** The channel for planar formats; 0 for interleaved ones, which have one plane. */
  planeIndex: number
  /** The first frame to copy. Default 0. */
  frameOffset?: number
  /** The number of frames to copy. Default: all from `frameOffset` on. */
  frameCount?: number
  /** The format to convert to. Default: the data's own. */
  format?: AudioSampleFormat
}

const readAudioDataInit = dictionary('AudioDataInit', {
  data: required(allowSharedBufferSource),
  format: required(enumeration(AUDIO_SAMPLE_FORMATS)),
  numberOfChannels: required(enforceRange.unsignedLong),
  numberOfFrames: required(enforceRange.unsignedLong),
  sampleRate: required(float),
  timestamp: required(enforceRange.longLong),
  transfer: withNewDefault<ArrayBuffer[]>(sequence(arrayBuffer), () => []),
})

const readAudioDataCopyToOptions = dictionary('AudioDataCopyToOptions', {
  format: optional(enumeration(AUDIO_SAMPLE_FORMATS)),
  frameCount: optional(enforceRange.unsignedLong),
  frameOffset: withDefault(enforceRange.unsignedLong, 0),
  planeIndex: required(enforceRange.unsignedLong),
})

export interface AudioDataSlots {
  /** spec: [[resource reference]]; null when the data is closed. */
  readonly buffer: AudioBufferHandle | null
  readonly format: SampleFormat | null
  readonly sampleRate: number
  readonly numberOfFrames: number
  readonly numberOfChannels: number
  readonly timestamp: number
}

export type OpenAudioDataSlots = AudioDataSlots & {
  readonly buffer: AudioBufferHandle
  readonly format: SampleFormat
}

/** Lets this module make data from slots; the class is out of the user's reach. */
class SlotsArgument {
  readonly slots: OpenAudioDataSlots

  constructor(slots: OpenAudioDataSlots) {
    this.slots = slots
  }
}

interface Internals {
  slotsOf(data: AudioData): AudioDataSlots
  /** Makes data that owns `slots.buffer`. */
  create(slots: OpenAudioDataSlots): AudioData
  isData(value: unknown): value is AudioData
  isOpen(slots: AudioDataSlots): slots is OpenAudioDataSlots
}

let internals!: Internals

type ParsedInit = ReturnType<typeof readAudioDataInit>

/** spec: "valid AudioDataInit", as a TypeError when it is not */
function requireValidInit(init: ParsedInit, { bytesPerSample }: SampleFormat): void {
  for (const name of ['sampleRate', 'numberOfFrames', 'numberOfChannels'] as const) {
    if (init[name] <= 0) throw new TypeError(`expected a positive number for ${name} but received ${init[name]}`)
  }
  const totalSize = init.numberOfFrames * init.numberOfChannels * bytesPerSample
  if (init.data.byteLength < totalSize) {
    throw new TypeError(`expected at least ${totalSize} bytes for data but received ${init.data.byteLength}`)
  }
}

/** The steps of AudioData(init). */
function slotsFromInit(value: unknown): OpenAudioDataSlots {
  const init = readAudioDataInit(value, '')
  const format = sampleFormat(init.format)
  requireValidInit(init, format)
  const { data, transfer, sampleRate, numberOfFrames, numberOfChannels, timestamp } = init
  validateTransferList(transfer)
  const { native } = getRuntime()
  const taken = takeTransferred(data, transfer)
  const bytes = taken ?? bytesOf(data)
  const buffer = native.createAudioBuffer(format.index, numberOfChannels, numberOfFrames, bytes, taken !== null)
  detachOthers(data, transfer)
  return { buffer, format, sampleRate, numberOfFrames, numberOfChannels, timestamp }
}

interface CopyPlan {
  readonly format: SampleFormat
  readonly planeIndex: number
  readonly frameOffset: number
  readonly frameCount: number
  /** In bytes. */
  readonly size: number
}

/** spec: "Compute Copy Element Count", and the bytes that the elements take. All conversions are supported. */
function planCopy(slots: OpenAudioDataSlots, options: ReturnType<typeof readAudioDataCopyToOptions>): CopyPlan {
  const { numberOfFrames, numberOfChannels } = slots
  const { planeIndex, frameOffset } = options
  const format = options.format === undefined ? slots.format : sampleFormat(options.format)
  const planes = format.isPlanar ? numberOfChannels : 1
  if (planeIndex >= planes) {
    throw new RangeError(`expected a planeIndex below ${planes} for ${format.name} but received ${planeIndex}`)
  }
  if (frameOffset >= numberOfFrames) {
    throw new RangeError(`expected a frameOffset below ${numberOfFrames} but received ${frameOffset}`)
  }
  const frameCount = options.frameCount ?? numberOfFrames - frameOffset
  if (frameCount > numberOfFrames - frameOffset) {
    throw new RangeError(
      `expected a frameCount of at most ${numberOfFrames - frameOffset} from frame ${frameOffset} on but received ${frameCount}`,
    )
  }
  const size = frameCount * format.bytesPerSample * (format.isPlanar ? 1 : numberOfChannels)
  return { format, planeIndex, frameOffset, frameCount, size }
}

/**
 * Sound with its timing: samples of one or more channels. It holds on to them until `close()`.
 * https://www.w3.org/TR/webcodecs/#audiodata-interface
 */
export class AudioData {
  #slots: AudioDataSlots

  /**
   * Data with a copy of `init.data`, or with the memory itself when `init.transfer` has its ArrayBuffer. A buffer that
   * Node does not let go, such as the slab that small Buffers share, is copied and left alone.
   * @throws TypeError when `init` is not valid or its data too short
   * @throws DataCloneError when `init.transfer` has a buffer twice, or one that is detached
   */
  constructor(init: AudioDataInit) {
    const value: unknown = init
    this.#slots = value instanceof SlotsArgument ? value.slots : slotsFromInit(value)
  }

  /** The type and arrangement of the samples; null when the data is closed. */
  get format(): DomAttribute<'AudioData', 'format', AudioSampleFormat | null> {
    return (this.#slots.format?.name ?? null) as never
  }

  /** Frames per second; 0 when the data is closed. */
  get sampleRate(): number {
    return this.#slots.sampleRate
  }

  /** Samples of each channel; 0 when the data is closed. */
  get numberOfFrames(): number {
    return this.#slots.numberOfFrames
  }

  /** 0 when the data is closed. */
  get numberOfChannels(): number {
    return this.#slots.numberOfChannels
  }

  /** Presentation duration in microseconds, rounded down; 0 when the data is closed. */
  get duration(): number {
    const { numberOfFrames, sampleRate } = this.#slots
    return sampleRate === 0 ? 0 : Math.trunc((numberOfFrames * 1e6) / sampleRate)
  }

  /** Presentation timestamp in microseconds. */
  get timestamp(): number {
    return this.#slots.timestamp
  }

  /**
   * The bytes that copyTo() with these options needs.
   * @throws InvalidStateError when the data is closed
   * @throws RangeError when a member of `options` reaches past the planes or frames that there are
   */
  allocationSize(options: AudioDataCopyToOptions): number {
    const parsedOptions = readAudioDataCopyToOptions(options, '')
    return planCopy(this.#requireOpen(), parsedOptions).size
  }

  /**
   * Copies samples of one plane to the start of `destination`, converted when `options.format` asks for it: minimum,
   * bias and maximum value of one type become those of the other.
   * @throws InvalidStateError when the data is closed
   * @throws RangeError when `options` reaches past the planes or frames that there are, or `destination` is too short
   */
  copyTo(destination: AllowSharedBufferSource, options: AudioDataCopyToOptions): void {
    const target = allowSharedBufferSource(destination, 'destination')
    const parsedOptions = readAudioDataCopyToOptions(options, '')
    const slots = this.#requireOpen()
    const { format, planeIndex, frameOffset, frameCount, size } = planCopy(slots, parsedOptions)
    if (target.byteLength < size) {
      throw new RangeError(`expected at least ${size} bytes for destination but received ${target.byteLength}`)
    }
    if (size === 0) return
    getRuntime().native.copySamples(slots.buffer, format.index, planeIndex, frameOffset, frameCount, bytesOf(target))
  }

  /**
   * Another AudioData with the same samples, which are shared, not copied. Both have to be closed.
   * @throws InvalidStateError when the data is closed
   */
  clone(): AudioData {
    const slots = this.#requireOpen()
    return internals.create({ ...slots, buffer: getRuntime().native.cloneAudioBuffer(slots.buffer) })
  }

  /** Gives up the samples. The timestamp stays. */
  close(): void {
    const { buffer, timestamp } = this.#slots
    if (!buffer) return
    this.#slots = { buffer: null, format: null, sampleRate: 0, numberOfFrames: 0, numberOfChannels: 0, timestamp }
    getRuntime().closeAudioBuffer(buffer)
  }

  #requireOpen(): OpenAudioDataSlots {
    const slots = this.#slots
    if (!internals.isOpen(slots)) throw invalidStateError('expected an open AudioData but it is closed')
    return slots
  }

  static {
    internals = {
      slotsOf: (data) => data.#slots,
      create: (slots) => new AudioData(new SlotsArgument(slots) as never),
      isData: (value): value is AudioData => typeof value === 'object' && value !== null && #slots in value,
      isOpen: (slots): slots is OpenAudioDataSlots => slots.buffer !== null,
    }
    defineInterface(this, 'AudioData')
  }
}

/** What the codecs need to know of data and the prototype does not tell. */
export const audioDataInternals = internals
