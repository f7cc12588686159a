// ITU-R BT.601, BT.709 and BT.2020 as exact mathematics, to compare conversions with. Nothing here is fast.

import type { PictureFormat } from './pictures.js'
import { layoutOf } from './pictures.js'

export type Rgb = readonly [red: number, green: number, blue: number]

export interface YuvColor {
  matrix: 'bt709' | 'smpte170m' | 'bt470bg' | 'bt2020-ncl'
  fullRange: boolean
}

const lumaWeights = {
  bt709: [0.2126, 0.0722],
  smpte170m: [0.299, 0.114],
  bt470bg: [0.299, 0.114],
  'bt2020-ncl': [0.2627, 0.0593],
} as const

const clamp = (value: number) => Math.min(255, Math.max(0, Math.round(value)))

/** 8-bit Y'CbCr, not rounded, of 8-bit R'G'B'. */
export function rgbToYuv([red, green, blue]: Rgb, { matrix, fullRange }: YuvColor): Rgb {
  const [kr, kb] = lumaWeights[matrix]
  const luma = kr * red + (1 - kr - kb) * green + kb * blue
  const cb = (blue - luma) / (2 * (1 - kb))
  const cr = (red - luma) / (2 * (1 - kr))
  return fullRange
    ? [luma, 128 + cb, 128 + cr]
    : [16 + (luma * 219) / 255, 128 + (cb * 224) / 255, 128 + (cr * 224) / 255]
}

/** 8-bit R'G'B', rounded, of 8-bit Y'CbCr. */
export function yuvToRgb([y, u, v]: Rgb, { matrix, fullRange }: YuvColor): Rgb {
  const [kr, kb] = lumaWeights[matrix]
  const luma = fullRange ? y : ((y - 16) * 255) / 219
  const cb = fullRange ? u - 128 : ((u - 128) * 255) / 224
  const cr = fullRange ? v - 128 : ((v - 128) * 255) / 224
  const red = luma + 2 * (1 - kr) * cr
  const blue = luma + 2 * (1 - kb) * cb
  return [clamp(red), clamp((luma - kr * red - kb * blue) / (1 - kr - kb)), clamp(blue)]
}

/** How one chroma sample stands for several pixels. */
const subsampling: Record<string, [horizontal: number, vertical: number]> = {
  I420: [2, 2],
  I420A: [2, 2],
  NV12: [2, 2],
  I422: [2, 1],
  I444: [1, 1],
}

/** A picture given by a function of the pixel's place. */
export type Scene = (x: number, y: number) => Rgb

/** Eight vertical bars of full and of dark colours, wide enough that chroma sub-sampling does not mix them. */
export function colorBars(width: number): Scene {
  const bars: Rgb[] = [
    [255, 255, 255],
    [255, 255, 0],
    [0, 255, 255],
    [0, 255, 0],
    [255, 0, 255],
    [255, 0, 0],
    [0, 0, 255],
    [40, 60, 20],
  ]
  return (x) => bars[Math.floor((x * bars.length) / width)]!
}

/** Smooth gradients of the three channels. */
export function gradient(width: number, height: number): Scene {
  return (x, y) => [40 + (170 * x) / width, 40 + (170 * y) / height, 210 - (85 * x) / width - (85 * y) / height]
}

/** The scene as pixels of `format`, tightly packed; `color` tells how Y'CbCr formats are made. Alpha is 255. */
export function paint(scene: Scene, format: PictureFormat, width: number, height: number, color: YuvColor): Uint8Array {
  const { size, planes } = layoutOf(format, width, height)
  const data = new Uint8Array(size)
  if (format.length === 4 && !/\d/.test(format)) {
    const order = format.startsWith('RGB') ? [0, 1, 2] : [2, 1, 0]
    for (let i = 0; i < width * height; i++) {
      const rgb = scene(i % width, Math.floor(i / width))
      for (let c = 0; c < 3; c++) data[i * 4 + c] = clamp(rgb[order[c]!]!)
      data[i * 4 + 3] = 255
    }
    return data
  }
  const [horizontal, vertical] = subsampling[format]!
  const [first, second, third, alpha] = planes
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data[first!.offset + y * first!.stride + x] = clamp(rgbToYuv(scene(x, y), color)[0])
  }
  for (let y = 0; y < height; y += vertical) {
    for (let x = 0; x < width; x += horizontal) {
      const [u, v] = meanChroma(scene, x, y, Math.min(horizontal, width - x), Math.min(vertical, height - y), color)
      const row = y / vertical
      const column = x / horizontal
      if (format === 'NV12') {
        data[second!.offset + row * second!.stride + column * 2] = u
        data[second!.offset + row * second!.stride + column * 2 + 1] = v
      } else {
        data[second!.offset + row * second!.stride + column] = u
        data[third!.offset + row * third!.stride + column] = v
      }
    }
  }
  if (alpha) data.fill(255, alpha.offset)
  return data
}

function meanChroma(
  scene: Scene,
  x: number,
  y: number,
  width: number,
  height: number,
  color: YuvColor,
): [number, number] {
  let u = 0
  let v = 0
  for (let dy = 0; dy < height; dy++) {
    for (let dx = 0; dx < width; dx++) {
      const yuv = rgbToYuv(scene(x + dx, y + dy), color)
      u += yuv[1]
      v += yuv[2]
    }
  }
  return [clamp(u / (width * height)), clamp(v / (width * height))]
}

/** The RGBA pixels of planar Y'CbCr (I420, I420A, I422, I444 or NV12), each pixel with its nearest chroma sample. */
export function toRgba(
  data: Uint8Array,
  format: PictureFormat,
  width: number,
  height: number,
  color: YuvColor,
): Uint8Array {
  const { planes } = layoutOf(format, width, height)
  const [horizontal, vertical] = subsampling[format]!
  const [luma, second, third, alpha] = planes
  const rgba = new Uint8Array(width * height * 4)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const row = Math.floor(y / vertical)
      const column = Math.floor(x / horizontal)
      const u =
        format === 'NV12'
          ? data[second!.offset + row * second!.stride + column * 2]!
          : data[second!.offset + row * second!.stride + column]!
      const v =
        format === 'NV12'
          ? data[second!.offset + row * second!.stride + column * 2 + 1]!
          : data[third!.offset + row * third!.stride + column]!
      const at = (y * width + x) * 4
      rgba.set(yuvToRgb([data[luma!.offset + y * luma!.stride + x]!, u, v], color), at)
      rgba[at + 3] = alpha ? data[alpha.offset + y * alpha.stride + x]! : 255
    }
  }
  return rgba
}

/** The greatest difference of two byte arrays of the same length. */
export function maxDifference(expected: Uint8Array, actual: Uint8Array): number {
  if (expected.length !== actual.length) return Infinity
  let most = 0
  for (let i = 0; i < expected.length; i++) most = Math.max(most, Math.abs(expected[i]! - actual[i]!))
  return most
}

/** The mean difference of two byte arrays of the same length. */
export function meanDifference(expected: Uint8Array, actual: Uint8Array): number {
  if (expected.length !== actual.length) return Infinity
  let sum = 0
  for (let i = 0; i < expected.length; i++) sum += Math.abs(expected[i]! - actual[i]!)
  return sum / expected.length
}
