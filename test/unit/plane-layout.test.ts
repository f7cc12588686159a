import { describe, expect, it } from 'vitest'
import { equivalentOpaqueFormat, PIXEL_FORMATS, pixelFormat, type VideoPixelFormat } from '../../lib/pixel-format.js'
import { computeLayoutAndAllocationSize, parseRect } from '../../lib/plane-layout.js'

const rect = (width: number, height: number, x = 0, y = 0) => ({ x, y, width, height })
const sizeOf = (name: VideoPixelFormat, width: number, height: number) =>
  computeLayoutAndAllocationSize(rect(width, height), pixelFormat(name), undefined).allocationSize

describe('pixel formats', () => {
  it('are 23', () => {
    expect(PIXEL_FORMATS).toHaveLength(23)
    expect(PIXEL_FORMATS.map(({ index }) => index)).toEqual([...PIXEL_FORMATS.keys()])
  })

  it.each([
    ['I420A', 'I420'],
    ['I420AP10', 'I420P10'],
    ['I422AP12', 'I422P12'],
    ['I444A', 'I444'],
    ['RGBA', 'RGBX'],
    ['BGRA', 'BGRX'],
    ['NV12', 'NV12'],
    ['I420', 'I420'],
    ['RGBX', 'RGBX'],
  ] as const)('%s is %s when opaque', (name, opaque) => {
    expect(equivalentOpaqueFormat(pixelFormat(name)).name).toBe(opaque)
  })
})

describe('the allocation size', () => {
  it.each([
    ['I420', 4, 2, 12],
    ['I420', 3, 3, 9 + 4 + 4],
    ['I420P10', 4, 2, 24],
    ['I420A', 4, 2, 20],
    ['I420AP12', 4, 2, 40],
    ['I422', 4, 2, 16],
    ['I422', 3, 1, 3 + 2 + 2],
    ['I444', 3, 3, 27],
    ['I444A', 2, 2, 16],
    ['I444AP10', 2, 2, 32],
    ['NV12', 4, 2, 12],
    ['NV12', 3, 3, 9 + 8],
    ['RGBA', 3, 2, 24],
    ['BGRX', 1, 1, 4],
  ] as const)('of %s with %i x %i pixels is %i bytes', (name, width, height, bytes) => {
    expect(sizeOf(name, width, height)).toBe(bytes)
  })
})

describe('the computed plane layout', () => {
  const i420 = pixelFormat('I420')

  it('tells where a rectangle is in each plane', () => {
    expect(computeLayoutAndAllocationSize(rect(4, 4, 2, 6), i420, undefined).computedLayouts).toEqual([
      {
        destinationOffset: 0,
        destinationStride: 4,
        sourceTop: 6,
        sourceHeight: 4,
        sourceLeftBytes: 2,
        sourceWidthBytes: 4,
      },
      {
        destinationOffset: 16,
        destinationStride: 2,
        sourceTop: 3,
        sourceHeight: 2,
        sourceLeftBytes: 1,
        sourceWidthBytes: 2,
      },
      {
        destinationOffset: 20,
        destinationStride: 2,
        sourceTop: 3,
        sourceHeight: 2,
        sourceLeftBytes: 1,
        sourceWidthBytes: 2,
      },
    ])
  })

  it('counts the two samples of NV12 as one', () => {
    const [, uv] = computeLayoutAndAllocationSize(rect(4, 4, 2, 2), pixelFormat('NV12'), undefined).computedLayouts
    expect(uv).toMatchObject({ sourceLeftBytes: 2, sourceWidthBytes: 4, sourceTop: 1, sourceHeight: 2 })
  })

  it('takes planes in another order, with gaps', () => {
    const layout = [
      { offset: 9, stride: 5 },
      { offset: 1, stride: 3 },
      { offset: 5, stride: 3 },
    ]
    expect(computeLayoutAndAllocationSize(rect(4, 2), i420, layout).allocationSize).toBe(19)
  })

  it.each([
    ['too few planes', [{ offset: 0, stride: 4 }]],
    [
      'a stride that is too small',
      [
        { offset: 0, stride: 3 },
        { offset: 8, stride: 2 },
        { offset: 10, stride: 2 },
      ],
    ],
    [
      'planes that overlap',
      [
        { offset: 0, stride: 4 },
        { offset: 7, stride: 2 },
        { offset: 10, stride: 2 },
      ],
    ],
    [
      'a plane inside another',
      [
        { offset: 0, stride: 40 },
        { offset: 4, stride: 2 },
        { offset: 80, stride: 2 },
      ],
    ],
    [
      'an end beyond 32 bits',
      [
        { offset: 0, stride: 4 },
        { offset: 8, stride: 2 },
        { offset: 2 ** 32 - 1, stride: 2 },
      ],
    ],
  ])('refuses %s', (_, layout) => {
    expect(() => computeLayoutAndAllocationSize(rect(4, 2), i420, layout)).toThrow(TypeError)
  })
})

describe('a rectangle', () => {
  const parse = (
    init: { x: number; y: number; width: number; height: number },
    name: VideoPixelFormat | null = 'I420',
  ) => parseRect(init, 16, 8, name && pixelFormat(name), 'rect')

  it('loses its fractions', () => {
    expect(parse(rect(3.9, 2.5, 2.7, 4.1))).toEqual(rect(3, 2, 2, 4))
  })

  it.each([
    rect(0, 2),
    rect(2, 0),
    rect(0.5, 2),
    rect(-2, 2),
    rect(2, 2, -2),
    rect(2, 2, Number.NaN),
    rect(Number.POSITIVE_INFINITY, 2),
    rect(17, 2),
    rect(2, 9),
    rect(15, 2, 2),
    rect(2, 2, 1),
    rect(2, 2, 0, 1),
  ])('is not %o', (init) => {
    expect(() => parse(init)).toThrow(TypeError)
  })

  it('begins on whole samples of the format', () => {
    expect(() => parse(rect(2, 2, 2, 1), 'I422')).not.toThrow()
    expect(() => parse(rect(2, 2, 1, 1), 'I422')).toThrow(TypeError)
    expect(() => parse(rect(2, 2, 1, 1), 'RGBA')).not.toThrow()
    expect(() => parse(rect(2, 2, 1, 1), null)).not.toThrow()
  })

  it('may have odd sides', () => {
    expect(parse(rect(3, 1))).toEqual(rect(3, 1))
  })
})
