/** The description of FLAC: "fLaC", STREAMINFO, and perhaps other metadata blocks (RFC 9639, sections 6 to 8). */
import { notSupportedError } from '../errors.js'

const MARKER = [0x66, 0x4c, 0x61, 0x43] as const
const BLOCK_HEADER_SIZE = 4
const STREAM_INFO_SIZE = 34

/**
 * The contents of STREAMINFO.
 * @throws NotSupportedError when there is no description, or it begins otherwise
 */
export function flacStreamInfo(description: Uint8Array | null): Uint8Array {
  const start = MARKER.length + BLOCK_HEADER_SIZE
  const isFlac = description && MARKER.every((byte, index) => description[index] === byte)
  const isStreamInfo = isFlac && (description[MARKER.length]! & 0x7f) === 0
  if (!isStreamInfo || description.length < start + STREAM_INFO_SIZE) {
    throw notSupportedError('expected "fLaC" and STREAMINFO for description of FLAC')
  }
  return description.slice(start, start + STREAM_INFO_SIZE)
}
