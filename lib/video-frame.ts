import { bitmapDataOf, type CanvasImageSource, isCanvasImageSource, requireUsable } from './canvas-image-source.js'
import { toNames } from './color-space.js'
import { DOMRectReadOnly } from './dom-rect.js'
import type { DomAttribute } from './dom-types.js'
import { invalidStateError } from './errors.js'
import type { PictureHandle } from './native.js'
import { pixelFormat, type VideoPixelFormat } from './pixel-format.js'
import type { PlaneLayout } from './plane-layout.js'
import { getRuntime } from './runtime.js'
import { VideoColorSpace } from './video-color-space.js'
import { copyFrame, planCopy, readVideoFrameCopyToOptions, type VideoFrameCopyToOptions } from './video-frame-copy.js'
import {
  closedSlots,
  parseBufferInit,
  readVideoFrameBufferInit,
  readVideoFrameInit,
  slotsFromBufferInit,
  slotsFromOtherFrame,
  slotsFromResource,
  type VideoFrameBufferInit,
  type VideoFrameInit,
  type VideoFrameSlots,
} from './video-frame-init.js'
import type { VideoFrameMetadata } from './video-frame-metadata.js'
import { type AllowSharedBufferSource, allowSharedBufferSource, bytesOf } from './webidl/buffer-source.js'
import { defineInterface } from './webidl/interface.js'
import { detachOthers, takeTransferred, validateTransferList } from './webidl/transfer.js'

/** Lets this module make frames from slots; the class is out of the user's reach. */
class SlotsArgument {
  readonly slots: VideoFrameSlots

  constructor(slots: VideoFrameSlots) {
    this.slots = slots
  }
}

export type OpenVideoFrameSlots = VideoFrameSlots & { readonly picture: PictureHandle }

interface Internals {
  slotsOf(frame: VideoFrame): VideoFrameSlots
  /** Makes a frame that owns `slots.picture`. */
  create(slots: VideoFrameSlots): VideoFrame
  /** VideoFrame(data, init), where `onReturned` gets a transferred ArrayBuffer back when nothing uses it any more. */
  createReturning(data: ArrayBuffer, init: unknown, onReturned: (buffer: ArrayBuffer) => void): VideoFrame
  isFrame(value: unknown): value is VideoFrame
  isOpen(slots: VideoFrameSlots): slots is OpenVideoFrameSlots
}

let internals!: Internals

/** The steps of VideoFrame(image, init), with a VideoFrame as image. */
function slotsFromFrame(frame: VideoFrame, init: unknown): VideoFrameSlots {
  const parsedInit = readVideoFrameInit(init, '')
  const other = internals.slotsOf(frame)
  const { picture } = other
  if (!picture) throw invalidStateError('expected an open VideoFrame for image but received a closed one')
  return slotsFromOtherFrame(other, parsedInit, () => getRuntime().native.clonePicture(picture))
}

/** The steps of VideoFrame(image, init), with a canvas or an image of a Node package as image. */
function slotsFromImage(image: CanvasImageSource, init: unknown): VideoFrameSlots {
  const parsedInit = readVideoFrameInit(init, '')
  requireUsable(image)
  const bitmap = bitmapDataOf(image)
  const { width, height, pixels } = bitmap
  const format = pixelFormat('RGBA')
  const createPicture = () =>
    getRuntime().native.createPicture(format.index, width, height, pixels, [0, width * 4], false, 0)
  return slotsFromResource(bitmap, format, parsedInit, createPicture)
}

/**
 * The steps of VideoFrame(data, init).
 * @param onReturned is given the ArrayBuffer of `data` back when `init.transfer` has it and nothing uses it any more
 */
function slotsFromData(
  data: AllowSharedBufferSource,
  bufferInit: unknown,
  onReturned?: (buffer: ArrayBuffer) => void,
): VideoFrameSlots {
  const init = readVideoFrameBufferInit(bufferInit, '')
  const parsed = parseBufferInit(init)
  const { allocationSize, computedLayouts } = parsed.layout
  if (data.byteLength < allocationSize) {
    throw new TypeError(`expected at least ${allocationSize} bytes for data but received ${data.byteLength}`)
  }
  validateTransferList(init.transfer)
  const runtime = getRuntime()
  const layout: number[] = []
  for (const plane of computedLayouts) layout.push(plane.destinationOffset, plane.destinationStride)
  const taken = takeTransferred(data, init.transfer)
  const bytes = taken ?? bytesOf(data)
  const picture = runtime.native.createPicture(
    parsed.format.index,
    init.codedWidth,
    init.codedHeight,
    bytes,
    layout,
    taken !== null,
    onReturned ? runtime.expectReturn(onReturned) : 0,
  )
  detachOthers(data, init.transfer)
  return slotsFromBufferInit(init, parsed, picture)
}

/**
 * A picture with its timing, size and colour. It holds on to its pixels, usually a lot of memory, until `close()`.
 * https://www.w3.org/TR/webcodecs/#videoframe-interface
 */
export class VideoFrame {
  #slots: VideoFrameSlots
  #codedRect: DOMRectReadOnly | null = null
  #visibleRect: DOMRectReadOnly | null = null
  #colorSpace: VideoColorSpace | null = null

  /**
   * A frame that shares the pixels of another.
   * @throws InvalidStateError when `image` is closed
   * @throws TypeError when `image` is not a VideoFrame, or `init` does not suit it
   */
  constructor(image: VideoFrame, init?: VideoFrameInit)
  /**
   * A frame with a copy of the pixels of a canvas or an image, such as those of `@napi-rs/canvas`, `skia-canvas` and
   * `canvas`.
   * @throws InvalidStateError when the image has no pixels, or is not loaded
   * @throws TypeError when `init` has no timestamp, or does not suit the image
   */
  constructor(image: CanvasImageSource, init: VideoFrameInit & { timestamp: number })
  /**
   * A frame with a copy of `data`, or with the memory of `data` itself when `init.transfer` has its ArrayBuffer. A
   * buffer that Node does not let go, such as the slab that small Buffers share, is copied and left alone.
   * @throws TypeError when `init` is not valid or `data` too short
   * @throws DataCloneError when `init.transfer` has a buffer twice, or one that is detached
   */
  constructor(data: AllowSharedBufferSource, init: VideoFrameBufferInit)
  constructor(source: unknown, init: unknown = undefined) {
    if (internals.isFrame(source)) {
      this.#slots = slotsFromFrame(source, init)
    } else if (source instanceof SlotsArgument) {
      this.#slots = source.slots
    } else if (isCanvasImageSource(source)) {
      this.#slots = slotsFromImage(source, init)
    } else {
      this.#slots = slotsFromData(allowSharedBufferSource(source, 'image or data'), init)
    }
  }

  /** The arrangement of the pixels; null when it has no name or the frame is closed. */
  get format(): DomAttribute<'VideoFrame', 'format', VideoPixelFormat | null> {
    return (this.#slots.format?.name ?? null) as never
  }

  /** Width of the picture in memory, in pixels. */
  get codedWidth(): number {
    return this.#slots.codedWidth
  }

  /** Height of the picture in memory, in pixels. */
  get codedHeight(): number {
    return this.#slots.codedHeight
  }

  /** The whole picture as a rectangle; null when the frame is closed. */
  get codedRect(): DOMRectReadOnly | null {
    const { picture, codedWidth, codedHeight } = this.#slots
    if (!picture) return null
    this.#codedRect ??= new DOMRectReadOnly(0, 0, codedWidth, codedHeight)
    return this.#codedRect
  }

  /** The part of the picture to show, in pixels; null when the frame is closed. */
  get visibleRect(): DOMRectReadOnly | null {
    const { picture, visibleLeft, visibleTop, visibleWidth, visibleHeight } = this.#slots
    if (!picture) return null
    this.#visibleRect ??= new DOMRectReadOnly(visibleLeft, visibleTop, visibleWidth, visibleHeight)
    return this.#visibleRect
  }

  /** The rotation to show the picture with: 0, 90, 180 or 270 degrees clockwise. Comes before the flip. */
  get rotation(): number {
    return this.#slots.rotation
  }

  /** Whether to show the picture flipped horizontally, after the rotation. */
  get flip(): boolean {
    return this.#slots.flip
  }

  /** Width to show the picture with, in pixels, after rotation and aspect ratio adjustment. */
  get displayWidth(): number {
    return this.#slots.displayWidth
  }

  /** Height to show the picture with, in pixels, after rotation and aspect ratio adjustment. */
  get displayHeight(): number {
    return this.#slots.displayHeight
  }

  /** Presentation duration in microseconds, or null. */
  get duration(): number | null {
    return this.#slots.duration
  }

  /** Presentation timestamp in microseconds. */
  get timestamp(): number {
    return this.#slots.timestamp
  }

  get colorSpace(): VideoColorSpace {
    this.#colorSpace ??= new VideoColorSpace(toNames(this.#slots.color))
    return this.#colorSpace
  }

  /**
   * A copy of the frame's metadata.
   * @throws InvalidStateError when the frame is closed
   */
  metadata(): VideoFrameMetadata {
    const { metadata } = this.#requireOpen()
    return metadata ? structuredClone(metadata) : {}
  }

  /**
   * The bytes that copyTo() with these options needs.
   * @throws InvalidStateError when the frame is closed
   * @throws NotSupportedError when the frame has no format, or `options.format` is not one of the four RGB formats
   * @throws TypeError when `options.rect` or `options.layout` does not suit the frame
   */
  allocationSize(options: VideoFrameCopyToOptions = {}): number {
    const parsedOptions = readVideoFrameCopyToOptions(options, '')
    return planCopy(this.#requireOpen(), parsedOptions).layout.allocationSize
  }

  /**
   * Copies the pixels to `destination`, converted when `options.format` asks for it. Rejects as allocationSize() throws,
   * and with TypeError when `destination` is too short, also if it became so during a conversion.
   * @returns where each plane is
   */
  async copyTo(destination: AllowSharedBufferSource, options: VideoFrameCopyToOptions = {}): Promise<PlaneLayout[]> {
    const target = allowSharedBufferSource(destination, 'destination')
    const parsedOptions = readVideoFrameCopyToOptions(options, '')
    return copyFrame(this.#requireOpen(), target, parsedOptions)
  }

  /**
   * Another frame with the same pixels, which are shared, not copied. Both have to be closed.
   * @throws InvalidStateError when the frame is closed
   */
  clone(): VideoFrame {
    const slots = this.#requireOpen()
    return internals.create({ ...slots, picture: getRuntime().native.clonePicture(slots.picture) })
  }

  /** Gives up the pixels. Timestamp, duration and colour space stay. */
  close(): void {
    const { picture } = this.#slots
    if (!picture) return
    this.#slots = closedSlots(this.#slots)
    getRuntime().closePicture(picture)
  }

  #requireOpen(): OpenVideoFrameSlots {
    const slots = this.#slots
    if (!slots.picture) throw invalidStateError('expected an open VideoFrame but it is closed')
    return slots as OpenVideoFrameSlots
  }

  static {
    internals = {
      slotsOf: (frame) => frame.#slots,
      create: (slots) => new VideoFrame(new SlotsArgument(slots) as never),
      createReturning: (data, init, onReturned) => internals.create(slotsFromData(data, init, onReturned)),
      isFrame: (value): value is VideoFrame => typeof value === 'object' && value !== null && #slots in value,
      isOpen: (slots): slots is OpenVideoFrameSlots => slots.picture !== null,
    }
    defineInterface(this, 'VideoFrame')
  }
}

/** What the codecs need to know of frames and the prototype does not tell. */
export const videoFrameInternals = internals
