/** The `description` of decoder configurations. */
import { allowSharedBufferSource, bytesOf, isDetached } from '../webidl/buffer-source.js'
import type { Converter } from '../webidl/conversions.js'

/** Stands for a buffer that is detached: a configuration with it is not valid, which shows once all members are read. */
export const DETACHED = new ArrayBuffer(0)

/** A copy, so that later changes of the buffer change nothing. */
export const descriptionBytes: Converter<ArrayBuffer> = (value, name) => {
  const source = allowSharedBufferSource(value, name)
  return isDetached(source) ? DETACHED : new Uint8Array(bytesOf(source)).buffer
}
