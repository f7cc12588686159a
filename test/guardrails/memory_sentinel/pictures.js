// The scene that the video loads show: it moves forwards and back again, so that consecutive pictures always differ by one step.
import { layoutOf, psnr, rgbaPicture } from '../../helpers/pictures.js'

export const width = 640
export const height = 480
export const minPsnr = 32

const steps = Array.from({ length: 12 }, (_, index) => rgbaPicture(width, height, index))
const pictures = [...steps, ...steps.slice(1, -1).reverse()]
export const sceneLength = pictures.length

export const pictureOf = (index) => pictures[index % pictures.length]
export const timestampOf = (index) => Math.round((index * 1e6) / 30)

export function makeFrame({ VideoFrame }, index) {
  const init = { format: 'RGBA', codedWidth: width, codedHeight: height, timestamp: timestampOf(index) }
  return new VideoFrame(pictureOf(index), init)
}

/** Compares frames with the pictures they were encoded from, one after the other. */
export class Comparison {
  #pixels = new Uint8Array(layoutOf('RGBA', width, height).size)
  worst = Infinity
  count = 0

  async add(frame, index) {
    await frame.copyTo(this.#pixels, { format: 'RGBA' })
    this.worst = Math.min(this.worst, psnr(pictureOf(index), this.#pixels))
    this.count++
  }
}
