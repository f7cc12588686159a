/** As much of AV1 bitstreams as the checks of the specification need (low-overhead bitstream format). */
import { BitReader } from './bit-reader.js'

/** AV1 Bitstream & Decoding Process Specification, section 6.2.2 */
const ObuType = { sequenceHeader: 1, frameHeader: 3, frame: 6 } as const
const KEY_FRAME = 0
const MAX_LEB128_BYTES = 8

/** An OBU from its header on, without what follows it. */
interface Obu {
  readonly type: number
  readonly payload: Uint8Array
  readonly whole: Uint8Array
}

/** The OBUs of a temporal unit. Ends with null when one is cut off or malformed. */
function* obus(data: Uint8Array): Generator<Obu | null> {
  let offset = 0
  while (offset < data.length) {
    const start = offset
    const header = data[offset++]!
    const hasExtension = (header & 0x04) !== 0
    const hasSize = (header & 0x02) !== 0
    const isForbidden = (header & 0x80) !== 0
    if (hasExtension) offset++
    let size = hasSize ? 0 : data.length - offset
    for (let index = 0; hasSize; index++) {
      const byte = data[offset++]
      if (byte === undefined || index === MAX_LEB128_BYTES) return yield null
      size += (byte & 0x7f) * 2 ** (7 * index)
      if (byte < 0x80) break
    }
    if (isForbidden || size < 0 || offset + size > data.length) return yield null
    yield {
      type: (header >> 3) & 0x0f,
      payload: data.subarray(offset, offset + size),
      whole: data.subarray(start, offset + size),
    }
    offset += size
  }
}

/** reduced_still_picture_header: the stream's only frame is a key frame, and does not say so. */
function isReducedStillPicture(sequenceHeader: Uint8Array): boolean {
  const reader = new BitReader(sequenceHeader)
  // seq_profile and still_picture
  reader.bits(4)
  return reader.bit() === 1
}

/** Sections 5.9.2 and 7.20: neither a frame that is shown once more, nor an intra-only frame, is a key frame. */
function isKeyFrame(frameHeader: Uint8Array): boolean {
  const reader = new BitReader(frameHeader)
  const showExistingFrame = reader.bit() === 1
  return !showExistingFrame && reader.bits(2) === KEY_FRAME
}

/**
 * Whether decoding can start with this temporal unit: its first frame is a key frame, behind a sequence header.
 * @returns undefined when the data breaks off, or is empty, before that is known
 */
export function isAv1KeyChunk(data: Uint8Array): boolean | undefined {
  if (data.length === 0) return undefined
  let sequenceHeader: Uint8Array | null = null
  for (const obu of obus(data)) {
    if (!obu) return undefined
    if (obu.type === ObuType.sequenceHeader) sequenceHeader = obu.payload
    if (obu.type === ObuType.frame || obu.type === ObuType.frameHeader) {
      return sequenceHeader !== null && (isReducedStillPicture(sequenceHeader) || isKeyFrame(obu.payload))
    }
  }
  return false
}

/** The sequence header of a temporal unit, with its OBU header; null when there is none. */
export function av1SequenceHeaderObu(data: Uint8Array): Uint8Array | null {
  for (const obu of obus(data)) if (obu?.type === ObuType.sequenceHeader) return obu.whole.slice()
  return null
}
