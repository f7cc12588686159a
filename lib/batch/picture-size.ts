/** The size that pictures are encoded in. */
import type { VideoSize } from './choose-codec.js'
import type { ParsedVideo } from './job.js'
import type { VideoTrack } from './media-io.js'

const even = (side: number): number => Math.max(2, Math.round(side / 2) * 2)
const evenDown = (side: number): number => Math.max(2, side & ~1)

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

/** Aspects of pixels that streams have (ITU-T H.264, Table E-1), and their inverses. */
const KNOWN_ASPECTS = [
  [1, 1],
  [12, 11],
  [10, 11],
  [16, 11],
  [40, 33],
  [24, 11],
  [20, 11],
  [32, 11],
  [80, 33],
  [18, 11],
  [15, 11],
  [64, 33],
  [160, 99],
  [4, 3],
  [3, 2],
  [2, 1],
].flatMap(([num, den]) => [
  { num: num!, den: den! },
  { num: den!, den: num! },
])

/**
 * The aspect of pixels that is meant by a size in whole square pixels: one that streams have, if it comes to the same
 * size, else what the sizes say.
 */
export function exactAspect(
  { num, den }: { num: number; den: number },
  { width, height }: { width: number; height: number },
): { num: number; den: number } {
  const stretched = (aspect: { num: number; den: number }) =>
    aspect.num >= aspect.den
      ? Math.round((width * aspect.num) / aspect.den)
      : -Math.round((height * aspect.den) / aspect.num)
  const wanted = stretched({ num, den })
  return KNOWN_ASPECTS.find((aspect) => stretched(aspect) === wanted) ?? { num, den }
}

/** A display size near the coded one that has exactly the pixel aspect ratio; none for square pixels. */
function displaySize(width: number, height: number, { num, den }: { num: number; den: number }) {
  if (num === den) return {}
  const divisor = greatestCommonDivisor(width * num, height * den)
  const aspectWidth = (width * num) / divisor
  const aspectHeight = (height * den) / divisor
  const factor = Math.max(1, Math.round(height / aspectHeight))
  return { displayWidth: aspectWidth * factor, displayHeight: aspectHeight * factor }
}

export interface PicturePlan {
  readonly size: VideoSize
  /** Width over height of the part of the source that is taken, in coded pixels; null for all of it. */
  readonly crop: number | null
}

/**
 * The coded size, and what is cut from the source before it is scaled: 4:2:0 pictures are even, and pixels keep their
 * aspect.
 */
export function planPicture(settings: ParsedVideo, track: VideoTrack): PicturePlan {
  const { codedWidth, codedHeight, pixelAspect } = track
  const turned = track.rotation % 180 !== 0
  // Settings are about the picture as it is shown.
  const wantedWidth = turned ? settings.height : settings.width
  const wantedHeight = turned ? settings.width : settings.height
  const full = (width: number, height: number): PicturePlan => ({
    size: { width, height, ...displaySize(width, height, pixelAspect) },
    crop: null,
  })
  if (wantedWidth === undefined && wantedHeight === undefined) return full(evenDown(codedWidth), evenDown(codedHeight))

  const { fit = 'inside', enlarge = true } = settings
  const horizontal = (wantedWidth ?? Number.POSITIVE_INFINITY) / codedWidth
  const vertical = (wantedHeight ?? Number.POSITIVE_INFINITY) / codedHeight
  const bounded = (scale: number) => (enlarge ? scale : Math.min(1, scale))
  if (fit === 'inside' || wantedWidth === undefined || wantedHeight === undefined) {
    const scale = bounded(Math.min(horizontal, vertical))
    if (scale === 1) return full(evenDown(codedWidth), evenDown(codedHeight))
    return full(
      scale === horizontal ? wantedWidth! : even(codedWidth * scale),
      scale === vertical ? wantedHeight! : even(codedHeight * scale),
    )
  }
  const scale = bounded(Math.max(horizontal, vertical)) / Math.max(horizontal, vertical)
  const width = scale === 1 ? wantedWidth : even(wantedWidth * scale)
  const height = scale === 1 ? wantedHeight : even(wantedHeight * scale)
  if (fit === 'cover') return { ...full(width, height), crop: width / height }
  // Stretched: the picture as a whole keeps its shape's new meaning, with square pixels.
  return { size: { width, height }, crop: null }
}

interface Rect {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** The part of a picture that is encoded: without the last column and row of an odd size, which scaling would blur. */
export function visiblePart({ x, y, width, height }: Rect, crop: number | null): Rect {
  if (crop === null) return { x, y, width: width & ~1, height: height & ~1 }
  const wide = Math.min(width, Math.round(height * crop))
  const high = Math.min(height, Math.round(width / crop))
  const inner = { width: wide & ~1, height: high & ~1 }
  // Chroma samples stay where they are: even offsets.
  return {
    x: x + ((((width - inner.width) / 2) | 0) & ~1),
    y: y + ((((height - inner.height) / 2) | 0) & ~1),
    ...inner,
  }
}
