import { describe, expect, it } from 'vitest'
import { readVideoDecoderConfig } from '../../lib/config/video-decoder-config.js'
import { EventKind, type NativeColorSpace, type PictureHandle } from '../../lib/native.js'
import { slotsFromOutput } from '../../lib/video-decoder-output.js'

const UNKNOWN: NativeColorSpace = { primaries: 2, transfer: 2, matrix: 2, fullRange: -1 }
const HDR: NativeColorSpace = { primaries: 9, transfer: 16, matrix: 9, fullRange: 0 }

function colorOf(stream: NativeColorSpace, named: NativeColorSpace | null, colorSpace?: object): NativeColorSpace {
  const { primaries, transfer, matrix, fullRange } = stream
  const color = [primaries, transfer, matrix, fullRange] as const
  const config = readVideoDecoderConfig({ codec: 'vp8', ...(colorSpace && { colorSpace }) }, '')
  const picture = {} as PictureHandle
  return slotsFromOutput([EventKind.frame, 1, 0, picture, 0, 4, 4, 0, 0, 4, 4, 0, null, ...color, 0, 1], config, named)
    .color
}

describe('the colour space of a decoded frame', () => {
  it('is BT.709 when nobody knows', () => {
    expect(colorOf(UNKNOWN, null)).toEqual({ primaries: 1, transfer: 1, matrix: 1, fullRange: 0 })
  })

  it('is that of the codec string where the stream does not tell', () => {
    expect(colorOf(UNKNOWN, HDR)).toEqual(HDR)
    expect(colorOf({ ...UNKNOWN, matrix: 6, fullRange: 1 }, HDR)).toEqual({ ...HDR, matrix: 6, fullRange: 1 })
  })

  it('is the configured one before all others', () => {
    expect(colorOf({ ...UNKNOWN, primaries: 5 }, HDR, { primaries: 'smpte170m', transfer: 'hlg' })).toEqual({
      ...HDR,
      primaries: 6,
      transfer: 18,
    })
  })
})
