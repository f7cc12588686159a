import {
  type AllowSharedBufferSource,
  allowSharedBufferSource,
  arrayBuffer,
  bytesOf,
  isDetached,
} from './webidl/buffer-source.js'
import { enforceRange, enumeration, sequence, typeError } from './webidl/conversions.js'
import { dictionary, optional, required, withNewDefault } from './webidl/dictionary.js'
import { defineInterface } from './webidl/interface.js'
import { detachOthers, takeTransferred, validateTransferList } from './webidl/transfer.js'

export type EncodedVideoChunkType = 'key' | 'delta'

export interface EncodedVideoChunkInit {
  type: EncodedVideoChunkType
  /** Presentation timestamp in microseconds; may be negative. */
  timestamp: number
  /** Presentation duration in microseconds. */
  duration?: number
  /** The encoded data; copied unless its ArrayBuffer is in `transfer`. */
  data: AllowSharedBufferSource
  /** ArrayBuffers to detach. */
  transfer?: ArrayBuffer[]
}

const readEncodedVideoChunkInit = dictionary('EncodedVideoChunkInit', {
  data: required(allowSharedBufferSource),
  duration: optional(enforceRange.unsignedLongLong),
  timestamp: required(enforceRange.longLong),
  transfer: withNewDefault<ArrayBuffer[]>(sequence(arrayBuffer), () => []),
  type: required(enumeration<EncodedVideoChunkType>(['key', 'delta'])),
})

interface Slots {
  /** spec: [[internal data]]; never changes. */
  readonly data: Uint8Array
  readonly type: EncodedVideoChunkType
  readonly timestamp: number
  readonly duration: number | null
}

/** Lets this module make chunks without a copy; the class is out of the user's reach. */
class SlotsArgument {
  readonly slots: Slots

  constructor(slots: Slots) {
    this.slots = slots
  }
}

function slotsFromInit(init: unknown): Slots {
  const { data, duration, timestamp, transfer, type } = readEncodedVideoChunkInit(init, '')
  validateTransferList(transfer)
  if (isDetached(data)) throw typeError('a buffer that is not detached', 'data', data)
  const bytes = takeTransferred(data, transfer) ?? new Uint8Array(bytesOf(data))
  detachOthers(data, transfer)
  return { data: bytes, type, timestamp, duration: duration ?? null }
}

interface Internals {
  slotsOf(chunk: EncodedVideoChunk): Slots
  /** Makes a chunk around `slots.data`, which nobody else may change. */
  create(slots: Slots): EncodedVideoChunk
  isChunk(value: unknown): value is EncodedVideoChunk
}

let internals!: Internals

/**
 * A piece of encoded video, such as one access unit of H.264. Immutable.
 * https://www.w3.org/TR/webcodecs/#encodedvideochunk-interface
 */
export class EncodedVideoChunk {
  readonly #slots: Slots

  /**
   * @throws TypeError when `init` lacks a member or has one of the wrong type, or its data is detached
   * @throws DataCloneError when `init.transfer` has a buffer twice, or one that is detached
   */
  constructor(init: EncodedVideoChunkInit) {
    this.#slots =
      (init as unknown) instanceof SlotsArgument ? (init as unknown as SlotsArgument).slots : slotsFromInit(init)
  }

  /** "key" when the chunk can be decoded without any other, else "delta". */
  get type(): EncodedVideoChunkType {
    return this.#slots.type
  }

  /** Presentation timestamp in microseconds. */
  get timestamp(): number {
    return this.#slots.timestamp
  }

  /** Presentation duration in microseconds, or null. */
  get duration(): number | null {
    return this.#slots.duration
  }

  /** Size of the encoded data in bytes. */
  get byteLength(): number {
    return this.#slots.data.byteLength
  }

  /**
   * Copies the encoded data to the start of `destination`.
   * @throws TypeError when `destination` is detached or shorter than `byteLength`
   */
  copyTo(destination: AllowSharedBufferSource): void {
    const { data } = this.#slots
    const target = allowSharedBufferSource(destination, 'destination')
    if (isDetached(target)) throw typeError('a buffer that is not detached', 'destination', target)
    if (target.byteLength < data.byteLength) {
      throw new TypeError(
        `expected at least ${data.byteLength} bytes for destination but received ${target.byteLength}`,
      )
    }
    bytesOf(target).set(data)
  }

  static {
    internals = {
      slotsOf: (chunk) => chunk.#slots,
      create: (slots) => new EncodedVideoChunk(new SlotsArgument(slots) as unknown as EncodedVideoChunkInit),
      isChunk: (value): value is EncodedVideoChunk => typeof value === 'object' && value !== null && #slots in value,
    }
    defineInterface(this, 'EncodedVideoChunk')
  }
}

/** What the codecs need to know of chunks and the prototype does not tell. */
export const encodedVideoChunkInternals = internals
