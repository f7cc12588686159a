/** spec: "Output VideoFrames" and "Create a VideoFrame" */

import type { OutputEvent } from './codec.js'
import { type ColorSpaceNames, fillUnspecified, REC709, SRGB, toCodePoints } from './color-space.js'
import type { ParsedVideoDecoderConfig } from './config/video-decoder-config.js'
import type { EventKind, NativeColorSpace } from './native.js'
import { parseRotation, swapsSides } from './orientation.js'
import { PIXEL_FORMATS } from './pixel-format.js'
import type { VideoFrameSlots } from './video-frame-init.js'

type FrameEvent = Extract<OutputEvent, { 0: typeof EventKind.frame }>

/** What a configuration tells of how frames are to be shown. */
type Presentation = Pick<
  ParsedVideoDecoderConfig,
  'colorSpace' | 'displayAspectHeight' | 'displayAspectWidth' | 'flip' | 'rotation'
>

interface Size {
  readonly width: number
  readonly height: number
}

/** The smallest size that contains `size` and has the ratio: one side is increased. */
export function increaseToRatio(size: Size, ratio: number): Size {
  const { width, height } = size
  return width / height < ratio
    ? { width: Math.round(height * ratio), height }
    : { width, height: Math.round(width / ratio) }
}

/** The display size before rotation: by the configured aspect ratio, else by the stream's pixel aspect ratio. */
function displaySize(visible: Size, config: Presentation, sarNumerator: number, sarDenominator: number): Size {
  const { displayAspectWidth, displayAspectHeight } = config
  if (displayAspectWidth !== undefined && displayAspectHeight !== undefined) {
    return increaseToRatio(visible, displayAspectWidth / displayAspectHeight)
  }
  if (sarNumerator <= 0 || sarDenominator <= 0) return visible
  return increaseToRatio(visible, (visible.width * sarNumerator) / (visible.height * sarDenominator))
}

/**
 * The configured colour space over that of the stream over that of the codec string, member by member. What none of them
 * tells is what "Pick Color Space" takes when nothing is known.
 */
function frameColor(
  configured: ColorSpaceNames | undefined,
  detected: NativeColorSpace,
  named: NativeColorSpace | null,
  isRgb: boolean,
): NativeColorSpace {
  const fallback = isRgb ? SRGB : REC709
  const known = named ? fillUnspecified(detected, named) : detected
  return fillUnspecified(configured ? fillUnspecified(toCodePoints(configured), known) : known, fallback)
}

/**
 * The slots of the frame that `event` describes.
 * @param namedColor the colour space in the codec string, if any
 */
export function slotsFromOutput(
  event: Readonly<FrameEvent>,
  config: Presentation,
  namedColor: NativeColorSpace | null,
): VideoFrameSlots {
  const [, , , picture, formatIndex, codedWidth, codedHeight, ...rest] = event
  const [visibleLeft, visibleTop, visibleWidth, visibleHeight, timestamp, duration, ...colorAndAspect] = rest
  const [primaries, transfer, matrix, fullRange, sarNumerator, sarDenominator] = colorAndAspect
  const format = PIXEL_FORMATS[formatIndex] ?? null
  const visible = { width: visibleWidth, height: visibleHeight }
  const display = displaySize(visible, config, sarNumerator, sarDenominator)
  const rotation = parseRotation(config.rotation)
  // As in browsers: the display size is that after rotation, like the sides that VideoFrame's constructors assign.
  const swap = swapsSides(rotation)
  return {
    picture,
    format,
    codedWidth,
    codedHeight,
    visibleLeft,
    visibleTop,
    visibleWidth,
    visibleHeight,
    rotation,
    flip: config.flip,
    displayWidth: swap ? display.height : display.width,
    displayHeight: swap ? display.width : display.height,
    timestamp,
    duration,
    color: frameColor(
      config.colorSpace,
      { primaries, transfer, matrix, fullRange },
      namedColor,
      format?.isRgb ?? false,
    ),
    metadata: undefined,
  }
}
