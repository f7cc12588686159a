import { describe, expect, it } from 'vitest'
import {
  DISPLAY_P3,
  fillUnspecified,
  isSameRgb,
  pickColorSpace,
  REC709,
  SRGB,
  toCodePoints,
  toNames,
} from '../../lib/color-space.js'
import { VideoColorSpace } from '../../lib/video-color-space.js'

describe('VideoColorSpace', () => {
  it('is unspecified by default', () => {
    expect(new VideoColorSpace().toJSON()).toEqual({ primaries: null, transfer: null, matrix: null, fullRange: null })
  })

  it('has the members it is made with', () => {
    const init = { primaries: 'bt2020', transfer: 'pq', matrix: 'bt2020-ncl', fullRange: false } as const
    const colorSpace = new VideoColorSpace(init)
    expect(colorSpace.primaries).toBe('bt2020')
    expect(colorSpace.transfer).toBe('pq')
    expect(colorSpace.matrix).toBe('bt2020-ncl')
    expect(colorSpace.fullRange).toBe(false)
    expect(JSON.stringify(colorSpace)).toBe(JSON.stringify(init))
  })

  it('refuses names that its enumerations do not have', () => {
    expect(() => new VideoColorSpace({ primaries: 'bt601' as never })).toThrow(TypeError)
    expect(() => new VideoColorSpace({ matrix: '' as never })).toThrow(TypeError)
    expect(() => new VideoColorSpace('srgb' as never)).toThrow(TypeError)
  })

  it('has the shape that Web IDL gives it', () => {
    expect(Object.keys(VideoColorSpace.prototype).sort()).toEqual([
      'fullRange',
      'matrix',
      'primaries',
      'toJSON',
      'transfer',
    ])
    expect(String(new VideoColorSpace())).toBe('[object VideoColorSpace]')
    expect(VideoColorSpace).toHaveLength(0)
    expect(() => Reflect.get(VideoColorSpace.prototype, 'matrix')).toThrow(TypeError)
    expect(() => VideoColorSpace.prototype.toJSON.call({} as never)).toThrow(TypeError)
  })
})

describe('code points', () => {
  it('are those of H.273', () => {
    expect(toCodePoints(toNames({ primaries: 12, transfer: 13, matrix: 0, fullRange: 1 }))).toEqual(DISPLAY_P3)
    expect(toNames(REC709)).toEqual({ primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false })
  })

  it('without a name become null', () => {
    expect(toNames({ primaries: 2, transfer: 2, matrix: 4, fullRange: -1 })).toEqual({
      primaries: null,
      transfer: null,
      matrix: null,
      fullRange: null,
    })
  })

  it('that are unspecified are filled', () => {
    expect(fillUnspecified({ primaries: 2, transfer: 6, matrix: 2, fullRange: 1 }, REC709)).toEqual({
      primaries: 1,
      transfer: 6,
      matrix: 1,
      fullRange: 1,
    })
  })
})

describe('Pick Color Space', () => {
  it('goes by the format when nothing is known', () => {
    expect(pickColorSpace(undefined, true)).toBe(SRGB)
    expect(pickColorSpace(undefined, false)).toBe(REC709)
  })

  it('keeps null members of what is given', () => {
    const names = { primaries: 'smpte170m', transfer: null, matrix: 'bt470bg', fullRange: null } as const
    expect(toNames(pickColorSpace(names, false))).toEqual(names)
  })
})

it('knows RGB pixels that need no conversion', () => {
  expect(isSameRgb(SRGB, SRGB)).toBe(true)
  expect(isSameRgb({ primaries: 2, transfer: 2, matrix: 2, fullRange: -1 }, SRGB)).toBe(true)
  expect(isSameRgb(SRGB, DISPLAY_P3)).toBe(false)
  expect(isSameRgb(DISPLAY_P3, DISPLAY_P3)).toBe(true)
})
