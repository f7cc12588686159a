// Moving pictures that are neither flat nor pure noise, made by a formula: the same index gives the same picture in
// every process, so a decoded picture can be compared with its source without keeping it.

const noise = new Int8Array(1 << 16)
for (let i = 0, state = 0x2545f491; i < noise.length; i++) {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  noise[i] = (state & 15) - 8
}

/**
 * One channel of the picture: a slow wave, squares and fine grain, within 20..230. All of it moves by (4, 2) pixels from
 * one picture to the next; `scale` is how many pixels a sample covers across and down.
 */
function channel(data, start, step, stride, width, height, index, { period, grain, scale: [scaleX, scaleY] }) {
  const left = (4 * index) / scaleX
  const top = (2 * index) / scaleY
  const across = Float64Array.from({ length: width }, (_, x) => Math.sin((x + left) / period))
  for (let y = 0; y < height; y++) {
    const down = 55 * Math.cos((y + top) / (period * 1.4))
    let at = start + y * stride
    for (let x = 0; x < width; x++, at += step) {
      const square = (((x + left) >> 4) ^ ((y + top) >> 4)) & 1
      const fine = grain ? noise[(x + left + (y + top) * 131) & 0xffff] : 0
      data[at] = 125 + across[x] * down + square * 24 - 12 + fine
    }
  }
}

/** All pixel formats of the specification, in the order of its enumeration. */
export const pixelFormats = [
  ...['I420', 'I422', 'I444'].flatMap((name) => ['', 'P10', 'P12', 'A', 'AP10', 'AP12'].map((end) => name + end)),
  'NV12',
  'RGBA',
  'RGBX',
  'BGRA',
  'BGRX',
]

/**
 * What a format's name says: `depth` in bits, how many pixels a chroma sample covers across and down, whether it has an
 * alpha channel, and whether it is RGB.
 */
export function formatOf(name) {
  const isRgb = /^(RGB|BGR)/.test(name)
  const [horizontal, vertical] = { I420: [2, 2], NV12: [2, 2], I422: [2, 1] }[name.slice(0, 4)] ?? [1, 1]
  const depth = Number(/P(1\d)$/.exec(name)?.[1] ?? 8)
  return { depth, horizontal, vertical, hasAlpha: name.includes('A'), isRgb }
}

/** Bytes and planes of a tightly packed picture: `{ size, planes: [{ offset, stride, rows }] }`. */
export function layoutOf(name, width, height) {
  const { depth, horizontal, vertical, hasAlpha, isRgb } = formatOf(name)
  const sampleBytes = depth > 8 ? 2 : 1
  const whole = [width * sampleBytes, height]
  const chroma = [Math.ceil(width / horizontal) * sampleBytes, Math.ceil(height / vertical)]
  let shapes = [whole, chroma, chroma, ...(hasAlpha ? [whole] : [])]
  if (name === 'NV12') shapes = [whole, [chroma[0] * 2, chroma[1]]]
  if (isRgb) shapes = [[width * 4, height]]
  let size = 0
  const planes = shapes.map(([stride, rows]) => {
    const plane = { offset: size, stride, rows }
    size += stride * rows
    return plane
  })
  return { size, planes }
}

/** Picture `index` of the moving scene as planes of `format` (I420, I422, I444). */
export function yuvPicture(format, width, height, index) {
  const { size, planes } = layoutOf(format, width, height)
  const data = new Uint8Array(size)
  const [y, u, v] = planes
  const { horizontal, vertical } = formatOf(format)
  const scale = [horizontal, vertical]
  channel(data, y.offset, 1, y.stride, y.stride, y.rows, index, { period: 23, grain: true, scale: [1, 1] })
  channel(data, u.offset, 1, u.stride, u.stride, u.rows, index, { period: 61, grain: false, scale })
  channel(data, v.offset, 1, v.stride, v.stride, v.rows, index, { period: 47, grain: false, scale })
  return data
}

/** Picture `index` of the moving scene as I420 planes. */
export function i420Picture(width, height, index) {
  return yuvPicture('I420', width, height, index)
}

/** Picture `index` of the moving scene as opaque RGBA. */
export function rgbaPicture(width, height, index) {
  const data = new Uint8Array(width * height * 4).fill(255)
  const stride = width * 4
  const scale = [1, 1]
  channel(data, 0, 4, stride, width, height, index, { period: 23, grain: true, scale })
  channel(data, 1, 4, stride, width, height, index, { period: 37, grain: true, scale })
  channel(data, 2, 4, stride, width, height, index, { period: 47, grain: false, scale })
  return data
}

/** Peak signal-to-noise ratio in dB of `length` bytes from `start`; Infinity when they are equal. */
export function psnr(expected, actual, start = 0, length = expected.length - start) {
  let sum = 0
  for (let i = start; i < start + length; i++) {
    const difference = expected[i] - actual[i]
    sum += difference * difference
  }
  return sum === 0 ? Infinity : 10 * Math.log10((255 * 255 * length) / sum)
}
