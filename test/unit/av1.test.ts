import { describe, expect, it } from 'vitest'
import { isAv1KeyChunk } from '../../lib/config/av1-bitstream.js'
import { parseAv1CodecString } from '../../lib/config/av1-codec-string.js'

describe('codec strings of AV1', () => {
  it.each([
    ['av01.0.04M.08', { profile: 0, levelIdx: 4, tier: 0, bitDepth: 8, chroma: 420, color: null }],
    ['av01.0.15H.10', { levelIdx: 15, tier: 1, bitDepth: 10 }],
    ['av01.0.31M.08', { levelIdx: 31 }],
    ['av01.1.04M.10', { profile: 1, chroma: 444 }],
    ['av01.2.04M.10', { profile: 2, chroma: 422 }],
    ['av01.2.04M.12', { profile: 2, chroma: 420 }],
    ['av01.0.04M.08.0', { chroma: 420 }],
    ['av01.0.04M.08.1', { chroma: 400 }],
    ['av01.2.04M.12.0.000', { chroma: 444 }],
    ['av01.2.04M.12.0.100', { chroma: 422 }],
    ['av01.0.04M.08.0.112', { chroma: 420, color: null }],
    ['av01.0.04M.10.0.110.09.16.09.0', { color: { primaries: 9, transfer: 16, matrix: 9, fullRange: 0 } }],
    ['av01.0.04M.10.0.110.09', { color: { primaries: 9, transfer: 2, matrix: 2, fullRange: -1 } }],
  ])('%s', (codec, expected) => {
    expect(parseAv1CodecString(codec)).toMatchObject(expected)
  })

  it.each([
    'av1',
    'av01',
    'av01.0',
    'av01.0.04M',
    'av01.0.04.08',
    'av01.0.4M.08',
    'av01.0.04L.08',
    'av01.3.04M.08',
    'av01.00.04M.08',
    'av01.0.32M.08',
    'av01.0.04M.8',
    'av01.0.04M.09',
    'av01.0.04M.08.2',
    'av01.0.04M.08.0.11',
    'av01.0.04M.08.0.010',
    'av01.0.04M.08.0.114',
    'av01.0.04M.08.0.101',
    'av01.0.04M.08.0.110.03',
    'av01.0.04M.08.0.110.1',
    'av01.0.04M.08.0.110.01.01.01.2',
    'av01.0.04M.08.0.110.01.01.01.00',
    'av01.0.04M.08.0.110.01.01.01.0.0',
    'AV01.0.04M.08',
    'av01.0.04M.08 ',
  ])('are not "%s"', (codec) => {
    expect(parseAv1CodecString(codec)).toBeNull()
  })
})

/** The beginnings of OBUs of web-platform-tests' av1.mp4. */
const SEQUENCE_HEADER = [0x0a, 0x0b, 0x00, 0x00, 0x00, 0x04, 0x3c, 0xff, 0xbc, 0xff, 0xf9, 0x80, 0x40]
const KEY_FRAME = [0x32, 0x04, 0x14, 0x00, 0xa0, 0xa8]
const DELTA_FRAME = [0x32, 0x04, 0x21, 0x04, 0x70, 0x20]
const SHOWN_ONCE_MORE = [0x1a, 0x01, 0xb8]
const TEMPORAL_DELIMITER = [0x12, 0x00]
const PADDING_WITH_EXTENSION = [0x7e, 0x08, 0x02, 0xff, 0xff]

describe('a temporal unit of AV1', () => {
  it.each([
    ['a key frame behind a sequence header', [...SEQUENCE_HEADER, ...KEY_FRAME], true],
    ['other OBUs first', [...TEMPORAL_DELIMITER, ...PADDING_WITH_EXTENSION, ...SEQUENCE_HEADER, ...KEY_FRAME], true],
    ['a key frame whose OBU has no size', [...SEQUENCE_HEADER, 0x30, 0x10, 0x00], true],
    ['a key frame in a frame header of its own', [...SEQUENCE_HEADER, 0x1a, 0x01, 0x10], true],
    ['a reduced still picture', [0x0a, 0x02, 0x18, 0x00, 0x32, 0x02, 0x7f, 0x00], true],
    ['a size of several bytes', [...SEQUENCE_HEADER, 0x32, 0x84, 0x00, 0x14, 0x00, 0xa0, 0xa8], true],
    ['a key frame alone', KEY_FRAME, false],
    ['another frame', DELTA_FRAME, false],
    ['another frame behind a sequence header', [...SEQUENCE_HEADER, ...DELTA_FRAME], false],
    ['an intra-only frame', [...SEQUENCE_HEADER, 0x32, 0x02, 0x50, 0x00], false],
    ['a frame shown once more', [...SEQUENCE_HEADER, ...SHOWN_ONCE_MORE], false],
    ['no frame', [...TEMPORAL_DELIMITER, ...SEQUENCE_HEADER], false],
    ['an OBU that is cut off', [...SEQUENCE_HEADER, 0x32, 0x7f, 0x10], undefined],
    ['a size that does not end', [0x0a, ...new Array<number>(16).fill(0xff)], undefined],
    ['the forbidden bit', [0x8a, 0x00], undefined],
    ['an extension that is cut off', [0x34], undefined],
    ['nothing', [], undefined],
  ])('with %s', (_, data, expected) => {
    expect(isAv1KeyChunk(new Uint8Array(data))).toBe(expected)
  })
})
