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

/** Bytes and planes of a tightly packed picture: `{ size, planes: [{ offset, stride, rows }] }`. */
export function layoutOf(format, width, height) {
  const halfWidth = (width + 1) >> 1
  const halfHeight = (height + 1) >> 1
  const shapes = {
    I420: [
      [width, height],
      [halfWidth, halfHeight],
      [halfWidth, halfHeight],
    ],
    I420A: [
      [width, height],
      [halfWidth, halfHeight],
      [halfWidth, halfHeight],
      [width, height],
    ],
    I422: [
      [width, height],
      [halfWidth, height],
      [halfWidth, height],
    ],
    I444: [
      [width, height],
      [width, height],
      [width, height],
    ],
    NV12: [
      [width, height],
      [halfWidth * 2, halfHeight],
    ],
    RGBA: [[width * 4, height]],
    RGBX: [[width * 4, height]],
    BGRA: [[width * 4, height]],
    BGRX: [[width * 4, height]],
  }
  let size = 0
  const planes = shapes[format].map(([stride, rows]) => {
    const plane = { offset: size, stride, rows }
    size += stride * rows
    return plane
  })
  return { size, planes }
}

/** How many pixels a chroma sample covers across and down. */
const subsampling = { I420: [2, 2], I422: [2, 1], I444: [1, 1] }

/** Picture `index` of the moving scene as planes of `format` (I420, I422, I444). */
export function yuvPicture(format, width, height, index) {
  const { size, planes } = layoutOf(format, width, height)
  const data = new Uint8Array(size)
  const [y, u, v] = planes
  const scale = subsampling[format]
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
