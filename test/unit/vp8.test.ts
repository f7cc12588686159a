import { describe, expect, it } from 'vitest'
import { isVp8KeyChunk, vp8 } from '../../lib/config/vp8.js'

/** The beginnings of frames of web-platform-tests' vp8.webm. */
const KEY_FRAME = [0x10, 0x5b, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00]
const DELTA_FRAME = [0x31, 0x0e, 0x00, 0x0b, 0x10, 0xac, 0x00, 0x18]

describe('the codec string of VP8', () => {
  it('is "vp8"', () => {
    expect(vp8.parse('vp8')).not.toBeNull()
  })

  it.each(['', 'VP8', 'vp8 ', 'vp8.0', 'vp08.00.41.08', 'vp9'])('is not "%s"', (codec) => {
    expect(vp8.parse(codec)).toBeNull()
  })
})

describe('a frame of VP8', () => {
  it.each([
    ['a key frame', KEY_FRAME, true],
    ['another frame', DELTA_FRAME, false],
    ['a key frame without its start code', [0x10, 0x5b, 0x00, 0x9d, 0x01, 0x2b, 0x40, 0x01], false],
    ['cut off', KEY_FRAME.slice(0, 5), undefined],
    ['empty', [], undefined],
  ])('that is %s', (_, data, expected) => {
    expect(isVp8KeyChunk(new Uint8Array(data))).toBe(expected)
  })
})
