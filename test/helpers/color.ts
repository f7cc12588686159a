// ITU-R BT.601, BT.709 and BT.2020 as exact mathematics, to compare conversions with. Nothing here is fast.

import type { PictureFormat } from './pictures.js'
import { formatOf, layoutOf } from './pictures.js'

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

/** H.273: how samples of a bit depth stand for luma of 0 to 1 and for colour differences of -0.5 to 0.5. */
function scaleOf({ fullRange }: YuvColor, depth: number) {
  const unit = 2 ** (depth - 8)
  const top = 2 ** depth - 1
  const offsets = { luma: fullRange ? 0 : 16 * unit, chroma: 128 * unit }
  return { ...offsets, lumaRange: fullRange ? top : 219 * unit, chromaRange: fullRange ? top : 224 * unit }
}

/** Y'CbCr of `depth` bits, not rounded, of 8-bit R'G'B'. */
export function rgbToYuv([red, green, blue]: Rgb, color: YuvColor, depth = 8): Rgb {
  const [kr, kb] = lumaWeights[color.matrix]
  const { luma, chroma, lumaRange, chromaRange } = scaleOf(color, depth)
  const y = (kr * red + (1 - kr - kb) * green + kb * blue) / 255
  const cb = (blue / 255 - y) / (2 * (1 - kb))
  const cr = (red / 255 - y) / (2 * (1 - kr))
  return [luma + y * lumaRange, chroma + cb * chromaRange, chroma + cr * chromaRange]
}

/** 8-bit R'G'B', rounded, of Y'CbCr of `depth` bits. */
export function yuvToRgb([y, u, v]: Rgb, color: YuvColor, depth = 8): Rgb {
  const [kr, kb] = lumaWeights[color.matrix]
  const scale = scaleOf(color, depth)
  const luma = (y - scale.luma) / scale.lumaRange
  const red = luma + (2 * (1 - kr) * (v - scale.chroma)) / scale.chromaRange
  const blue = luma + (2 * (1 - kb) * (u - scale.chroma)) / scale.chromaRange
  const green = (luma - kr * red - kb * blue) / (1 - kr - kb)
  return [clamp(255 * red), clamp(255 * green), clamp(255 * blue)]
}

/** A plane's samples by their place, whatever their size. */
function samplesOf(data: Uint8Array, format: PictureFormat, width: number, height: number) {
  const { depth } = formatOf(format)
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const interleaved = format === 'NV12'
  const { planes } = layoutOf(format, width, height)
  /** `channel`: 0 to 3 for Y, U, V and alpha; `x` and `y` in samples. */
  const at = (channel: number, x: number, y: number): number => {
    const plane = planes[interleaved ? Math.min(channel, 1) : channel]!
    const column = interleaved && channel > 0 ? x * 2 + channel - 1 : x
    return plane.offset + y * plane.stride + column * (depth > 8 ? 2 : 1)
  }
  return {
    get: (channel: number, x: number, y: number): number =>
      depth > 8 ? view.getUint16(at(channel, x, y), true) : view.getUint8(at(channel, x, y)),
    set(channel: number, x: number, y: number, value: number): void {
      const rounded = Math.min(2 ** depth - 1, Math.max(0, Math.round(value)))
      if (depth > 8) view.setUint16(at(channel, x, y), rounded, true)
      else view.setUint8(at(channel, x, y), rounded)
    },
  }
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

/** Opaque alpha everywhere. */
const opaque = () => 1

/**
 * The scene as pixels of `format`, tightly packed; `color` tells how Y'CbCr formats are made, `alpha` the alpha of a
 * pixel, from 0 to 1.
 */
export function paint(
  scene: Scene,
  format: PictureFormat,
  width: number,
  height: number,
  color: YuvColor,
  alpha: (x: number, y: number) => number = opaque,
): Uint8Array {
  const { depth, horizontal, vertical, hasAlpha, isRgb } = formatOf(format)
  const data = new Uint8Array(layoutOf(format, width, height).size)
  if (isRgb) {
    const order = format.startsWith('RGB') ? [0, 1, 2] : [2, 1, 0]
    for (let i = 0; i < width * height; i++) {
      const x = i % width
      const y = Math.floor(i / width)
      const rgb = scene(x, y)
      for (let c = 0; c < 3; c++) data[i * 4 + c] = clamp(rgb[order[c]!]!)
      data[i * 4 + 3] = clamp(255 * alpha(x, y))
    }
    return data
  }
  const samples = samplesOf(data, format, width, height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      samples.set(0, x, y, rgbToYuv(scene(x, y), color, depth)[0])
      if (hasAlpha) samples.set(3, x, y, alpha(x, y) * (2 ** depth - 1))
    }
  }
  for (let y = 0; y < height; y += vertical) {
    for (let x = 0; x < width; x += horizontal) {
      const size = { width: Math.min(horizontal, width - x), height: Math.min(vertical, height - y) }
      const [u, v] = meanChroma(scene, x, y, size, color, depth)
      samples.set(1, x / horizontal, y / vertical, u)
      samples.set(2, x / horizontal, y / vertical, v)
    }
  }
  return data
}

function meanChroma(
  scene: Scene,
  x: number,
  y: number,
  { width, height }: { width: number; height: number },
  color: YuvColor,
  depth: number,
): [number, number] {
  let u = 0
  let v = 0
  for (let dy = 0; dy < height; dy++) {
    for (let dx = 0; dx < width; dx++) {
      const yuv = rgbToYuv(scene(x + dx, y + dy), color, depth)
      u += yuv[1]
      v += yuv[2]
    }
  }
  return [u / (width * height), v / (width * height)]
}

/** The RGBA pixels of Y'CbCr in any format, each pixel with its nearest chroma sample. */
export function toRgba(
  data: Uint8Array,
  format: PictureFormat,
  width: number,
  height: number,
  color: YuvColor,
): Uint8Array {
  const { depth, horizontal, vertical, hasAlpha } = formatOf(format)
  const samples = samplesOf(data, format, width, height)
  const rgba = new Uint8Array(width * height * 4)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const column = Math.floor(x / horizontal)
      const row = Math.floor(y / vertical)
      const yuv: Rgb = [samples.get(0, x, y), samples.get(1, column, row), samples.get(2, column, row)]
      const at = (y * width + x) * 4
      rgba.set(yuvToRgb(yuv, color, depth), at)
      rgba[at + 3] = hasAlpha ? Math.round((samples.get(3, x, y) * 255) / (2 ** depth - 1)) : 255
    }
  }
  return rgba
}

const srgbToLinear = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
const linearToSrgb = (value: number) => (value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055)
/** Linear light of sRGB as linear light of Display P3 (both have the white point D65). */
const SRGB_TO_P3: readonly (readonly number[])[] = [
  [0.8224622, 0.1775378, 0],
  [0.0331942, 0.9668058, 0],
  [0.0170826, 0.0723974, 0.91052],
]

/** RGBA pixels of sRGB as those of Display P3. */
export function srgbToDisplayP3(rgba: Uint8Array): Uint8Array {
  const result = rgba.slice()
  for (let at = 0; at < rgba.length; at += 4) {
    const linear = [0, 1, 2].map((channel) => srgbToLinear(rgba[at + channel]! / 255))
    SRGB_TO_P3.forEach((row, channel) => {
      const light = row.reduce((sum, weight, index) => sum + weight * linear[index]!, 0)
      result[at + channel] = clamp(255 * linearToSrgb(light))
    })
  }
  return result
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
