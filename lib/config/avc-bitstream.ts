/** As much of H.264 bitstreams as the checks of the specification need. */
import { nalUnits, skipNalUnits } from './nal-units.js'

/** What matters here of an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, section 5.3.3.1). */
export interface AvcDecoderConfiguration {
  /** Bytes of the length in front of each NAL unit. */
  readonly lengthSize: number
}

const NalUnitType = { slice: 1, dataPartitionA: 2, idrSlice: 5, sei: 6, sps: 7, pps: 8 } as const
const SEI_RECOVERY_POINT = 6

const isOfType = (nalUnitType: number) => (header: number) => (header & 0x1f) === nalUnitType

/** null when the record is malformed. */
export function parseAvcDecoderConfigurationRecord(record: Uint8Array): AvcDecoderConfiguration | null {
  if (record.length < 7 || record[0] !== 1) return null
  const lengthSize = (record[4]! & 0x03) + 1
  if (lengthSize === 3) return null
  const afterSps = skipNalUnits(record, 6, record[5]! & 0x1f, isOfType(NalUnitType.sps))
  if (afterSps < 0 || afterSps >= record.length) return null
  if (skipNalUnits(record, afterSps + 1, record[afterSps]!, isOfType(NalUnitType.pps)) < 0) return null
  return { lengthSize }
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
  for (const nalUnit of nalUnits(data, lengthSize)) {
    if (!nalUnit) return undefined
    const nalUnitType = (nalUnit[0] ?? 0) & 0x1f
    if (nalUnitType === NalUnitType.idrSlice) return true
    if (nalUnitType === NalUnitType.sei && hasImmediateRecoveryPoint(nalUnit)) return true
    if (nalUnitType === NalUnitType.slice || nalUnitType === NalUnitType.dataPartitionA) return false
  }
  return false
}
