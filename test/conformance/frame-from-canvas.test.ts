import { createRequire } from 'node:module'
import { createCanvas, Image, ImageData, loadImage } from '@napi-rs/canvas'
import { describe, expect, it } from 'vitest'
import { VideoFrame } from '../../lib/index.js'
import { pixelsOf } from '../helpers/codecs.js'

const width = 6
const height = 4
const red = [255, 0, 0, 255]
const blue = [0, 0, 255, 255]

/** A canvas of some other package. */
class OtherCanvas {
  readonly width: number
  readonly height: number
  readonly #context: object | null

  constructor(width: number, height: number, context: object | null = null) {
    this.width = width
    this.height = height
    this.#context = context
  }

  getContext() {
    return this.#context
  }
}

/** Red on the left, blue on the right, nothing in the last row. */
function makeCanvas() {
  const canvas = createCanvas(width, height)
  const context = canvas.getContext('2d')
  context.fillStyle = 'red'
  context.fillRect(0, 0, 3, 3)
  context.fillStyle = 'blue'
  context.fillRect(3, 0, 3, 3)
  return canvas
}

const pixelAt = (pixels: Uint8Array, x: number, y: number) => [...pixels.subarray((y * width + x) * 4).subarray(0, 4)]

describe('a frame from a canvas', () => {
  it('has its pixels as they were, in sRGB', async () => {
    const canvas = makeCanvas()
    const frame = new VideoFrame(canvas, { timestamp: 5, duration: 7, metadata: { rtpTimestamp: 1 } })
    canvas.getContext('2d').clearRect(0, 0, width, height)
    expect(frame).toMatchObject({ format: 'RGBA', codedWidth: width, codedHeight: height, timestamp: 5, duration: 7 })
    expect(frame.metadata()).toEqual({ rtpTimestamp: 1 })
    const srgb = { primaries: 'bt709', transfer: 'iec61966-2-1', matrix: 'rgb', fullRange: true }
    expect(frame.colorSpace.toJSON()).toEqual(srgb)
    const pixels = await pixelsOf(frame)
    expect([pixelAt(pixels, 2, 2), pixelAt(pixels, 3, 0), pixelAt(pixels, 0, 3)]).toEqual([red, blue, [0, 0, 0, 0]])
    frame.close()
  })

  it('takes what init says', () => {
    const visibleRect = { x: 1, y: 1, width: 4, height: 2 }
    const frame = new VideoFrame(makeCanvas(), {
      timestamp: 0,
      alpha: 'discard',
      visibleRect,
      rotation: 90,
      flip: true,
    })
    expect(frame).toMatchObject({ format: 'RGBX', rotation: 90, flip: true, displayWidth: 2, displayHeight: 4 })
    expect(frame.visibleRect!.toJSON()).toMatchObject(visibleRect)
    frame.close()
  })

  it('is in Display P3 when the canvas is', () => {
    const getImageData = () => ({ data: new Uint8ClampedArray(16), colorSpace: 'display-p3' })
    const frame = new VideoFrame(new OtherCanvas(2, 2, { getImageData }), { timestamp: 0 })
    expect(frame.colorSpace.primaries).toBe('smpte432')
    frame.close()
  })

  it('needs a timestamp, and an init that suits', () => {
    expect(() => new VideoFrame(makeCanvas(), {} as never)).toThrow(TypeError)
    expect(() => new VideoFrame(makeCanvas(), { timestamp: 0, displayWidth: 1 })).toThrow(TypeError)
    const visibleRect = { x: 0, y: 0, width: 7, height: 4 }
    expect(() => new VideoFrame(makeCanvas(), { timestamp: 0, visibleRect })).toThrow(TypeError)
  })

  it('cannot be made of a canvas without pixels, or without a 2D context', () => {
    const invalidState = expect.objectContaining({ name: 'InvalidStateError' })
    expect(() => new VideoFrame(new OtherCanvas(0, 0), { timestamp: 0 })).toThrow(invalidState)
    expect(() => new VideoFrame(new OtherCanvas(2, 2), { timestamp: 0 })).toThrow(invalidState)
  })

  it.each([
    ['an object literal', { width: 2, height: 2, getContext: () => makeCanvas().getContext('2d') }],
    ['a proxy', new Proxy(makeCanvas(), {})],
    ['ImageData', new ImageData(2, 2)],
    ['a 2D context', makeCanvas().getContext('2d')],
  ])('cannot be made of %s', (_, source) => {
    expect(() => new VideoFrame(source as never, { timestamp: 0 })).toThrow(TypeError)
  })
})

describe('a frame from an image', () => {
  it('has the pixels of the image', async () => {
    const image = await loadImage(makeCanvas().toBuffer('image/png'))
    const frame = new VideoFrame(image, { timestamp: 5 })
    expect(frame).toMatchObject({ format: 'RGBA', codedWidth: width, codedHeight: height, timestamp: 5 })
    const pixels = await pixelsOf(frame)
    expect([pixelAt(pixels, 0, 0), pixelAt(pixels, 5, 2), pixelAt(pixels, 0, 3)]).toEqual([red, blue, [0, 0, 0, 0]])
    frame.close()
  })

  it('cannot be made before the image is loaded', () => {
    expect(() => new VideoFrame(new Image(), { timestamp: 0 })).toThrow(
      expect.objectContaining({ name: 'InvalidStateError' }),
    )
  })

  it('is drawn on a canvas of its own package, which may export a class only', async () => {
    class OtherImage {
      readonly width = 6
      readonly height = 4
      readonly complete = true
      src = ''
    }
    class ItsCanvas extends OtherCanvas {
      constructor(width: number, height: number) {
        const context = makeCanvas().getContext('2d')
        super(width, height, { drawImage: () => {}, getImageData: context.getImageData.bind(context) })
      }
    }
    expect(() => new VideoFrame(new OtherImage(), { timestamp: 0 })).toThrow(TypeError)
    const { cache } = createRequire(import.meta.url)
    cache['other-package'] = { exports: { Image: OtherImage, Canvas: ItsCanvas } } as unknown as NodeJS.Module
    const frame = new VideoFrame(new OtherImage(), { timestamp: 0 })
    delete cache['other-package']
    expect(pixelAt(await pixelsOf(frame), 0, 0)).toEqual(red)
    frame.close()
  })
})
