/** As much of VP9 bitstreams as the checks of the specification need. */
import { BitReader } from './bit-reader.js'

const FRAME_MARKER = 2
const SYNC_CODE = 0x498342
const KEY_FRAME = 0

/**
 * Whether the frame is a key frame (VP9 Bitstream Specification, section 6.2, uncompressed_header). In a superframe the
 * first frame counts: decoding starts with it.
 * @returns undefined when the data breaks off, or is empty, before that is known
 */
export function isVp9KeyChunk(data: Uint8Array): boolean | undefined {
  if (data.length === 0) return undefined
  const reader = new BitReader(data)
  if (reader.bits(2) !== FRAME_MARKER) return false
  const profile = reader.bit() + 2 * reader.bit()
  const reserved = profile === 3 && reader.bit() !== 0
  const showExistingFrame = reader.bit() === 1
  if (reserved || showExistingFrame || reader.bit() !== KEY_FRAME) return false
  // show_frame and error_resilient_mode
  reader.bits(2)
  const hasSyncCode = reader.bits(24) === SYNC_CODE
  return reader.overrun ? undefined : hasSyncCode
}
