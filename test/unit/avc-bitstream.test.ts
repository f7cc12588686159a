import { describe, expect, it } from 'vitest'
import { isAvcKeyChunk, parseAvcDecoderConfigurationRecord } from '../../lib/config/avc-bitstream.js'

const SPS = [0x67, 0x42, 0x00, 0x1e, 0x95]
const PPS = [0x68, 0xce]
const IDR = [0x65, 0x88, 0x84]
const SLICE = [0x41, 0x9a, 0x24]
const AUD = [0x09, 0xf0]
const RECOVERY_POINT = [0x06, 0x06, 0x01, 0xc4, 0x80]
const LATE_RECOVERY_POINT = [0x06, 0x06, 0x01, 0x5c, 0x80]
const OTHER_SEI_THEN_RECOVERY_POINT = [0x06, 0x05, 0x02, 0xaa, 0xbb, 0x06, 0x01, 0xc4, 0x80]

const record = ({ version = 1, lengthSize = 4, sps = [SPS], pps = [PPS] } = {}) =>
  new Uint8Array([
    version,
    0x42,
    0x00,
    0x1e,
    0xfc | (lengthSize - 1),
    0xe0 | sps.length,
    ...sps.flatMap((unit) => [0, unit.length, ...unit]),
    pps.length,
    ...pps.flatMap((unit) => [0, unit.length, ...unit]),
  ])

const lengthPrefixed = (lengthSize: number, ...units: number[][]) =>
  new Uint8Array(units.flatMap((unit) => [...new Array<number>(lengthSize - 1).fill(0), unit.length, ...unit]))

const annexB = (...units: number[][]) => new Uint8Array(units.flatMap((unit) => [0, 0, 0, 1, ...unit]))

describe('AVCDecoderConfigurationRecord', () => {
  it.each([1, 2, 4])('tells that lengths have %i bytes', (lengthSize) => {
    expect(parseAvcDecoderConfigurationRecord(record({ lengthSize }))).toEqual({ lengthSize })
  })

  it('may have the extension of the High profiles at its end', () => {
    expect(parseAvcDecoderConfigurationRecord(new Uint8Array([...record(), 0xfd, 0xf8, 0xf8, 0]))).not.toBeNull()
  })

  it.each([
    ['of another version', record({ version: 0 })],
    ['with lengths of 3 bytes', record({ lengthSize: 3 })],
    ['with a picture parameter set for a sequence parameter set', record({ sps: [PPS] })],
    ['with an empty parameter set', record({ sps: [[]] })],
    ['that is random bytes', new Uint8Array([0x1f, 0x8b, 0x08, 0x00, 0x42, 0x13, 0x37])],
    ['in Annex B format', annexB(SPS, PPS)],
  ])('is malformed %s', (_, data) => {
    expect(parseAvcDecoderConfigurationRecord(data)).toBeNull()
  })

  it('is malformed wherever it is cut off', () => {
    const whole = record()
    for (let length = 0; length < whole.length; length++) {
      expect(parseAvcDecoderConfigurationRecord(whole.subarray(0, length))).toBeNull()
    }
  })
})

describe.each([
  ['with lengths of 4 bytes', 4, (...units: number[][]) => lengthPrefixed(4, ...units)],
  ['with lengths of 1 byte', 1, (...units: number[][]) => lengthPrefixed(1, ...units)],
  ['in Annex B format', 0, annexB],
] as const)('an access unit %s', (_, lengthSize, make) => {
  it.each([
    ['an IDR picture', [IDR], true],
    ['parameter sets and an IDR picture', [AUD, SPS, PPS, IDR], true],
    ['another picture', [SLICE], false],
    ['another picture behind parameter sets', [SPS, PPS, SLICE], false],
    ['no picture', [SPS, PPS], false],
    ['a picture to recover at', [SPS, PPS, RECOVERY_POINT, SLICE], true],
    ['a picture to recover at, behind other messages', [OTHER_SEI_THEN_RECOVERY_POINT, SLICE], true],
    ['a picture to recover after', [LATE_RECOVERY_POINT, SLICE], false],
  ] as const)('with %s: %#', (_name, units, expected) => {
    expect(isAvcKeyChunk(make(...units.map((unit) => [...unit])), lengthSize)).toBe(expected)
  })

  it('that is empty tells nothing', () => {
    expect(isAvcKeyChunk(new Uint8Array(0), lengthSize)).toBeUndefined()
  })
})

describe('an access unit', () => {
  it('may have start codes of three bytes', () => {
    expect(isAvcKeyChunk(new Uint8Array([0, 0, 1, ...SPS, 0, 0, 1, ...IDR]), 0)).toBe(true)
  })

  it('that is cut off tells nothing', () => {
    expect(isAvcKeyChunk(new Uint8Array([0, 0, 0, 9, ...IDR]), 4)).toBeUndefined()
    expect(isAvcKeyChunk(new Uint8Array([0, 0]), 4)).toBeUndefined()
  })

  it('without start codes is no key chunk in Annex B format', () => {
    expect(isAvcKeyChunk(lengthPrefixed(4, IDR), 0)).toBe(false)
  })
})
