/** Small RGBA pictures of frames. */
import { VideoFrame } from '../video-frame.js'
import type { VideoTrack } from './media-io.js'

export interface SmallPicture {
  readonly width: number
  readonly height: number
  /** RGBA, without gaps. */
  readonly pixels: Uint8ClampedArray
}

/** A frame of a track, with the orientation that the container tells: not all decoder configurations have it. */
export function oriented(frame: VideoFrame, { rotation, flip, decoderConfig }: VideoTrack): VideoFrame {
  const { rotation: known = 0, flip: flipped = false } = decoderConfig ?? {}
  return known === rotation && flipped === flip ? frame.clone() : new VideoFrame(frame, { rotation, flip })
}

/** A frame as it is shown, upright and with square pixels, in a width: each pixel is the mean of those that it covers. */
export async function shrink(frame: VideoFrame, width: number): Promise<SmallPicture> {
  const { width: codedWidth, height: codedHeight } = frame.visibleRect!
  const source = new Uint8Array(frame.allocationSize({ format: 'RGBA' }))
  await frame.copyTo(source, { format: 'RGBA' })
  const height = Math.max(2, Math.round((width * frame.displayHeight) / frame.displayWidth / 2) * 2)
  const turned = frame.rotation % 180 !== 0
  const [uprightWidth, uprightHeight] = turned ? [height, width] : [width, height]
  const upright = average(source, codedWidth, codedHeight, uprightWidth, uprightHeight)
  return turn(upright, frame.rotation, frame.flip)
}

function average(
  source: Uint8Array,
  fromWidth: number,
  fromHeight: number,
  width: number,
  height: number,
): SmallPicture {
  const pixels = new Uint8ClampedArray(width * height * 4)
  for (let y = 0; y < height; y++) {
    const top = Math.floor((y * fromHeight) / height)
    const bottom = Math.max(top + 1, Math.floor(((y + 1) * fromHeight) / height))
    for (let x = 0; x < width; x++) {
      const left = Math.floor((x * fromWidth) / width)
      const right = Math.max(left + 1, Math.floor(((x + 1) * fromWidth) / width))
      let red = 0
      let green = 0
      let blue = 0
      for (let row = top; row < bottom; row++) {
        for (let at = (row * fromWidth + left) * 4; at < (row * fromWidth + right) * 4; at += 4) {
          red += source[at]!
          green += source[at + 1]!
          blue += source[at + 2]!
        }
      }
      const count = (bottom - top) * (right - left)
      pixels.set([red / count, green / count, blue / count, 255], (y * width + x) * 4)
    }
  }
  return { width, height, pixels }
}

/** Clockwise, and then mirrored. */
function turn(picture: SmallPicture, rotation: number, flip: boolean): SmallPicture {
  if (rotation === 0 && !flip) return picture
  const turned = rotation % 180 !== 0
  const width = turned ? picture.height : picture.width
  const height = turned ? picture.width : picture.height
  const pixels = new Uint8ClampedArray(picture.pixels.length)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const shown = flip ? width - 1 - x : x
      const [fromX, fromY] = sourceOf(shown, y, rotation, picture)
      const from = (fromY * picture.width + fromX) * 4
      pixels.set(picture.pixels.subarray(from, from + 4), (y * width + x) * 4)
    }
  }
  return { width, height, pixels }
}

function sourceOf(x: number, y: number, rotation: number, { width, height }: SmallPicture): [number, number] {
  if (rotation === 90) return [y, height - 1 - x]
  if (rotation === 180) return [width - 1 - x, height - 1 - y]
  return rotation === 270 ? [width - 1 - y, x] : [x, y]
}

/** An empty picture to place others on. */
export function blankPicture(width: number, height: number): SmallPicture {
  const pixels = new Uint8ClampedArray(width * height * 4)
  for (let at = 3; at < pixels.length; at += 4) pixels[at] = 255
  return { width, height, pixels }
}

export function place(picture: SmallPicture, onto: SmallPicture, left: number, top: number): void {
  const columns = Math.min(picture.width, onto.width - left)
  const rows = Math.min(picture.height, onto.height - top)
  for (let row = 0; row < rows; row++) {
    const from = row * picture.width * 4
    onto.pixels.set(picture.pixels.subarray(from, from + columns * 4), ((top + row) * onto.width + left) * 4)
  }
}
