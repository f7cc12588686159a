/** `AllowSharedBufferSource` and `ArrayBuffer` arguments, and the bytes they stand for. */
import { types } from 'node:util'
import { type Converter, typeError } from './conversions.js'

export type AllowSharedBufferSource = ArrayBufferLike | ArrayBufferView<ArrayBufferLike>

/** What ES2024 adds to buffers, and Node 20 has. */
interface Resizable {
  readonly resizable?: boolean
  readonly growable?: boolean
}

const isResizable = (buffer: ArrayBufferLike): boolean => {
  const { resizable, growable } = buffer as Resizable
  return resizable === true || growable === true
}

/** Buffers of variable length are refused, as Web IDL has it for types without [AllowResizable]. */
export const allowSharedBufferSource: Converter<AllowSharedBufferSource> = (value, name) => {
  const isView = ArrayBuffer.isView(value)
  if (!isView && !types.isAnyArrayBuffer(value)) {
    throw typeError('an ArrayBuffer, a SharedArrayBuffer or a view of one', name, value)
  }
  if (isResizable(isView ? value.buffer : value)) throw typeError('a buffer of fixed length', name, value)
  return value
}

export const arrayBuffer: Converter<ArrayBuffer> = (value, name) => {
  if (!types.isArrayBuffer(value)) throw typeError('an ArrayBuffer', name, value)
  if (isResizable(value)) throw typeError('a buffer of fixed length', name, value)
  return value
}

/** `ArrayBuffer.prototype.detached` for Node 20, which has no such property. */
function isDetachedBuffer(buffer: ArrayBufferLike): boolean {
  if (buffer.byteLength > 0 || types.isSharedArrayBuffer(buffer)) return false
  try {
    new Uint8Array(buffer)
    return false
  } catch {
    return true
  }
}

export const bufferOf = (source: AllowSharedBufferSource): ArrayBufferLike =>
  ArrayBuffer.isView(source) ? source.buffer : source

export function isDetached(source: AllowSharedBufferSource): boolean {
  return isDetachedBuffer(bufferOf(source))
}

/** Zero when `source` is detached, for a DataView too, whose own attribute throws then. */
export const byteLengthOf = (source: AllowSharedBufferSource): number =>
  isDetachedBuffer(bufferOf(source)) ? 0 : source.byteLength

/** The bytes themselves, not a copy; `source` must not be detached. */
export function bytesOf(source: AllowSharedBufferSource): Uint8Array {
  if (source instanceof Uint8Array) return source
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
  return new Uint8Array(source)
}
