/** NAL units, which H.264 and HEVC streams consist of, and the records that bring parameter sets. */

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

/** NAL units between start codes (Annex B of ITU-T H.264 and H.265). */
function* annexBNalUnits(data: Uint8Array): Generator<Uint8Array> {
  let start = findStartCode(data, 0)
  while (start < data.length) {
    const end = findStartCode(data, start + 3)
    yield data.subarray(start + 3, end)
    start = end
  }
}

/**
 * The NAL units of an access unit, in order. Ends with null when one is cut off.
 * @param lengthSize bytes of the length in front of each; 0 for Annex B
 */
export function nalUnits(data: Uint8Array, lengthSize: number): Iterable<Uint8Array | null> {
  return lengthSize > 0 ? lengthPrefixedNalUnits(data, lengthSize) : annexBNalUnits(data)
}

/**
 * Follows NAL units that are each preceded by their 16-bit length.
 * @param isExpected whether a NAL unit that begins with this byte belongs here
 * @returns the offset of what comes after them, or -1 when one is cut off, empty or not expected
 */
export function skipNalUnits(
  record: Uint8Array,
  start: number,
  count: number,
  isExpected: (header: number) => boolean,
): number {
  let offset = start
  for (let index = 0; index < count; index++) {
    if (offset + 2 >= record.length) return -1
    const length = (record[offset]! << 8) | record[offset + 1]!
    if (length === 0 || offset + 2 + length > record.length) return -1
    if (!isExpected(record[offset + 2]!)) return -1
    offset += 2 + length
  }
  return offset
}
