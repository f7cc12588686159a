/** As much of H.264 bitstreams as the checks of the specification need. */

/** What matters here of an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, section 5.3.3.1). */
export interface AvcDecoderConfiguration {
  /** Bytes of the length in front of each NAL unit. */
  readonly lengthSize: number
}

const NalUnitType = { slice: 1, dataPartitionA: 2, idrSlice: 5, sei: 6, sps: 7, pps: 8 } as const
const SEI_RECOVERY_POINT = 6

/**
 * Follows parameter sets that are each preceded by their 16-bit length.
 * @returns the offset of what comes after them, or -1 when they are cut off or of another type
 */
function skipParameterSets(record: Uint8Array, start: number, count: number, nalUnitType: number): number {
  let offset = start
  for (let index = 0; index < count; index++) {
    if (offset + 2 >= record.length) return -1
    const length = (record[offset]! << 8) | record[offset + 1]!
    if (length === 0 || offset + 2 + length > record.length) return -1
    if ((record[offset + 2]! & 0x1f) !== nalUnitType) return -1
    offset += 2 + length
  }
  return offset
}

/** null when the record is malformed. */
export function parseAvcDecoderConfigurationRecord(record: Uint8Array): AvcDecoderConfiguration | null {
  if (record.length < 7 || record[0] !== 1) return null
  const lengthSize = (record[4]! & 0x03) + 1
  if (lengthSize === 3) return null
  const afterSps = skipParameterSets(record, 6, record[5]! & 0x1f, NalUnitType.sps)
  if (afterSps < 0 || afterSps >= record.length) return null
  if (skipParameterSets(record, afterSps + 1, record[afterSps]!, NalUnitType.pps) < 0) return null
  return { lengthSize }
}

/** NAL units that each have their length in front. Ends with null when one is cut off. */
function* lengthPrefixedNalUnits(data: Uint8Array, lengthSize: number): Generator<Uint8Array | null> {
  let offset = 0
  while (offset < data.length) {
    if (offset + lengthSize > data.length) return yield null
    let length = 0
    for (let index = 0; index < lengthSize; index++) length = length * 256 + data[offset + index]!
    offset += lengthSize
    if (offset + length > data.length) return yield null
    yield data.subarray(offset, offset + length)
    offset += length
  }
}

/** The offset of the next three-byte start code, or the end of the data. */
function findStartCode(data: Uint8Array, start: number): number {
  for (let offset = data.indexOf(1, start + 2); offset >= 0; offset = data.indexOf(1, offset + 1)) {
    if (data[offset - 1] === 0 && data[offset - 2] === 0) return offset - 2
  }
  return data.length
}

/** NAL units between start codes (ITU-T H.264, annex B). */
function* annexBNalUnits(data: Uint8Array): Generator<Uint8Array> {
  let start = findStartCode(data, 0)
  while (start < data.length) {
    const end = findStartCode(data, start + 3)
    yield data.subarray(start + 3, end)
    start = end
  }
}

/** Whether an SEI NAL unit holds a recovery point at this very picture: recovery_frame_cnt, as ue(v), is a single 1 bit. */
function hasImmediateRecoveryPoint(nalUnit: Uint8Array): boolean {
  let offset = 1
  while (offset + 2 < nalUnit.length) {
    let payloadType = 0
    let payloadSize = 0
    for (; nalUnit[offset] === 0xff; offset++) payloadType += 255
    payloadType += nalUnit[offset++] ?? 0
    for (; nalUnit[offset] === 0xff; offset++) payloadSize += 255
    payloadSize += nalUnit[offset++] ?? 0
    if (payloadType === SEI_RECOVERY_POINT) return ((nalUnit[offset] ?? 0) & 0x80) !== 0
    offset += payloadSize
  }
  return false
}

/**
 * Whether decoding can start with this access unit: its picture is an IDR picture, or one at which decoders recover at
 * once, which open groups of pictures begin with (https://github.com/w3c/webcodecs/issues/650).
 * @param lengthSize bytes of the length in front of each NAL unit; 0 for Annex B
 * @returns undefined when the data breaks off, or is empty, before that is known
 */
export function isAvcKeyChunk(data: Uint8Array, lengthSize: number): boolean | undefined {
  if (data.length === 0) return undefined
  for (const nalUnit of lengthSize > 0 ? lengthPrefixedNalUnits(data, lengthSize) : annexBNalUnits(data)) {
    if (!nalUnit) return undefined
    const nalUnitType = (nalUnit[0] ?? 0) & 0x1f
    if (nalUnitType === NalUnitType.idrSlice) return true
    if (nalUnitType === NalUnitType.sei && hasImmediateRecoveryPoint(nalUnit)) return true
    if (nalUnitType === NalUnitType.slice || nalUnitType === NalUnitType.dataPartitionA) return false
  }
  return false
}
