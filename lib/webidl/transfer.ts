/** The `transfer` member of the constructors that take a buffer: what is listed there is detached. */
import { type AllowSharedBufferSource, bufferOf, isDetached } from './buffer-source.js'

/** Throws a DataCloneError when a buffer is listed twice or is detached already. */
export function validateTransferList(transfer: readonly ArrayBuffer[]): void {
  if (transfer.length === 0) return
  if (new Set(transfer).size !== transfer.length) {
    throw new DOMException('expected different ArrayBuffers for transfer but received one twice', 'DataCloneError')
  }
  if (transfer.some(isDetached)) {
    throw new DOMException('expected usable ArrayBuffers for transfer but received a detached one', 'DataCloneError')
  }
}

/**
 * Detaches a buffer by moving its memory into a new one, which nobody else can reach. Node guards some buffers against
 * it: the slab that small Buffers share, where detaching one would take its neighbours along, and WebAssembly memories.
 * Node 20 then gives a copy, later versions throw; in both cases the original stays as it is, unharmed.
 * @returns the new buffer, or null when there is none
 */
function detach(buffer: ArrayBuffer): ArrayBuffer | null {
  try {
    return structuredClone(buffer, { transfer: [buffer] })
  } catch {
    return null
  }
}

/**
 * Detaches the buffer of `data` if `transfer` has it.
 * @returns the bytes of `data` in memory of their own; null when the buffer is not in `transfer` or cannot be detached:
 *   then `data` is what it was, to be copied
 */
export function takeTransferred(data: AllowSharedBufferSource, transfer: readonly ArrayBuffer[]): Uint8Array | null {
  const buffer = transfer.find((candidate) => candidate === bufferOf(data))
  if (!buffer) return null
  const offset = ArrayBuffer.isView(data) ? data.byteOffset : 0
  const length = data.byteLength
  const taken = detach(buffer)
  return taken && new Uint8Array(taken, offset, length)
}

/** Detaches the buffers of `transfer` that are not the buffer of `data`. */
export function detachOthers(data: AllowSharedBufferSource, transfer: readonly ArrayBuffer[]): void {
  for (const buffer of transfer) if (buffer !== bufferOf(data)) detach(buffer)
}
