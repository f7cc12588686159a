/** Where planes lie in a buffer (WebCodecs, "Plane Layout" and the algorithms of VideoFrame about rectangles). */
import type { PixelFormat } from './pixel-format.js'
import { enforceRange } from './webidl/conversions.js'
import { dictionary, required } from './webidl/dictionary.js'

/** Where a plane lies in a buffer: the offset of its first byte, and the bytes from one row to the next. */
export interface PlaneLayout {
  offset: number
  stride: number
}

export const readPlaneLayout = dictionary('PlaneLayout', {
  offset: required(enforceRange.unsignedLong),
  stride: required(enforceRange.unsignedLong),
})

/** A rectangle of pixels with its corner and sides in integers. */
export interface Rect {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** spec: "computed plane layout" */
export interface ComputedPlaneLayout {
  readonly destinationOffset: number
  readonly destinationStride: number
  readonly sourceTop: number
  readonly sourceHeight: number
  readonly sourceLeftBytes: number
  readonly sourceWidthBytes: number
}

/** spec: "combined buffer layout" */
export interface CombinedBufferLayout {
  readonly allocationSize: number
  readonly computedLayouts: readonly ComputedPlaneLayout[]
}

const MAX_UNSIGNED_LONG = 2 ** 32 - 1

/** spec: "Verify Rect Offset Alignment"; any rectangle suits a format that is not known. */
export function verifyRectOffsetAlignment(format: PixelFormat | null, rect: { x: number; y: number }): boolean {
  if (!format) return true
  return format.planes.every(
    ({ sampleWidth, sampleHeight }) => rect.x % sampleWidth === 0 && rect.y % sampleHeight === 0,
  )
}

/**
 * The rectangle that a DOMRectInit of the user's names inside a picture. Fractions are cut off (spec: "DOMRects in
 * VideoFrame"). Common to "Parse Visible Rect" and "Validate VideoFrameInit".
 * @param name what the TypeErrors call it
 */
export function parseRect(
  rect: Rect,
  codedWidth: number,
  codedHeight: number,
  format: PixelFormat | null,
  name: string,
): Rect {
  for (const side of ['x', 'y', 'width', 'height'] as const) {
    if (!(Number.isFinite(rect[side]) && rect[side] >= 0)) {
      throw new TypeError(
        `expected a finite number that is not negative for ${name}.${side} but received ${rect[side]}`,
      )
    }
  }
  if (rect.x + rect.width > codedWidth || rect.y + rect.height > codedHeight) {
    const received = `${rect.width}x${rect.height} at (${rect.x}, ${rect.y})`
    throw new TypeError(`expected a rectangle within ${codedWidth}x${codedHeight} for ${name} but received ${received}`)
  }
  const x = Math.trunc(rect.x)
  const y = Math.trunc(rect.y)
  const width = Math.trunc(rect.width)
  const height = Math.trunc(rect.height)
  if (width === 0 || height === 0) {
    throw new TypeError(`expected a rectangle with pixels for ${name} but received ${rect.width}x${rect.height}`)
  }
  const parsed = { x, y, width, height }
  requireAlignment(format, parsed, name)
  return parsed
}

export function requireAlignment(format: PixelFormat | null, rect: Rect, name: string): void {
  if (verifyRectOffsetAlignment(format, rect)) return
  throw new TypeError(
    `expected offsets on whole ${format?.name} samples for ${name} but received (${rect.x}, ${rect.y})`,
  )
}

/** spec: "Compute Layout and Allocation Size", one plane of it. */
function computePlane(
  format: PixelFormat,
  planeIndex: number,
  rect: Rect,
  layout: readonly PlaneLayout[] | undefined,
  tightOffset: number,
): ComputedPlaneLayout {
  const { sampleBytes, sampleWidth, sampleHeight } = format.planes[planeIndex]!
  // The specification says integer division for widths; like the format descriptions, and like browsers, this rounds
  // up, for the last column of a picture of odd width has chroma samples too.
  const sourceWidthBytes = Math.ceil(rect.width / sampleWidth) * sampleBytes
  const planeLayout = layout?.[planeIndex]
  if (planeLayout && planeLayout.stride < sourceWidthBytes) {
    const expected = `at least ${sourceWidthBytes} bytes`
    throw new TypeError(`expected ${expected} for layout[${planeIndex}].stride but received ${planeLayout.stride}`)
  }
  return {
    destinationOffset: planeLayout ? planeLayout.offset : tightOffset,
    destinationStride: planeLayout ? planeLayout.stride : sourceWidthBytes,
    sourceTop: Math.ceil(rect.y / sampleHeight),
    sourceHeight: Math.ceil(rect.height / sampleHeight),
    sourceLeftBytes: Math.floor(rect.x / sampleWidth) * sampleBytes,
    sourceWidthBytes,
  }
}

const endOf = (plane: ComputedPlaneLayout): number =>
  plane.destinationOffset + plane.destinationStride * plane.sourceHeight

/**
 * spec: "Compute Layout and Allocation Size"
 * @throws TypeError when `layout` does not fit the format, planes overlap, or an offset does not fit 32 bits
 */
export function computeLayoutAndAllocationSize(
  rect: Rect,
  format: PixelFormat,
  layout: readonly PlaneLayout[] | undefined,
): CombinedBufferLayout {
  if (layout && layout.length !== format.planes.length) {
    throw new TypeError(`expected ${format.planes.length} planes for layout but received ${layout.length}`)
  }
  let minAllocationSize = 0
  const computedLayouts: ComputedPlaneLayout[] = []
  for (let planeIndex = 0; planeIndex < format.planes.length; planeIndex++) {
    const plane = computePlane(format, planeIndex, rect, layout, minAllocationSize)
    const planeEnd = endOf(plane)
    if (planeEnd > MAX_UNSIGNED_LONG) {
      throw new TypeError(`expected planes within 4 GiB for layout but received an end at byte ${planeEnd}`)
    }
    for (const earlier of computedLayouts) {
      if (planeEnd > earlier.destinationOffset && endOf(earlier) > plane.destinationOffset) {
        throw new TypeError(`expected separate planes for layout but received planes that overlap`)
      }
    }
    // The maximum, because the user's offsets can reorder planes.
    minAllocationSize = Math.max(minAllocationSize, planeEnd)
    computedLayouts.push(plane)
  }
  return { allocationSize: minAllocationSize, computedLayouts }
}
