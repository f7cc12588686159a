import { describe, expect, it } from 'vitest'
import { VideoFrame } from '../../lib/index.js'
import { pixelsOf } from '../helpers/codecs.js'
import { colorBars, gradient, maxDifference, paint, srgbToDisplayP3, toRgba } from '../helpers/color.js'
import { formatOf, layoutOf, type PictureFormat, pixelFormats } from '../helpers/pictures.js'

const width = 64
const height = 48
const yuvFormats = pixelFormats.filter((format) => !formatOf(format).isRgb)
const rgbFormats = ['RGBA', 'RGBX', 'BGRA', 'BGRX'] as const
const colors = [
  { matrix: 'bt709', fullRange: false },
  { matrix: 'bt709', fullRange: true },
  { matrix: 'smpte170m', fullRange: false },
  { matrix: 'bt470bg', fullRange: true },
  { matrix: 'bt2020-ncl', fullRange: false },
] as const

function frameOf(data: Uint8Array, format: PictureFormat, extra: object = {}): VideoFrame {
  return new VideoFrame(data, { format, codedWidth: width, codedHeight: height, timestamp: 0, ...extra })
}

/** Bytes that are all different from their neighbours. */
function pattern(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => (index * 7 + (index >> 6)) & 255)
}

describe.each(pixelFormats)('copyTo() of %s in its own format', (format) => {
  const source = pattern(layoutOf(format, width, height).size)

  it('gives the same bytes', async () => {
    const frame = frameOf(source, format)
    expect(Buffer.compare(await pixelsOf(frame), source)).toBe(0)
    frame.close()
  })

  it('returns the layout of the planes', async () => {
    const frame = frameOf(source, format)
    const layout = await frame.copyTo(new Uint8Array(frame.allocationSize()))
    expect(layout).toEqual(layoutOf(format, width, height).planes.map(({ offset, stride }) => ({ offset, stride })))
    frame.close()
  })

  it('writes nothing outside the planes of a layout with gaps', async () => {
    const { planes } = layoutOf(format, width, height)
    let end = 5
    const layout = planes.map(({ stride, rows }) => {
      const plane = { offset: end, stride: stride + 9 }
      end += plane.stride * rows + 3
      return plane
    })
    const frame = frameOf(source, format)
    const destination = new Uint8Array(frame.allocationSize({ layout }) + 11).fill(0xee)
    await frame.copyTo(destination, { layout })
    const expected = new Uint8Array(destination.length).fill(0xee)
    planes.forEach((plane, index) => {
      for (let row = 0; row < plane.rows; row++) {
        const from = plane.offset + row * plane.stride
        expected.set(source.subarray(from, from + plane.stride), layout[index]!.offset + row * layout[index]!.stride)
      }
    })
    expect(Buffer.compare(destination, expected)).toBe(0)
    frame.close()
  })
})

describe.each(colors)('copyTo() to RGB in $matrix, full range $fullRange', (color) => {
  const colorSpace = { primaries: 'bt709', transfer: 'bt709', ...color } as const

  it.each(yuvFormats)('of colour bars in %s is the exact mathematics within 2', async (format) => {
    const data = paint(colorBars(width), format, width, height, color)
    const frame = frameOf(data, format, { colorSpace })
    expect(
      maxDifference(toRgba(data, format, width, height, color), await pixelsOf(frame, { format: 'RGBA' })),
    ).toBeLessThanOrEqual(2)
    frame.close()
  })

  it('of a gradient in I444 is the exact mathematics within 2', async () => {
    const data = paint(gradient(width, height), 'I444', width, height, color)
    const frame = frameOf(data, 'I444', { colorSpace })
    expect(
      maxDifference(toRgba(data, 'I444', width, height, color), await pixelsOf(frame, { format: 'RGBA' })),
    ).toBeLessThanOrEqual(2)
    frame.close()
  })

  it.each(rgbFormats)('of colour bars in I420 has the channels of %s in their places', async (format) => {
    const data = paint(colorBars(width), 'I420', width, height, color)
    const frame = frameOf(data, 'I420', { colorSpace })
    const expected = swapTo(format, toRgba(data, 'I420', width, height, color))
    expect(maxDifference(expected, await pixelsOf(frame, { format }))).toBeLessThanOrEqual(2)
    frame.close()
  })
})

function swapTo(format: string, rgba: Uint8Array): Uint8Array {
  if (format.startsWith('RGB')) return rgba
  return rgba.map((_, index) => rgba[(index & ~3) + ([2, 1, 0, 3][index & 3] ?? 0)]!)
}

const odd = { width: 37, height: 23 }
const alphaOf = (x: number, y: number) => ((x * 7 + y * 3) % 32) / 31

/** A frame of odd size, with alpha where the format has it, and what its pixels are as RGBA. */
function oddFrame(format: PictureFormat) {
  const color = { matrix: 'bt709', fullRange: false } as const
  const data = paint(gradient(odd.width, odd.height), format, odd.width, odd.height, color, alphaOf)
  const frame = new VideoFrame(data, { format, codedWidth: odd.width, codedHeight: odd.height, timestamp: 0 })
  return { data, frame, rgba: toRgba(data, format, odd.width, odd.height, color) }
}

const opaque = (rgba: Uint8Array) => rgba.map((value, index) => (index % 4 === 3 ? 255 : value))

/** The bytes of a rectangle of samples of `bytes` bytes each. */
function crop(plane: Uint8Array, stride: number, bytes: number, rect: { x: number; y: number; w: number; h: number }) {
  const rows = Array.from({ length: rect.h }, (_, row) => {
    const begin = (rect.y + row) * stride + rect.x * bytes
    return plane.subarray(begin, begin + rect.w * bytes)
  })
  return Buffer.concat(rows)
}

describe.each(yuvFormats)('%s of odd size with alpha', (format) => {
  it.each(['srgb', 'display-p3'] as const)('is converted to %s', async (colorSpace) => {
    const { frame, rgba } = oddFrame(format)
    const expected = colorSpace === 'srgb' ? rgba : srgbToDisplayP3(rgba)
    for (const target of rgbFormats) {
      const pixels = swapTo(target, target.endsWith('X') ? opaque(expected) : expected)
      expect(maxDifference(pixels, await pixelsOf(frame, { format: target, colorSpace }))).toBeLessThanOrEqual(2)
    }
    frame.close()
  })

  it('gives the samples of a rectangle', async () => {
    const { data, frame } = oddFrame(format)
    const { depth, horizontal, vertical } = formatOf(format)
    const bytes = depth > 8 ? 2 : 1
    const rect = { x: 4, y: 2, width: 31, height: 19 }
    const { planes } = layoutOf(format, odd.width, odd.height)
    const parts = planes.map(({ offset, stride }, index) => {
      const [across, down] = index % 3 === 0 ? [1, 1] : [horizontal, vertical]
      const part = { x: rect.x / across, y: rect.y / down, w: Math.ceil(31 / across), h: Math.ceil(19 / down) }
      return crop(data.subarray(offset), stride, format === 'NV12' && index === 1 ? 2 : bytes, part)
    })
    expect(Buffer.compare(await pixelsOf(frame, { rect }), Buffer.concat(parts))).toBe(0)
    frame.close()
  })

  it('is the same without its alpha', async () => {
    const { frame, rgba } = oddFrame(format)
    const discarded = new VideoFrame(frame, { alpha: 'discard' })
    expect(discarded.format).toBe(format.replace('A', ''))
    expect(maxDifference(opaque(rgba), await pixelsOf(discarded, { format: 'RGBA' }))).toBeLessThanOrEqual(2)
    const { size } = layoutOf(discarded.format as PictureFormat, odd.width, odd.height)
    expect(discarded.allocationSize()).toBe(size)
    frame.close()
    discarded.close()
  })
})

describe('copyTo() to RGB', () => {
  const colorSpace = { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false } as const

  it('keeps the alpha of I420A', async () => {
    const data = paint(gradient(width, height), 'I420A', width, height, { matrix: 'bt709', fullRange: false })
    const alpha = layoutOf('I420A', width, height).planes[3]!
    data.set(pattern(width * height), alpha.offset)
    const frame = frameOf(data, 'I420A', { colorSpace })
    const rgba = await pixelsOf(frame, { format: 'RGBA' })
    const alphas = rgba.filter((_, index) => index % 4 === 3)
    expect(Buffer.compare(alphas, data.subarray(alpha.offset))).toBe(0)
    frame.close()
  })

  it.each([
    ['RGBA', 'BGRA'],
    ['BGRA', 'RGBA'],
  ] as const)('swaps the channels of %s to %s', async (from, to) => {
    const source = pattern(width * height * 4)
    const frame = frameOf(source, from)
    const expected = source.map((_, index) => source[(index & ~3) + ([2, 1, 0, 3][index & 3] ?? 0)]!)
    expect(Buffer.compare(await pixelsOf(frame, { format: to }), expected)).toBe(0)
    frame.close()
  })

  it('converts the rectangle that is asked for', async () => {
    const data = paint(gradient(width, height), 'I420', width, height, { matrix: 'bt709', fullRange: false })
    const whole = toRgba(data, 'I420', width, height, { matrix: 'bt709', fullRange: false })
    const rect = { x: 10, y: 6, width: 20, height: 12 }
    const frame = frameOf(data, 'I420', { colorSpace })
    const part = await pixelsOf(frame, { format: 'RGBA', rect })
    const expected = Buffer.concat(
      Array.from({ length: rect.height }, (_, row) => {
        const begin = ((rect.y + row) * width + rect.x) * 4
        return whole.subarray(begin, begin + rect.width * 4)
      }),
    )
    expect(maxDifference(expected, part)).toBeLessThanOrEqual(4)
    frame.close()
  })

  it('of a large frame leaves the event loop free while it converts', async () => {
    const [w, h] = [3840, 2160]
    const frame = new VideoFrame(new Uint8Array(w * h * 1.5).fill(128), {
      format: 'I420',
      codedWidth: w,
      codedHeight: h,
      timestamp: 0,
    })
    const destination = new Uint8Array(w * h * 4)
    const order: string[] = []
    const copied = frame.copyTo(destination, { format: 'RGBA' }).then(() => order.push('copied'))
    await Promise.resolve().then(() => order.push('microtask'))
    await copied
    expect(order).toEqual(['microtask', 'copied'])
    frame.close()
  })

  it('rejects with TypeError when the destination is too small', async () => {
    const frame = frameOf(pattern(layoutOf('I420', width, height).size), 'I420')
    await expect(frame.copyTo(new Uint8Array(10), { format: 'RGBA' })).rejects.toBeInstanceOf(TypeError)
    frame.close()
  })

  it('rejects with InvalidStateError when the frame is closed', async () => {
    const frame = frameOf(pattern(layoutOf('I420', width, height).size), 'I420')
    frame.close()
    await expect(frame.copyTo(new Uint8Array(100_000))).rejects.toMatchObject({ name: 'InvalidStateError' })
  })
})
