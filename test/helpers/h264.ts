// As much of ITU-T H.264 as the tests have to read for themselves: NAL units, parameter sets, slice headers, avcC.

export const NalType = { slice: 1, idr: 5, sei: 6, sps: 7, pps: 8, accessUnitDelimiter: 9 } as const

/** The NAL units of an Annex B stream, without start codes and trailing zeros. */
export function splitAnnexB(stream: Uint8Array): Uint8Array[] {
  const units: Uint8Array[] = []
  let begin = -1
  for (let i = 0; i + 2 < stream.length; i++) {
    if (stream[i] !== 0 || stream[i + 1] !== 0 || stream[i + 2] !== 1) continue
    if (begin >= 0) units.push(trimZeros(stream.subarray(begin, i)))
    begin = i + 3
    i += 2
  }
  if (begin >= 0) units.push(trimZeros(stream.subarray(begin)))
  return units
}

function trimZeros(unit: Uint8Array): Uint8Array {
  let end = unit.length
  while (end > 0 && unit[end - 1] === 0) end--
  return unit.subarray(0, end)
}

/** The NAL units of a length-prefixed chunk. Throws when the lengths do not add up. */
export function splitLengthPrefixed(data: Uint8Array, lengthSize: number): Uint8Array[] {
  const units: Uint8Array[] = []
  for (let at = 0; at < data.length; ) {
    let length = 0
    for (let i = 0; i < lengthSize; i++) length = length * 256 + (data[at + i] ?? NaN)
    at += lengthSize
    if (!(length > 0 && at + length <= data.length))
      throw new Error(`NAL unit of ${length} bytes at ${at} of ${data.length}`)
    units.push(data.subarray(at, at + length))
    at += length
  }
  return units
}

export function toAnnexB(data: Uint8Array, lengthSize: number, parameterSets: Uint8Array[]): Buffer {
  const startCode = Uint8Array.of(0, 0, 0, 1)
  return Buffer.concat(
    [...parameterSets, ...splitLengthPrefixed(data, lengthSize)].flatMap((unit) => [startCode, unit]),
  )
}

export function nalType(unit: Uint8Array): number {
  return (unit[0] ?? 0) & 31
}

export interface AvcC {
  profile: number
  constraints: number
  level: number
  lengthSize: number
  sps: Uint8Array[]
  pps: Uint8Array[]
}

/** AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1). */
export function parseAvcC(data: Uint8Array): AvcC {
  if (data[0] !== 1) throw new Error(`configurationVersion ${data[0]}`)
  let at = 5
  const readSets = (countMask: number) => {
    const sets: Uint8Array[] = []
    for (let count = data[at++]! & countMask; count > 0; count--) {
      const length = data[at]! * 256 + data[at + 1]!
      sets.push(data.subarray(at + 2, at + 2 + length))
      at += 2 + length
    }
    return sets
  }
  const sps = readSets(31)
  const pps = readSets(255)
  return { profile: data[1]!, constraints: data[2]!, level: data[3]!, lengthSize: (data[4]! & 3) + 1, sps, pps }
}

/** Reads bits and Exp-Golomb codes of a NAL unit, past its header byte, emulation prevention removed. */
class BitReader {
  readonly #bytes: number[] = []
  #position = 0

  constructor(unit: Uint8Array) {
    let zeros = 0
    for (const byte of unit.subarray(1)) {
      if (zeros >= 2 && byte === 3) {
        zeros = 0
        continue
      }
      this.#bytes.push(byte)
      zeros = byte === 0 ? zeros + 1 : 0
    }
  }

  u(count: number): number {
    let value = 0
    for (let i = 0; i < count; i++, this.#position++) {
      value = value * 2 + (((this.#bytes[this.#position >> 3] ?? 0) >> (7 - (this.#position & 7))) & 1)
    }
    return value
  }

  flag(): boolean {
    return this.u(1) === 1
  }

  ue(): number {
    let zeros = 0
    while (zeros < 32 && this.u(1) === 0) zeros++
    return 2 ** zeros - 1 + this.u(zeros)
  }

  se(): number {
    const code = this.ue()
    return code % 2 ? (code + 1) / 2 : -code / 2
  }
}

export interface Sps {
  profile: number
  constraints: number
  level: number
  maxReferenceFrames: number
  width: number
  height: number
  sar?: [number, number]
  color?: { fullRange: boolean; primaries: number; transfer: number; matrix: number }
  timing?: { unitsInTick: number; timeScale: number }
  maxReorderFrames?: number
}

const sarTable = [
  [0, 1],
  [1, 1],
  [12, 11],
  [10, 11],
  [16, 11],
  [40, 33],
  [24, 11],
  [20, 11],
  [32, 11],
  [80, 33],
  [18, 11],
  [15, 11],
  [64, 33],
  [160, 99],
  [4, 3],
  [3, 2],
  [2, 1],
] as const
const highProfiles = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128])

/** seq_parameter_set_rbsp() (7.3.2.1), progressive 4:2:0 without scaling lists. */
export function parseSps(unit: Uint8Array): Sps {
  const r = new BitReader(unit)
  const profile = r.u(8)
  const constraints = r.u(8)
  const level = r.u(8)
  r.ue()
  if (highProfiles.has(profile)) {
    if (r.ue() !== 1) throw new Error('chroma format is not 4:2:0')
    r.ue()
    r.ue()
    r.flag()
    if (r.flag()) throw new Error('scaling lists are not read')
  }
  r.ue()
  const pocType = r.ue()
  if (pocType === 0) r.ue()
  else if (pocType === 1) throw new Error('picture order count type 1 is not read')
  const maxReferenceFrames = r.ue()
  r.flag()
  const codedWidth = (r.ue() + 1) * 16
  const mapHeight = (r.ue() + 1) * 16
  const progressive = r.flag()
  if (!progressive) r.flag()
  r.flag()
  const crop = r.flag() ? [r.ue(), r.ue(), r.ue(), r.ue()] : [0, 0, 0, 0]
  const sps: Sps = {
    profile,
    constraints,
    level,
    maxReferenceFrames,
    width: codedWidth - 2 * (crop[0]! + crop[1]!),
    height: mapHeight * (progressive ? 1 : 2) - 2 * (progressive ? 1 : 2) * (crop[2]! + crop[3]!),
  }
  if (r.flag()) parseVui(r, sps)
  return sps
}

/** vui_parameters() (E.1.1). */
function parseVui(r: BitReader, sps: Sps): void {
  if (r.flag()) {
    const index = r.u(8)
    const sar = index === 255 ? [r.u(16), r.u(16)] : sarTable[index]
    if (sar) sps.sar = [sar[0]!, sar[1]!]
  }
  if (r.flag()) r.flag()
  if (r.flag()) {
    r.u(3)
    const fullRange = r.flag()
    sps.color = { fullRange, primaries: 2, transfer: 2, matrix: 2 }
    if (r.flag()) sps.color = { fullRange, primaries: r.u(8), transfer: r.u(8), matrix: r.u(8) }
  }
  if (r.flag()) {
    r.ue()
    r.ue()
  }
  if (r.flag()) {
    sps.timing = { unitsInTick: r.u(32), timeScale: r.u(32) }
    r.flag()
  }
  const hrds = [0, 1].filter(() => {
    if (!r.flag()) return false
    const count = r.ue() + 1
    r.u(8)
    for (let i = 0; i < count; i++) {
      r.ue()
      r.ue()
      r.flag()
    }
    r.u(20)
    return true
  })
  if (hrds.length > 0) r.flag()
  r.flag()
  if (r.flag()) {
    r.flag()
    for (let i = 0; i < 4; i++) r.ue()
    sps.maxReorderFrames = r.ue()
    r.ue()
  }
}

/** entropy_coding_mode_flag of a picture parameter set (7.3.2.2): whether CABAC is used. */
export function usesCabac(pps: Uint8Array): boolean {
  const r = new BitReader(pps)
  r.ue()
  r.ue()
  return r.flag()
}

/** slice_type of a slice (7.3.3). */
export function sliceType(unit: Uint8Array): 'P' | 'B' | 'I' | 'SP' | 'SI' {
  const r = new BitReader(unit)
  r.ue()
  return (['P', 'B', 'I', 'SP', 'SI'] as const)[r.ue() % 5]!
}

export function isSlice(unit: Uint8Array): boolean {
  return nalType(unit) === NalType.slice || nalType(unit) === NalType.idr
}

/** Whether first_mb_in_slice (7.3.3) is 0: the slice begins a picture. */
export function isFirstSlice(unit: Uint8Array): boolean {
  return new BitReader(unit).ue() === 0
}

export interface Stream {
  sps: Sps
  pps: Uint8Array[]
  /** The type of each slice, in decode order. */
  sliceTypes: string[]
}

/** What an Annex B stream says of itself. */
export function parseStream(stream: Uint8Array): Stream {
  const units = splitAnnexB(stream)
  const sps = units.find((unit) => nalType(unit) === NalType.sps)
  if (!sps) throw new Error('no sequence parameter set')
  return {
    sps: parseSps(sps),
    pps: units.filter((unit) => nalType(unit) === NalType.pps),
    sliceTypes: units.filter(isSlice).map(sliceType),
  }
}
