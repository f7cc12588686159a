import { describe, expect, it } from 'vitest'
import { isHevcKeyChunk, parseHevcDecoderConfigurationRecord } from '../../lib/config/hevc-bitstream.js'

const NalUnitType = {
  trail: 1,
  rasl: 9,
  blaWLp: 16,
  idrWRadl: 19,
  idrNLp: 20,
  cra: 21,
  reservedIrap: 22,
  vps: 32,
} as const
const nalUnit = (type: number, layerId = 0) => [type << 1, (layerId << 3) | 1, 0x80]
const VPS = nalUnit(NalUnitType.vps)
const SPS = nalUnit(33)
const PPS = nalUnit(34)
const SEI = nalUnit(39)

const record = ({ version = 1, lengthSize = 4, arrays = [VPS, SPS, PPS] } = {}) =>
  new Uint8Array([
    version,
    ...[0x01, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 0x1e, 0xf0, 0, 0xfc, 0xfd, 0xf8, 0xf8, 0, 0],
    0x0c | (lengthSize - 1),
    arrays.length,
    ...arrays.flatMap((unit) => [0x80 | ((unit[0] ?? 0) >> 1), 0, 1, 0, unit.length, ...unit]),
  ])

const lengthPrefixed = (...units: number[][]) =>
  new Uint8Array(units.flatMap((unit) => [0, 0, 0, unit.length, ...unit]))
const annexB = (...units: number[][]) => new Uint8Array(units.flatMap((unit) => [0, 0, 0, 1, ...unit]))

describe('HEVCDecoderConfigurationRecord', () => {
  it.each([1, 2, 4])('tells that lengths have %i bytes', (lengthSize) => {
    expect(parseHevcDecoderConfigurationRecord(record({ lengthSize }))).toEqual({ lengthSize })
  })

  it.each([
    ['no arrays, when parameter sets are in-band', record({ arrays: [] })],
    ['messages beside the parameter sets', record({ arrays: [VPS, SPS, PPS, SEI] })],
    ['the version from before the standard', record({ version: 0 })],
    ['bytes behind its end', new Uint8Array([...record(), 1, 2, 3])],
  ])('may have %s', (_, data) => {
    expect(parseHevcDecoderConfigurationRecord(data)).not.toBeNull()
  })

  it.each([
    ['of another version', record({ version: 2 })],
    ['with lengths of 3 bytes', record({ lengthSize: 3 })],
    ['with an empty parameter set', record({ arrays: [[]] })],
    ['that is random bytes', new Uint8Array(64).fill(0xff)],
    ['in Annex B format', annexB(VPS, SPS, PPS)],
    ['with a parameter set in another array', record().map((byte, index) => (index === 28 ? 0x42 : byte))],
  ])('is malformed %s', (_, data) => {
    expect(parseHevcDecoderConfigurationRecord(data)).toBeNull()
  })

  it('is malformed wherever it is cut off', () => {
    const whole = record()
    for (let length = 0; length < whole.length; length++) {
      expect(parseHevcDecoderConfigurationRecord(whole.subarray(0, length))).toBeNull()
    }
  })
})

describe.each([
  ['with lengths of 4 bytes', 4, lengthPrefixed],
  ['in Annex B format', 0, annexB],
] as const)('an access unit of HEVC %s', (_, lengthSize, make) => {
  it.each([
    ['an IDR picture', [nalUnit(NalUnitType.idrWRadl)], true],
    ['an IDR picture without leading pictures', [nalUnit(NalUnitType.idrNLp)], true],
    ['a CRA picture', [nalUnit(NalUnitType.cra)], true],
    ['a BLA picture', [nalUnit(NalUnitType.blaWLp)], true],
    ['parameter sets and a CRA picture', [VPS, SPS, PPS, SEI, nalUnit(NalUnitType.cra)], true],
    ['another picture', [nalUnit(NalUnitType.trail)], false],
    ['a leading picture', [nalUnit(NalUnitType.rasl)], false],
    ['another picture behind parameter sets', [VPS, SPS, PPS, nalUnit(NalUnitType.trail)], false],
    ['a picture of a reserved type', [nalUnit(NalUnitType.reservedIrap)], false],
    ['no picture', [VPS, SPS, PPS], false],
    ['an IDR picture of another layer', [nalUnit(NalUnitType.idrWRadl, 1), nalUnit(NalUnitType.trail)], false],
  ] as const)('with %s: %#', (_name, units, expected) => {
    expect(isHevcKeyChunk(make(...units.map((unit) => [...unit])), lengthSize)).toBe(expected)
  })

  it('that is empty tells nothing', () => {
    expect(isHevcKeyChunk(new Uint8Array(0), lengthSize)).toBeUndefined()
  })
})

describe('an access unit of HEVC', () => {
  it('that is cut off tells nothing', () => {
    expect(isHevcKeyChunk(new Uint8Array([0, 0, 0, 9, ...nalUnit(NalUnitType.cra)]), 4)).toBeUndefined()
  })

  it('without start codes is no key chunk in Annex B format', () => {
    expect(isHevcKeyChunk(lengthPrefixed(nalUnit(NalUnitType.cra)), 0)).toBe(false)
  })
})
