import { describe, expect, it } from 'vitest'
import { hevcFormat, parseHevcCodecString } from '../../lib/config/hevc-codec-string.js'
import { HEVC_LEVELS } from '../../lib/config/hevc-levels.js'

describe('codec strings of HEVC', () => {
  it.each([
    ['hev1.1.6.L93.B0', { profile: 1, compatibility: 6, tier: 0, levelIdc: 93, constraints: [0xb0, 0, 0, 0, 0, 0] }],
    ['hvc1.1.6.L93', { profile: 1, constraints: [0, 0, 0, 0, 0, 0] }],
    ['hvc1.2.4.H120.90.0.0.0.0.0', { profile: 2, compatibility: 4, tier: 1, levelIdc: 120 }],
    ['hvc1.4.10.L123.9D.8', { profile: 4, compatibility: 0x10, constraints: [0x9d, 0x08, 0, 0, 0, 0] }],
    ['hev1.1.80000006.L186.b0', { compatibility: 0x80000006, levelIdc: 186, level: HEVC_LEVELS.get(186) }],
  ])('%s', (codec, expected) => {
    expect(parseHevcCodecString(codec)).toMatchObject(expected)
  })

  it.each([
    'hev1',
    'hev1.1.6',
    'hev1.1.6.',
    'hev1.1.6.93',
    'hev1.1.6.M93',
    'hev1.1.6.L',
    'hev1.1.6.L94',
    'hev1.1.6.L999',
    'hev1.1.6.L93.',
    'hev1.1.6.L93.B0.0.0.0.0.0.0',
    'hev1.1.6.L93.B00',
    'hev1.1.6.L93.G0',
    'hev1.1.G.L93.B0',
    'hev1.1.123456789.L93',
    'hev1.32.6.L93',
    'hev1.A1.6.L93.B0',
    'hev1..6.L93',
    'hev2.1.6.L93.B0',
    'HEV1.1.6.L93.B0',
    'hvc1.1.6.L93.B0 ',
    'dvh1.05.01',
  ])('are not "%s"', (codec) => {
    expect(parseHevcCodecString(codec)).toBeNull()
  })

  it.each([
    ['hev1.1.6.L93.B0', { bitDepth: 8, chroma: 420 }],
    ['hev1.2.4.L93.B0', { bitDepth: 10, chroma: 420 }],
    ['hev1.3.e.L93.B0', { bitDepth: 8, chroma: 420 }],
    ['hev1.4.10.L93.9E.8', { bitDepth: 8, chroma: 444 }],
    ['hev1.4.10.L93.9C.8', { bitDepth: 10, chroma: 444 }],
    ['hev1.4.10.L93.98.8', { bitDepth: 12, chroma: 444 }],
    ['hev1.4.10.L93.9D.8', { bitDepth: 10, chroma: 422 }],
    ['hev1.4.10.L93.99.8', { bitDepth: 12, chroma: 422 }],
    ['hev1.4.10.L93.99.88', { bitDepth: 12, chroma: 420 }],
    ['hev1.4.10.L93.9F.C8', { bitDepth: 8, chroma: 400 }],
    ['hev1.4.10.L93', { bitDepth: 16, chroma: 444 }],
    ['hev1.6.40.L93.B0', null],
  ])('%s tells bit depth and chroma format', (codec, expected) => {
    expect(hevcFormat(parseHevcCodecString(codec)!)).toEqual(expected)
  })
})
