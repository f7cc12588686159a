// Damaged images for ImageDecoder: frames, or one of the exceptions that the specification has for them.
import assert from 'node:assert/strict'
import { ImageDecoder } from '../../../dist/index.js'
import { makeImageFiles } from '../../helpers/image-files.mjs'
import { heavyMutations, lightMutations, pickFrom } from '../mutations.mjs'

const MAX_FRAMES = 8
/** What decoding one small image may take at its peak, whatever size its damaged header claims. */
const MAX_PEAK = 3e9

/** The image as a buffer, or as a stream of pieces. */
function sourceOf(data, pick) {
  if (pick(2) === 0) return data
  const size = 1 + pick(Math.max(1, data.length >> pick(4)))
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= data.length) return controller.close()
      controller.enqueue(data.slice(at, at + size))
      at += size
    },
  })
}

async function look(frame) {
  const { codedWidth, codedHeight } = frame
  assert.ok(codedWidth > 0 && codedHeight > 0)
  // A look at the pixels, unless a header was changed to a huge size.
  if (codedWidth * codedHeight < 1e6) await frame.copyTo(new Uint8Array(frame.allocationSize()))
  frame.close()
}

/** Decodes some frames. @returns {Promise<{ frames: number, ending: string }>} */
async function decodeImage(data, type, pick) {
  const scaled = pick(4) === 0 ? { desiredWidth: 1 + pick(99), desiredHeight: 1 + pick(99) } : {}
  const colorSpaceConversion = pick(4) === 0 ? 'none' : 'default'
  const decoder = new ImageDecoder({ data: sourceOf(data, pick), type, colorSpaceConversion, ...scaled })
  let frames = 0
  try {
    await decoder.tracks.ready
    for (const track of decoder.tracks) {
      track.selected = true
      const count = Math.min(MAX_FRAMES, Math.max(1, track.frameCount))
      for (let index = 0; index < count; index++) {
        const frameIndex = pick(count)
        const { image } = await decoder.decode({ frameIndex, completeFramesOnly: pick(3) > 0 })
        await look(image)
        frames++
      }
    }
    return { frames, ending: 'decoded' }
  } catch (error) {
    if (!(error instanceof RangeError)) {
      assert.ok(error instanceof DOMException, String(error?.stack ?? error))
      assert.match(error.name, /^(EncodingError|InvalidStateError|QuotaExceededError)$/)
    }
    return { frames, ending: error.name }
  } finally {
    decoder.close()
  }
}

const indexOf = (data, text) => Buffer.from(data.buffer, data.byteOffset, data.byteLength).indexOf(text, 0, 'latin1')

/** Where a file has its width and height, how they are written, and what is taken off them. */
const headers = {
  png: { at: () => [16, 20], write: 'setUint32' },
  jpeg: { at: (data) => [7, 5].map((offset) => indexOf(data, '\xff\xc0') + offset), write: 'setUint16' },
  bmp: { at: () => [18, 22], write: 'setInt32', littleEndian: true },
  gif: { at: () => [6, 8], write: 'setUint16', littleEndian: true },
  'animated webp': { at: () => [24, 27], write: 'setUint16', littleEndian: true, less: 1 },
  avif: { at: (data) => [8, 12].map((offset) => indexOf(data, 'ispe') + offset), write: 'setUint32' },
}

/** A copy that claims to be of another size. */
function resize(kind, data, size) {
  const { at, write, littleEndian = false, less = 0 } = headers[kind]
  const copy = data.slice()
  const view = new DataView(copy.buffer)
  for (const [index, offset] of at(data).entries()) view[write](offset, size[index] - less, littleEndian)
  return copy
}

const sizes = [
  [4096, 4096],
  [32767, 64],
  [32768, 1],
  [32767, 32767],
  [65535, 65535],
  [1, 2 ** 31 - 1],
  [2 ** 32 - 1, 2 ** 32 - 1],
  [0, 7],
]

let files

/** Small files that claim to be large pictures. */
const bombs = {
  name: 'image bombs',
  async prepare() {
    files ??= makeImageFiles()
    const kinds = Object.keys(headers)
    const base = process.resourceUsage().maxRSS
    return {
      async run(pick) {
        const kind = kinds[pick(kinds.length)]
        const { type, data } = files.get(kind)
        const size = sizes[pick(sizes.length)]
        const { frames, ending } = await decodeImage(resize(kind, data, size), type, pick)
        return { kind: `${kind} of ${size.join('x')}`, outcome: `${ending}${frames > 0 ? ' after frames' : ''}` }
      },
      check: () => checkPeak(base, 700e6),
    }
  },
}

function checkPeak(base, limit) {
  const peak = (process.resourceUsage().maxRSS - base) * 1024
  return !process.env.LD_PRELOAD && peak > limit ? [`memory rose by ${peak >> 20} MB`] : []
}

function target(name, mutations) {
  return {
    name: `image ${name}`,
    async prepare() {
      files ??= makeImageFiles()
      const sources = [...files].filter(([kind]) => kind.split(' ').includes(name))
      assert.ok(sources.length > 0)
      const base = process.resourceUsage().maxRSS
      return {
        async run(pick) {
          const [kind, { type, data }] = sources[pick(sources.length)]
          const damage = pickFrom(mutations, pick)
          const { frames, ending } = await decodeImage(damage.mutate(data, pick), type, pick)
          return { kind: `${kind}, ${damage.name}`, outcome: `${ending}${frames > 0 ? ' after frames' : ''}` }
        },
        check: () => checkPeak(base, MAX_PEAK),
      }
    },
  }
}

const names = ['png', 'apng', 'bmp', 'jpeg', 'gif', 'webp', 'avif', 'jxl']

export const targets = [...names.map((name) => target(name, { ...lightMutations, ...heavyMutations })), bombs]
