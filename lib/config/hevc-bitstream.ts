/** As much of HEVC bitstreams as the checks of the specification need. */
import { nalUnits, skipNalUnits } from './nal-units.js'

/** What matters here of an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, section 8.3.3.1). */
export interface HevcDecoderConfiguration {
  /** Bytes of the length in front of each NAL unit. */
  readonly lengthSize: number
}

/** nal_unit_type (ITU-T H.265, table 7-1): pictures at which decoding can start lie from BLA_W_LP to CRA_NUT. */
const NalUnitType = { bla: 16, cra: 21, lastSlice: 31 } as const
const FIXED_RECORD_SIZE = 23

const nalUnitType = (header: number): number => (header >> 1) & 0x3f

/** null when the record is malformed. */
export function parseHevcDecoderConfigurationRecord(record: Uint8Array): HevcDecoderConfiguration | null {
  // Version 0 is from before the standard was final; the fields are the same.
  if (record.length < FIXED_RECORD_SIZE || record[0]! > 1) return null
  const lengthSize = (record[21]! & 0x03) + 1
  if (lengthSize === 3) return null
  let offset = FIXED_RECORD_SIZE
  for (let array = 0; array < record[22]!; array++) {
    if (offset + 3 > record.length) return null
    const arrayType = record[offset]! & 0x3f
    const count = (record[offset + 1]! << 8) | record[offset + 2]!
    offset = skipNalUnits(record, offset + 3, count, (header) => nalUnitType(header) === arrayType)
    if (offset < 0) return null
  }
  return { lengthSize }
}

/** Whether a NAL unit is of the base layer: nuh_layer_id is 0. */
const isBaseLayer = (nalUnit: Uint8Array): boolean => (nalUnit[0]! & 1) === 0 && (nalUnit[1] ?? 0) >> 3 === 0

/**
 * Whether decoding can start with this access unit: its picture is an IDR, CRA or BLA picture (HEVC registration,
 * "EncodedVideoChunk type").
 * @param lengthSize bytes of the length in front of each NAL unit; 0 for Annex B
 * @returns undefined when the data breaks off, or is empty, before that is known
 */
export function isHevcKeyChunk(data: Uint8Array, lengthSize: number): boolean | undefined {
  if (data.length === 0) return undefined
  for (const nalUnit of nalUnits(data, lengthSize)) {
    if (!nalUnit) return undefined
    if (nalUnit.length === 0 || !isBaseLayer(nalUnit)) continue
    const type = nalUnitType(nalUnit[0]!)
    if (type <= NalUnitType.lastSlice) return type >= NalUnitType.bla && type <= NalUnitType.cra
  }
  return false
}
