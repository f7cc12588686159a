import { describe, expect, it } from 'vitest'
import { isVp9KeyChunk } from '../../lib/config/vp9-bitstream.js'
import { parseVp9CodecString } from '../../lib/config/vp9-codec-string.js'

/** The beginnings of frames of web-platform-tests' vp9.mp4. */
const KEY_FRAME = [0x82, 0x49, 0x83, 0x42, 0x00, 0x13, 0xf0, 0x0e]
const DELTA_FRAME = [0x86, 0x00, 0x40, 0x92, 0x9c, 0x20, 0x50, 0x00]

describe('codec strings of VP9', () => {
  it.each([
    ['vp09.00.10.08', { profile: 0, level: 10, bitDepth: 8, chroma: 420, color: null }],
    ['vp09.02.62.12', { profile: 2, level: 62, bitDepth: 12, chroma: 420, color: null }],
    ['vp09.00.31.08.00', { chroma: 420 }],
    ['vp09.01.31.08.02', { chroma: 422 }],
    ['vp09.01.31.08.03', { chroma: 444 }],
    ['vp09.01.31.08', { chroma: null }],
    ['vp09.02.10.10.01.09.16.09.01', { color: { primaries: 9, transfer: 16, matrix: 9, fullRange: 1 } }],
    ['vp09.02.10.10.01.09.18', { color: { primaries: 9, transfer: 18, matrix: 2, fullRange: -1 } }],
    ['vp09.00.10.08.01.01.01.01.00', { color: { primaries: 1, transfer: 1, matrix: 1, fullRange: 0 } }],
  ])('%s', (codec, expected) => {
    expect(parseVp9CodecString(codec)).toMatchObject(expected)
  })

  it.each([
    'vp9',
    'vp9.0',
    'vp09',
    'vp09.00',
    'vp09.00.10',
    'vp09.00.10.8',
    'vp09.0.10.08',
    'vp09.04.10.08',
    'vp09.00.12.08',
    'vp09.00.99.08',
    'vp09.00.10.09',
    'vp09.00.10.08.',
    'vp09.00.10.08.04',
    'vp09.00.10.08.01.00',
    'vp09.00.10.08.01.03',
    'vp09.00.10.08.01.01.03',
    'vp09.00.10.08.01.01.01.03',
    'vp09.00.10.08.01.01.01.01.02',
    'vp09.00.10.08.01.01.01.01.00.00',
    'VP09.00.10.08',
    'vp09.00.10.08 ',
    'vp09.-1.10.08',
  ])('are not "%s"', (codec) => {
    expect(parseVp9CodecString(codec)).toBeNull()
  })
})

describe('a frame of VP9', () => {
  it.each([
    ['a key frame', KEY_FRAME, true],
    ['another frame', DELTA_FRAME, false],
    ['a key frame of profile 2', [0x92, 0x49, 0x83, 0x42, 0x00], true],
    ['a key frame of profile 3', [0xb1, 0x24, 0xc1, 0xa1, 0x00], true],
    ['a frame shown once more', [0x88], false],
    ['a key frame without its sync code', [0x82, 0x49, 0x83, 0x43, 0x00], false],
    ['without the frame marker', [0x42, 0x49, 0x83, 0x42, 0x00], false],
    ['cut off', KEY_FRAME.slice(0, 3), undefined],
    ['empty', [], undefined],
  ])('that is %s', (_, data, expected) => {
    expect(isVp9KeyChunk(new Uint8Array(data))).toBe(expected)
  })

  it('counts first in a superframe', () => {
    const index = [0xc1, KEY_FRAME.length, DELTA_FRAME.length, 0xc1]
    expect(isVp9KeyChunk(new Uint8Array([...KEY_FRAME, ...DELTA_FRAME, ...index]))).toBe(true)
    expect(isVp9KeyChunk(new Uint8Array([...DELTA_FRAME, ...KEY_FRAME, ...index]))).toBe(false)
  })
})
