/** The dictionaries that make a VideoFrame, and the algorithms that turn them into its slots. */
import { pickColorSpace, readVideoColorSpaceInit, type VideoColorSpaceInit } from './color-space.js'
import { type DOMRectInit, readDOMRectInit } from './dom-rect.js'
import type { NativeColorSpace, PictureHandle } from './native.js'
import { addRotations, parseRotation, swapsSides } from './orientation.js'
import {
  equivalentOpaqueFormat,
  type PixelFormat,
  pixelFormat,
  VIDEO_PIXEL_FORMATS,
  type VideoPixelFormat,
} from './pixel-format.js'
import {
  type CombinedBufferLayout,
  computeLayoutAndAllocationSize,
  type PlaneLayout,
  parseRect,
  type Rect,
  readPlaneLayout,
} from './plane-layout.js'
import { readVideoFrameMetadata, type VideoFrameMetadata } from './video-frame-metadata.js'
import { arrayBuffer } from './webidl/buffer-source.js'
import {
  boolean,
  double,
  enforceRange,
  enumeration,
  longLong,
  sequence,
  unsignedLongLong,
} from './webidl/conversions.js'
import { dictionary, optional, required, withDefault, withNewDefault } from './webidl/dictionary.js'

/** What to do with an alpha channel. */
export type AlphaOption = 'keep' | 'discard'

/** Members common to both constructors of VideoFrame. */
interface CommonInit {
  /** Presentation duration in microseconds. */
  duration?: number
  /** The part of the picture to show, in pixels; fractions are cut off. */
  visibleRect?: DOMRectInit
  /** Degrees clockwise; rounded to the nearest multiple of 90. Default 0. */
  rotation?: number
  /** Whether to flip horizontally, after the rotation. Default false. */
  flip?: boolean
  /** Size to show the frame at, in pixels, after the rotation; both or neither. */
  displayWidth?: number
  displayHeight?: number
  metadata?: VideoFrameMetadata
}

/** How a VideoFrame differs from the one it is made from. https://www.w3.org/TR/webcodecs/#dictdef-videoframeinit */
export interface VideoFrameInit extends CommonInit {
  /** Presentation timestamp in microseconds. */
  timestamp?: number
  /** "discard" hides the alpha channel. Default "keep". */
  alpha?: AlphaOption
}

/** What the data of a new VideoFrame means. https://www.w3.org/TR/webcodecs/#dictdef-videoframebufferinit */
export interface VideoFrameBufferInit extends CommonInit {
  format: VideoPixelFormat
  /** Size of the picture in the data, in pixels. */
  codedWidth: number
  codedHeight: number
  /** Presentation timestamp in microseconds; may be negative. */
  timestamp: number
  /** Where the planes are. Default: one after the other without padding. */
  layout?: PlaneLayout[]
  /** Default: sRGB for RGB formats, else BT.709. */
  colorSpace?: VideoColorSpaceInit
  /** ArrayBuffers to detach. If the data's own is among them, its memory is taken over instead of copied. */
  transfer?: ArrayBuffer[]
}

const alphaOption = enumeration<AlphaOption>(['keep', 'discard'])

const commonMembers = {
  displayHeight: optional(enforceRange.unsignedLong),
  displayWidth: optional(enforceRange.unsignedLong),
  flip: withDefault(boolean, false),
  metadata: optional(readVideoFrameMetadata),
  rotation: withDefault(double, 0),
  visibleRect: optional(readDOMRectInit),
} as const

export const readVideoFrameInit = dictionary('VideoFrameInit', {
  ...commonMembers,
  alpha: withDefault(alphaOption, 'keep'),
  duration: optional(unsignedLongLong),
  timestamp: optional(longLong),
})

export const readVideoFrameBufferInit = dictionary('VideoFrameBufferInit', {
  ...commonMembers,
  codedHeight: required(enforceRange.unsignedLong),
  codedWidth: required(enforceRange.unsignedLong),
  colorSpace: optional(readVideoColorSpaceInit),
  duration: optional(enforceRange.unsignedLongLong),
  format: required(enumeration(VIDEO_PIXEL_FORMATS)),
  layout: optional(sequence(readPlaneLayout)),
  timestamp: required(enforceRange.longLong),
  transfer: withNewDefault<ArrayBuffer[]>(sequence(arrayBuffer), () => []),
})

type ParsedInit = ReturnType<typeof readVideoFrameInit>
export type ParsedBufferInit = ReturnType<typeof readVideoFrameBufferInit>

/** The internal slots of a VideoFrame. Nothing but closing the frame changes them. */
export interface VideoFrameSlots {
  /** spec: [[resource reference]]; null when the frame is closed. */
  readonly picture: PictureHandle | null
  /** null for formats that WebCodecs has no name for. */
  readonly format: PixelFormat | null
  readonly codedWidth: number
  readonly codedHeight: number
  readonly visibleLeft: number
  readonly visibleTop: number
  readonly visibleWidth: number
  readonly visibleHeight: number
  readonly rotation: number
  readonly flip: boolean
  readonly displayWidth: number
  readonly displayHeight: number
  readonly timestamp: number
  readonly duration: number | null
  readonly color: NativeColorSpace
  /** undefined stands for an empty dictionary. */
  readonly metadata: VideoFrameMetadata | undefined
}

/** The largest width and height that codecs and conversions take; the limit of browsers too. */
const MAX_DIMENSION = 2 ** 15 - 1

function requireCodedSize(codedWidth: number, codedHeight: number): void {
  for (const [name, value] of [
    ['codedWidth', codedWidth],
    ['codedHeight', codedHeight],
  ] as const) {
    if (value < 1 || value > MAX_DIMENSION) {
      throw new TypeError(`expected an integer from 1 to ${MAX_DIMENSION} for ${name} but received ${value}`)
    }
  }
}

interface DisplaySize {
  readonly displayWidth?: number
  readonly displayHeight?: number
}

/** Common to "Validate VideoFrameInit" and "valid VideoFrameBufferInit". */
function requireDisplaySize({ displayWidth, displayHeight }: DisplaySize): void {
  if ((displayWidth === undefined) !== (displayHeight === undefined)) {
    const [present, absent] =
      displayWidth === undefined ? ['displayHeight', 'displayWidth'] : ['displayWidth', 'displayHeight']
    throw new TypeError(`expected a value for ${absent} beside ${present} but received undefined`)
  }
  if (displayWidth === 0 || displayHeight === 0) {
    throw new TypeError(`expected a display size with pixels but received ${displayWidth}x${displayHeight}`)
  }
}

/** Where the planes of a picture of the user's are. */
export interface ParsedBuffer {
  readonly format: PixelFormat
  readonly visibleRect: Rect
  readonly layout: CombinedBufferLayout
}

/** The first steps of VideoFrame(data, init): everything that can be wrong with `init` alone. */
export function parseBufferInit(init: ParsedBufferInit): ParsedBuffer {
  const { codedWidth, codedHeight } = init
  requireCodedSize(codedWidth, codedHeight)
  requireDisplaySize(init)
  const format = pixelFormat(init.format)
  const codedRect = { x: 0, y: 0, width: codedWidth, height: codedHeight }
  const visibleRect = init.visibleRect
    ? parseRect(init.visibleRect, codedWidth, codedHeight, format, 'visibleRect')
    : codedRect
  // The specification computes the layout from the visible rectangle. As in browsers, the data holds the coded
  // rectangle, of which the visible one is a part.
  return { format, visibleRect, layout: computeLayoutAndAllocationSize(codedRect, format, init.layout) }
}

/** The last steps of VideoFrame(data, init). */
export function slotsFromBufferInit(
  init: ParsedBufferInit,
  parsed: ParsedBuffer,
  picture: PictureHandle,
): VideoFrameSlots {
  const { format, visibleRect } = parsed
  const rotation = parseRotation(init.rotation)
  const swap = swapsSides(rotation)
  return {
    picture,
    format,
    codedWidth: init.codedWidth,
    codedHeight: init.codedHeight,
    visibleLeft: visibleRect.x,
    visibleTop: visibleRect.y,
    visibleWidth: visibleRect.width,
    visibleHeight: visibleRect.height,
    rotation,
    flip: init.flip,
    displayWidth: init.displayWidth ?? (swap ? visibleRect.height : visibleRect.width),
    displayHeight: init.displayHeight ?? (swap ? visibleRect.width : visibleRect.height),
    timestamp: init.timestamp,
    duration: init.duration ?? null,
    color: pickColorSpace(init.colorSpace, format.isRgb),
    metadata: init.metadata,
  }
}

/**
 * spec: "Initialize Frame With Resource", for an upright resource of square pixels: the same as from another frame that
 * shows all of it. (The specification's text forgets the metadata in `init`.) `createPicture` is called once nothing
 * can fail any more.
 * @throws TypeError when `init` does not suit the resource, or has no timestamp
 */
export function slotsFromResource(
  resource: { width: number; height: number; color: NativeColorSpace },
  format: PixelFormat,
  init: ParsedInit,
  createPicture: () => PictureHandle,
): VideoFrameSlots {
  const { width, height, color } = resource
  const { timestamp } = init
  if (timestamp === undefined) throw new TypeError('expected a value for timestamp but received undefined')
  requireCodedSize(width, height)
  const whole: VideoFrameSlots = {
    picture: null,
    format,
    codedWidth: width,
    codedHeight: height,
    visibleLeft: 0,
    visibleTop: 0,
    visibleWidth: width,
    visibleHeight: height,
    rotation: 0,
    flip: false,
    displayWidth: width,
    displayHeight: height,
    timestamp,
    duration: null,
    color,
    metadata: undefined,
  }
  return slotsFromOtherFrame(whole, init, createPicture)
}

/**
 * spec: "Initialize Frame From Other Frame". `clonePicture` is called once nothing can fail any more.
 * @throws TypeError when `init` does not suit the frame (spec: "Validate VideoFrameInit")
 */
export function slotsFromOtherFrame(
  other: VideoFrameSlots,
  init: ParsedInit,
  clonePicture: () => PictureHandle,
): VideoFrameSlots {
  const format = other.format && (init.alpha === 'discard' ? equivalentOpaqueFormat(other.format) : other.format)
  const visibleRect =
    init.visibleRect && parseRect(init.visibleRect, other.codedWidth, other.codedHeight, format, 'visibleRect')
  requireDisplaySize(init)
  const rotation = addRotations(other.rotation, other.flip, parseRotation(init.rotation))
  const visibleWidth = visibleRect ? visibleRect.width : other.visibleWidth
  const visibleHeight = visibleRect ? visibleRect.height : other.visibleHeight
  const display = scaledDisplaySize(other, visibleWidth, visibleHeight, rotation)
  return {
    picture: clonePicture(),
    format,
    codedWidth: other.codedWidth,
    codedHeight: other.codedHeight,
    visibleLeft: visibleRect ? visibleRect.x : other.visibleLeft,
    visibleTop: visibleRect ? visibleRect.y : other.visibleTop,
    visibleWidth,
    visibleHeight,
    rotation,
    flip: other.flip !== init.flip,
    displayWidth: init.displayWidth ?? display.width,
    displayHeight: init.displayHeight ?? display.height,
    timestamp: init.timestamp ?? other.timestamp,
    duration: init.duration ?? other.duration,
    color: other.color,
    metadata: init.metadata,
  }
}

/**
 * The display size when none is given, from "Initialize Visible Rect, Orientation, and Display Size": the visible size,
 * scaled as the other frame's is. The specification exchanges the sides by the rotation in `init`; here, as in
 * browsers, the rotation of the new frame decides: else a copy of a rotated frame would be shown with its sides mixed up.
 */
function scaledDisplaySize(
  other: VideoFrameSlots,
  visibleWidth: number,
  visibleHeight: number,
  rotation: number,
): { width: number; height: number } {
  const baseSwap = swapsSides(other.rotation)
  const widthScale = (baseSwap ? other.displayHeight : other.displayWidth) / other.visibleWidth
  const heightScale = (baseSwap ? other.displayWidth : other.displayHeight) / other.visibleHeight
  const width = Math.round(visibleWidth * widthScale)
  const height = Math.round(visibleHeight * heightScale)
  return swapsSides(rotation) ? { width: height, height: width } : { width, height }
}

/** The slots of a closed frame (spec: "Close VideoFrame", which keeps timestamp, duration and colour space). */
export function closedSlots({ timestamp, duration, color }: VideoFrameSlots): VideoFrameSlots {
  return {
    picture: null,
    format: null,
    codedWidth: 0,
    codedHeight: 0,
    visibleLeft: 0,
    visibleTop: 0,
    visibleWidth: 0,
    visibleHeight: 0,
    rotation: 0,
    flip: false,
    displayWidth: 0,
    displayHeight: 0,
    timestamp,
    duration,
    color,
    metadata: undefined,
  }
}
