/**
 * Canvases and images of Node packages, as sources of frames. None of the packages is a dependency: `@napi-rs/canvas`,
 * `skia-canvas`, `canvas` and what is like them are recognised by what their objects can do.
 */
import { createRequire } from 'node:module'
import { types } from 'node:util'
import { DISPLAY_P3, SRGB } from './color-space.js'
import { invalidStateError } from './errors.js'
import type { NativeColorSpace } from './native.js'
import { isObject } from './webidl/conversions.js'

/** A canvas with a 2D context: of a package, or the OffscreenCanvas of the runtime. */
export interface CanvasLike {
  readonly width: number
  readonly height: number
  getContext(contextId: '2d'): unknown
}

/** An image of a package that has canvases too. */
export interface ImageLike {
  readonly width: number
  readonly height: number
  /** false while the image is being loaded */
  readonly complete: boolean
  src: unknown
}

/** What `new VideoFrame(image, init)` takes beside another VideoFrame. */
export type CanvasImageSource = CanvasLike | ImageLike

/** The bitmap data of an image: rows of R, G, B, A without gaps, alpha not premultiplied. */
export interface BitmapData {
  readonly width: number
  readonly height: number
  readonly pixels: Uint8Array
  readonly color: NativeColorSpace
}

interface ImageData {
  readonly data: Uint8ClampedArray
  readonly colorSpace?: unknown
}

interface Context2D {
  getImageData(x: number, y: number, width: number, height: number): ImageData
  drawImage(image: unknown, x: number, y: number): void
}

/** What the modules of the packages export; of Canvas and createCanvas it may be either. */
interface CanvasModule {
  Image?: unknown
  Canvas?: new (width: number, height: number) => CanvasLike
  createCanvas?: (width: number, height: number) => CanvasLike
}

/** An object of a class, with a size: object literals and proxies are never platform objects. */
function isSizedInstance(value: unknown): value is { width: number; height: number } & Record<string, unknown> {
  if (!isObject(value) || types.isProxy(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === null || prototype === Object.prototype) return false
  const { width, height } = value as { width?: unknown; height?: unknown }
  return typeof width === 'number' && typeof height === 'number'
}

function isCanvas(value: unknown): value is CanvasLike {
  return isSizedInstance(value) && typeof value['getContext'] === 'function'
}

function isImage(value: unknown): value is ImageLike {
  return isSizedInstance(value) && typeof value['complete'] === 'boolean' && 'src' in value
}

export const isCanvasImageSource = (value: unknown): value is CanvasImageSource => isCanvas(value) || isImage(value)

/**
 * HTML, "check the usability of the image argument"
 * @throws InvalidStateError for a canvas without pixels, a closed bitmap, and an image that is not loaded or broken
 */
export function requireUsable(image: CanvasImageSource): void {
  if ('complete' in image && !image.complete) {
    throw invalidStateError('expected an image that is loaded for image but received one that is not')
  }
  if (!(image.width > 0 && image.height > 0)) {
    throw invalidStateError(`expected pixels in image but received ${image.width}x${image.height}`)
  }
}

const require = createRequire(import.meta.url)

/** A canvas of the package that `image` comes from: its module is among those that are loaded, as the image was made. */
function canvasFor(image: ImageLike): CanvasLike {
  for (const module of Object.values(require.cache)) {
    const { Image, Canvas, createCanvas } = (isObject(module?.exports) ? module.exports : {}) as CanvasModule
    if (typeof Image !== 'function' || !(image instanceof Image)) continue
    if (createCanvas) return createCanvas(image.width, image.height)
    if (Canvas) return new Canvas(image.width, image.height)
  }
  throw new TypeError('expected an image of a package with canvases for image but its package is not loaded')
}

function contextOf(canvas: CanvasLike): Context2D {
  const context = canvas.getContext('2d') as Partial<Context2D> | null
  // A canvas that was given another kind of context, such as "webgl", has no 2D context.
  if (typeof context?.getImageData !== 'function') {
    throw invalidStateError('expected a canvas with a 2D context for image')
  }
  return context as Context2D
}

/** The pixels of a usable image as they are now. */
export function bitmapDataOf(image: CanvasImageSource): BitmapData {
  const { width, height } = image
  const canvas = isCanvas(image) ? image : canvasFor(image)
  const context = contextOf(canvas)
  if (canvas !== image) context.drawImage(image, 0, 0)
  const { data, colorSpace } = context.getImageData(0, 0, width, height)
  if (!ArrayBuffer.isView(data) || data.byteLength !== width * height * 4) {
    throw new TypeError(`expected 4 bytes for each of ${width}x${height} pixels from the 2D context of image`)
  }
  return {
    width,
    height,
    pixels: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    color: colorSpace === 'display-p3' ? DISPLAY_P3 : SRGB,
  }
}
