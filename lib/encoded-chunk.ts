/** What EncodedVideoChunk and EncodedAudioChunk have in common: everything but their names. */
import {
  type AllowSharedBufferSource,
  allowSharedBufferSource,
  arrayBuffer,
  byteLengthOf,
  bytesOf,
  isDetached,
} from './webidl/buffer-source.js'
import { enforceRange, enumeration, sequence } from './webidl/conversions.js'
import { dictionary, optional, required, withNewDefault } from './webidl/dictionary.js'
import { defineInterface } from './webidl/interface.js'
import { detachOthers, takeTransferred, validateTransferList } from './webidl/transfer.js'

export type EncodedChunkType = 'key' | 'delta'

export interface EncodedChunkInit {
  type: EncodedChunkType
  /** Presentation timestamp in microseconds; may be negative. */
  timestamp: number
  /** Presentation duration in microseconds. */
  duration?: number
  /** The encoded data; copied unless its ArrayBuffer is in `transfer`. */
  data: AllowSharedBufferSource
  /** ArrayBuffers to detach. */
  transfer?: ArrayBuffer[]
}

/** A piece of encoded media. Immutable. */
export interface EncodedChunk {
  /** "key" when the chunk can be decoded without any other, else "delta". */
  readonly type: EncodedChunkType
  /** Presentation timestamp in microseconds. */
  readonly timestamp: number
  /** Presentation duration in microseconds, or null. */
  readonly duration: number | null
  /** Size of the encoded data in bytes. */
  readonly byteLength: number
  /**
   * Copies the encoded data to the start of `destination`.
   * @throws TypeError when `destination` is shorter than `byteLength`, as a detached one is
   */
  copyTo(destination: AllowSharedBufferSource): void
}

export interface ChunkSlots {
  /** spec: [[internal data]]; its bytes never change. */
  readonly data: Uint8Array
  /** Whether the memory of `data` holds the bytes of other chunks too: nobody outside may get at it then. */
  readonly isShared?: boolean
  readonly type: EncodedChunkType
  readonly timestamp: number
  readonly duration: number | null
}

export interface EncodedChunkInternals<Chunk> {
  slotsOf(chunk: Chunk): ChunkSlots
  /** The data in memory that the chunk alone has, to be given to the outside. */
  ownData(chunk: Chunk): Uint8Array
  /** Makes a chunk around `slots.data`, which nobody else may change. */
  create(slots: ChunkSlots): Chunk
  isChunk(value: unknown): value is Chunk
}

/**
 * Small copies share memory, as Node's small Buffers do: an ArrayBuffer each costs several times what the copy costs, and
 * is a call of the allocator here and one in the thread that frees it. At most a slab is kept alive by a chunk of it.
 */
const SLAB_SIZE = 16 * 1024
const LARGEST_SHARED = SLAB_SIZE / 8
let slab = new ArrayBuffer(0)
let slabUsed = 0

function copyOf(bytes: Uint8Array): { data: Uint8Array; isShared: boolean } {
  const size = bytes.byteLength
  if (size > LARGEST_SHARED) return { data: new Uint8Array(bytes), isShared: false }
  if (slabUsed + size > slab.byteLength) {
    slab = new ArrayBuffer(SLAB_SIZE)
    slabUsed = 0
  }
  const data = new Uint8Array(slab, slabUsed, size)
  slabUsed += size
  data.set(bytes)
  return { data, isShared: true }
}

/** Lets this module make chunks without a copy; the class is out of the user's reach. */
class SlotsArgument {
  readonly slots: ChunkSlots

  constructor(slots: ChunkSlots) {
    this.slots = slots
  }
}

/**
 * Makes one of the two interfaces, and what the codecs need to know of its chunks and the prototype does not tell. They
 * are apart for Web IDL, and have no common prototype.
 */
export function defineEncodedChunk<Chunk extends EncodedChunk>(
  name: string,
): {
  EncodedChunk: { new (init: EncodedChunkInit): Chunk; readonly prototype: Chunk }
  internals: EncodedChunkInternals<Chunk>
} {
  const readInit = dictionary(`${name}Init`, {
    data: required(allowSharedBufferSource),
    duration: optional(enforceRange.unsignedLongLong),
    timestamp: required(enforceRange.longLong),
    transfer: withNewDefault<ArrayBuffer[]>(sequence(arrayBuffer), () => []),
    type: required(enumeration<EncodedChunkType>(['key', 'delta'])),
  })

  function slotsFromInit(init: unknown): ChunkSlots {
    const { data, duration, timestamp, transfer, type } = readInit(init, '')
    validateTransferList(transfer)
    // Web IDL, "get a copy of the bytes held by the buffer source": none when it is detached.
    let bytes = isDetached(data) ? new Uint8Array(0) : takeTransferred(data, transfer)
    let isShared = false
    if (!bytes) ({ data: bytes, isShared } = copyOf(bytesOf(data)))
    detachOthers(data, transfer)
    return { data: bytes, isShared, type, timestamp, duration: duration ?? null }
  }

  class Interface implements EncodedChunk {
    #slots: ChunkSlots

    constructor(init: EncodedChunkInit) {
      this.#slots =
        (init as unknown) instanceof SlotsArgument ? (init as unknown as SlotsArgument).slots : slotsFromInit(init)
    }

    get type(): EncodedChunkType {
      return this.#slots.type
    }

    get timestamp(): number {
      return this.#slots.timestamp
    }

    get duration(): number | null {
      return this.#slots.duration
    }

    get byteLength(): number {
      return this.#slots.data.byteLength
    }

    copyTo(destination: AllowSharedBufferSource): void {
      const { data } = this.#slots
      const target = allowSharedBufferSource(destination, 'destination')
      const available = byteLengthOf(target)
      if (available < data.byteLength) {
        throw new TypeError(`expected at least ${data.byteLength} bytes for destination but received ${available}`)
      }
      if (data.byteLength > 0) bytesOf(target).set(data)
    }

    static slotsOf(chunk: EncodedChunk): ChunkSlots {
      return (chunk as Interface).#slots
    }

    static ownData(chunk: EncodedChunk): Uint8Array {
      const self = chunk as Interface
      const slots = self.#slots
      if (slots.isShared) self.#slots = { ...slots, data: slots.data.slice(), isShared: false }
      return self.#slots.data
    }

    static isChunk(value: unknown): value is Chunk {
      return typeof value === 'object' && value !== null && #slots in value
    }
  }

  const { slotsOf, ownData, isChunk } = Interface
  for (const helper of ['slotsOf', 'ownData', 'isChunk']) Reflect.deleteProperty(Interface, helper)
  defineInterface(Interface, name)
  return {
    EncodedChunk: Interface as never,
    internals: {
      slotsOf,
      ownData,
      isChunk,
      create: (slots) => new Interface(new SlotsArgument(slots) as unknown as EncodedChunkInit) as never,
    },
  }
}
