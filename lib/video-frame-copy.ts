/** VideoFrame.allocationSize() and copyTo(). */
import { DISPLAY_P3, isSameRgb, SRGB } from './color-space.js'
import { type DOMRectInit, readDOMRectInit } from './dom-rect.js'
import { notSupportedError } from './errors.js'
import { type PixelFormat, pixelFormat, VIDEO_PIXEL_FORMATS, type VideoPixelFormat } from './pixel-format.js'
import {
  type CombinedBufferLayout,
  computeLayoutAndAllocationSize,
  type PlaneLayout,
  parseRect,
  type Rect,
  readPlaneLayout,
  requireAlignment,
} from './plane-layout.js'
import { getRuntime } from './runtime.js'
import type { VideoFrameSlots } from './video-frame-init.js'
import { type AllowSharedBufferSource, bytesOf } from './webidl/buffer-source.js'
import { enumeration, sequence } from './webidl/conversions.js'
import { dictionary, optional } from './webidl/dictionary.js'

export type PredefinedColorSpace = 'srgb' | 'display-p3'

/** https://www.w3.org/TR/webcodecs/#dictdef-videoframecopytooptions */
export interface VideoFrameCopyToOptions {
  /** The pixels to copy, in coordinates of the coded picture. Default: `visibleRect`. */
  rect?: DOMRectInit
  /** Where the planes go. Default: one after the other without padding. */
  layout?: PlaneLayout[]
  /** "RGBA", "RGBX", "BGRA" or "BGRX". Default: the frame's own format. */
  format?: VideoPixelFormat
  /** The colour space to convert to when `format` is given. Default "srgb". */
  colorSpace?: PredefinedColorSpace
}

export const readVideoFrameCopyToOptions = dictionary('VideoFrameCopyToOptions', {
  colorSpace: optional(enumeration<PredefinedColorSpace>(['srgb', 'display-p3'])),
  format: optional(enumeration(VIDEO_PIXEL_FORMATS)),
  layout: optional(sequence(readPlaneLayout)),
  rect: optional(readDOMRectInit),
})

export type ParsedCopyToOptions = ReturnType<typeof readVideoFrameCopyToOptions>

interface CopyPlan {
  readonly rect: Rect
  readonly format: PixelFormat
  readonly layout: CombinedBufferLayout
}

/**
 * spec: "Parse VideoFrameCopyToOptions"
 * @throws NotSupportedError when the frame's format has no name, or one is asked for that nothing is converted to
 * @throws TypeError when `rect` or `layout` does not suit the frame
 */
export function planCopy(slots: VideoFrameSlots, options: ParsedCopyToOptions): CopyPlan {
  if (!slots.format) throw notSupportedError('expected a frame whose format has a name but its format is null')
  const rect = sourceRect(slots, options.rect)
  const format = options.format === undefined ? slots.format : pixelFormat(options.format)
  if (options.format !== undefined && !format.isRgb) {
    throw notSupportedError(`expected RGBA, RGBX, BGRA or BGRX for format but received ${format.name}`)
  }
  return { rect, format, layout: computeLayoutAndAllocationSize(rect, format, options.layout) }
}

/** spec: "Parse Visible Rect" with the visible rectangle as default */
function sourceRect(slots: VideoFrameSlots, rect: Rect | undefined): Rect {
  if (rect) return parseRect(rect, slots.codedWidth, slots.codedHeight, slots.format, 'rect')
  const visibleRect = {
    x: slots.visibleLeft,
    y: slots.visibleTop,
    width: slots.visibleWidth,
    height: slots.visibleHeight,
  }
  requireAlignment(slots.format, visibleRect, 'visibleRect')
  return visibleRect
}

function requireLength(destination: AllowSharedBufferSource, allocationSize: number): void {
  // A detached buffer has no bytes, and a picture has some.
  if (destination.byteLength < allocationSize) {
    throw new TypeError(
      `expected at least ${allocationSize} bytes for destination but received ${destination.byteLength}`,
    )
  }
}

/** The steps of copyTo() for a frame that is not closed. */
export async function copyFrame(
  slots: VideoFrameSlots,
  destination: AllowSharedBufferSource,
  options: ParsedCopyToOptions,
): Promise<PlaneLayout[]> {
  const plan = planCopy(slots, options)
  requireLength(destination, plan.layout.allocationSize)
  const target = options.colorSpace === 'display-p3' ? DISPLAY_P3 : SRGB
  const keepsPixels = options.format === undefined || (plan.format === slots.format && isSameRgb(slots.color, target))
  if (keepsPixels) copyPlanes(slots, plan, destination)
  else await convertToRgb(slots, plan, target === DISPLAY_P3, destination)
  // The specification returns the bytes of a row as stride; like browsers, this returns the stride that was used.
  return plan.layout.computedLayouts.map(({ destinationOffset, destinationStride }) => ({
    offset: destinationOffset,
    stride: destinationStride,
  }))
}

function copyPlanes(slots: VideoFrameSlots, { layout }: CopyPlan, destination: AllowSharedBufferSource): void {
  const flat = layout.computedLayouts.flatMap((plane) => [
    plane.destinationOffset,
    plane.destinationStride,
    plane.sourceTop,
    plane.sourceHeight,
    plane.sourceLeftBytes,
    plane.sourceWidthBytes,
  ])
  getRuntime().native.copyPlanes(slots.picture!, bytesOf(destination), flat)
}

/**
 * spec: "Convert to RGB frame" and the copy of the result. A long conversion runs on another thread, into memory of its
 * own: `destination` can be transferred or collected meanwhile, so only this thread writes to it, after another look.
 */
async function convertToRgb(
  slots: VideoFrameSlots,
  { rect, format, layout }: CopyPlan,
  displayP3: boolean,
  destination: AllowSharedBufferSource,
): Promise<void> {
  const runtime = getRuntime()
  const { destinationOffset, destinationStride } = layout.computedLayouts[0]!
  const jobId = runtime.native.convertPicture(
    slots.picture!,
    slots.format!.index,
    [rect.x, rect.y, rect.width, rect.height],
    slots.color,
    format.index,
    displayP3,
    bytesOf(destination),
    destinationOffset,
    destinationStride,
  )
  if (jobId === 0) return
  const staging = await runtime.waitForJob(jobId)
  if (!staging) return
  try {
    requireLength(destination, layout.allocationSize)
  } catch (error) {
    runtime.native.dropStaging(staging)
    throw error
  }
  runtime.native.moveStaging(staging, bytesOf(destination), destinationOffset, destinationStride)
}
