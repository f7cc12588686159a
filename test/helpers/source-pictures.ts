// Pictures of the moving scene in every pixel format that frames may have, and what they ought to become in a stream of
// any chroma format and bit depth.

import type { VideoPixelFormat } from '../../lib/index.js'
import { rgbToYuv } from './color.js'
import { rgbaPicture, yuvPicture } from './pictures.js'

/** Y, U and V in units of 8 bits. */
export interface YuvPlanes {
  planes: Float32Array[]
  /** Pixels that a chroma sample covers across and down. */
  chroma: Subsampling
}

type Subsampling = readonly [across: number, down: number]

const subsamplings: Record<string, Subsampling> = { '420': [2, 2], '422': [2, 1], '444': [1, 1] }

export function subsamplingOf(chroma: 420 | 422 | 444): Subsampling {
  return subsamplings[chroma]!
}

const isRgb = (format: VideoPixelFormat): boolean => /^(RGB|BGR)/.test(format)
const depthOf = (format: VideoPixelFormat): number => Number(/P(\d+)$/.exec(format)?.[1] ?? 8)
const hasAlpha = (format: VideoPixelFormat): boolean => format.includes('A')
const chromaOf = (format: VideoPixelFormat): Subsampling =>
  subsamplings[format === 'NV12' ? '420' : format.slice(1, 4)]!

/** The mean of each block of samples. */
function subsample(plane: Float32Array, width: number, height: number, [across, down]: Subsampling): Float32Array {
  const columns = Math.ceil(width / across)
  const rows = Math.ceil(height / down)
  const result = new Float32Array(columns * rows)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0
      let count = 0
      for (let y = row * down; y < Math.min((row + 1) * down, height); y++) {
        for (let x = column * across; x < Math.min((column + 1) * across, width); x++, count++) {
          sum += plane[y * width + x]!
        }
      }
      result[row * columns + column] = sum / count
    }
  }
  return result
}

/** The scene at 4:4:4. Frames in RGB become BT.709 in limited range. */
function fullPlanes(rgb: boolean, width: number, height: number, index: number): Float32Array[] {
  const pixels = width * height
  if (!rgb) {
    const data = yuvPicture('I444', width, height, index)
    return [0, 1, 2].map((plane) => Float32Array.from(data.subarray(plane * pixels, (plane + 1) * pixels)))
  }
  const rgba = rgbaPicture(width, height, index)
  const planes = [0, 1, 2].map(() => new Float32Array(pixels))
  const [y, u, v] = planes as [Float32Array, Float32Array, Float32Array]
  for (let pixel = 0; pixel < pixels; pixel++) {
    const color = [rgba[pixel * 4]!, rgba[pixel * 4 + 1]!, rgba[pixel * 4 + 2]!] as const
    const yuv = rgbToYuv(color, { matrix: 'bt709', fullRange: false })
    y[pixel] = yuv[0]
    u[pixel] = yuv[1]
    v[pixel] = yuv[2]
  }
  return planes
}

const known = new Map<string, YuvPlanes>()

/** What picture `index` of the scene, sent as `format`, is in a stream of this chroma format. To be read only. */
export function expectedPlanes(
  format: VideoPixelFormat,
  chroma: Subsampling,
  width: number,
  height: number,
  index: number,
): YuvPlanes {
  // The round trips of a file have two sizes: the same few pictures are asked for a thousand times.
  const key = [isRgb(format), ...chroma, width, height, index].join()
  const made = known.get(key)
  if (made) return made
  const [y, ...uv] = fullPlanes(isRgb(format), width, height, index)
  const expected = { planes: [y!, ...uv.map((plane) => subsample(plane, width, height, chroma))], chroma }
  known.set(key, expected)
  return expected
}

/** Picture `index` of the scene as tightly packed data of `format`. Alpha is a wave of its own. */
export function pictureData(format: VideoPixelFormat, width: number, height: number, index: number): Uint8Array {
  if (isRgb(format)) {
    const data = rgbaPicture(width, height, index)
    for (let pixel = 0; pixel < data.length; pixel += 4) {
      if (format.startsWith('BGR')) [data[pixel], data[pixel + 2]] = [data[pixel + 2]!, data[pixel]!]
      if (hasAlpha(format)) data[pixel + 3] = (pixel >> 2) & 255
    }
    return data
  }
  const planes = [...expectedPlanes(format, chromaOf(format), width, height, index).planes]
  if (hasAlpha(format)) planes.push(Float32Array.from(planes[0]!, (_, pixel) => pixel & 255))
  const scale = 2 ** (depthOf(format) - 8)
  const length = planes.reduce((sum, plane) => sum + plane.length, 0)
  const samples = scale === 1 ? new Uint8Array(length) : new Uint16Array(length)
  let at = 0
  for (const [place, plane] of planes.entries()) {
    // The second and third plane of NV12 are one, sample by sample.
    const step = format === 'NV12' && place > 0 ? 2 : 1
    if (step === 2) at = planes[0]!.length + place - 1
    for (let i = 0; i < plane.length; i++, at += step) samples[at] = Math.round(plane[i]! * scale)
  }
  return new Uint8Array(samples.buffer)
}

/** Peak signal-to-noise ratio in dB of each plane of `data`, tightly packed samples of `depth` bits. */
export function planePsnrs({ planes }: YuvPlanes, data: Uint8Array, depth: number): number[] {
  const scale = 2 ** (depth - 8)
  const samples = depth === 8 ? data : new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2)
  let at = 0
  return planes.map((plane) => {
    let sum = 0
    for (const value of plane) sum += (value - samples[at++]! / scale) ** 2
    return sum === 0 ? Infinity : 10 * Math.log10((255 * 255 * plane.length) / sum)
  })
}
