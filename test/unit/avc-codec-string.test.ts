import { describe, expect, it } from 'vitest'
import { parseAvcCodecString } from '../../lib/config/avc-codec-string.js'
import { H264_LEVELS } from '../../lib/config/h264-levels.js'

describe('codec strings of H.264', () => {
  it.each([
    ['avc1.42001E', 66, 0x00, 30],
    ['avc1.64000b', 100, 0x00, 11],
    ['avc3.4D401f', 77, 0x40, 31],
    ['avc1.42E01F', 66, 0xe0, 31],
    ['avc1.640C34', 100, 0x0c, 52],
  ])('%s', (codec, profile, constraints, levelIdc) => {
    expect(parseAvcCodecString(codec)).toMatchObject({ profile, constraints, levelIdc })
  })

  it.each([
    'avc1',
    'avc1.',
    'avc1.42001',
    'avc1.42001E0',
    'avc2.42001E',
    'AVC1.42001E',
    ' avc1.42001E',
    'avc1.42001E ',
    'avc1.42.00.1E',
    'avc1.4200ff',
    'avc1.42001G',
    'avc1.66.30',
    'vp8',
    '',
  ])('are not "%s"', (codec) => {
    expect(parseAvcCodecString(codec)).toBeNull()
  })

  it('have their reserved bits zero', () => {
    expect(parseAvcCodecString('avc1.42011E')).toBeNull()
  })

  it('mean level 1b by level 1.1 with constraint_set3_flag below High, and by level_idc 9', () => {
    const level1b = H264_LEVELS.get(9)
    expect(parseAvcCodecString('avc1.42100B')?.level).toBe(level1b)
    expect(parseAvcCodecString('avc1.64100B')?.level).toBe(H264_LEVELS.get(11))
    expect(parseAvcCodecString('avc1.640009')?.level).toBe(level1b)
  })
})
