import { describe, expect, it } from 'vitest'
import { VideoFrame } from '../../lib/index.js'
import { decodeAll, encodeAll, pixelsOf, timestampOf } from '../helpers/codecs.js'
import { psnr } from '../helpers/pictures.js'

const width = 640
const height = 352
const count = 60

/** A page of small shapes with hard edges that scrolls, as text does. */
function page(index: number): Uint8Array {
  const data = new Uint8Array((width * height * 3) / 2).fill(128)
  for (let y = 0; y < height; y++) {
    const line = y + 2 * index
    for (let x = 0; x < width; x++) {
      const cell = Math.imul((line >> 3) * 131 + (x >> 2), 2654435761) >>> 16
      const ink = line % 12 < 8 && ((cell >> ((line & 3) + (x & 3))) & 1) === 1
      data[y * width + x] = ink ? 30 : 225
    }
  }
  return data
}
const pages = Array.from({ length: count }, (_, index) => page(index))

const grain = softGrain(256)

/** Soft grain, the same on its left and right, top and bottom. */
function softGrain(side: number): Float32Array {
  const values = Float32Array.from({ length: side ** 2 }, (_, index) => (Math.imul(index + 1, 2654435761) >>> 16) & 255)
  for (let pass = 0; pass < 3; pass++) {
    for (let index = 0; index < values.length; index++) {
      const right = values[(index + 1) % values.length]!
      const below = values[(index + side) % values.length]!
      values[index] = (2 * values[index]! + right + below) / 4
    }
  }
  return values
}

/** Blocks of grain, each of which moves in a direction of its own, by up to 22 samples a frame. */
function chase(index: number): Uint8Array {
  const data = new Uint8Array((width * height * 3) / 2).fill(128)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const block = (y >> 5) * 11 + (x >> 6)
      const moved = [x + (((block * 37) % 45) - 22) * index, y + (((block * 53) % 37) - 18) * index] as const
      data[y * width + x] = grain[(moved[1] & 255) * 256 + (moved[0] & 255)]!
    }
  }
  return data
}
const chases = Array.from({ length: count / 2 }, (_, index) => chase(index))

function* frames(pictures: Uint8Array[]): Generator<VideoFrame> {
  for (const [index, data] of pictures.entries()) {
    const init = { format: 'I420', codedWidth: width, codedHeight: height, timestamp: timestampOf(index) } as const
    yield new VideoFrame(data, init)
  }
}

interface Result {
  bytes: number
  decibels: number
}

async function encodePictures(
  pictures: Uint8Array[],
  config: Partial<Parameters<typeof encodeAll>[0]>,
): Promise<Result> {
  const base = {
    codec: 'avc1.64001f',
    width,
    height,
    bitrate: 1_500_000,
    framerate: 30,
    hevc: { format: 'annexb' },
    // The slice threads of realtime mode share the rate by what the others have coded so far: each run makes another stream.
    ...(config.latencyMode === 'realtime' && { threads: 1 }),
  } as const
  const encoded = await encodeAll({ ...base, ...config }, frames(pictures))
  const decoded = await decodeAll(encoded.config, encoded.chunks, (frame) => pixelsOf(frame))
  const values = decoded.map((pixels, index) => Math.min(psnr(pictures[index]!, pixels, 0, width * height), 60))
  return {
    bytes: encoded.chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0),
    decibels: values.reduce((sum, value) => sum + value, 0) / values.length,
  }
}

describe.each([
  { codec: 'avc1.64001f', encoder: 'libx264', latencyMode: 'realtime' },
  { codec: 'hvc1.1.6.L93.B0', encoder: 'libx265', latencyMode: 'quality' },
] as const)('$encoder in $latencyMode mode', (config) => {
  it('makes more of a scrolling page for which the hint "text" is given', async () => {
    const without = await encodePictures(pages, config)
    const hinted = await encodePictures(pages, { ...config, contentHint: 'text' })
    expect(hinted.bytes).toBeLessThan(1.1 * without.bytes)
    expect(hinted.decibels).toBeGreaterThan(without.decibels + 0.1)
  })
})

// The encoders that the hint is said to tune; with the others it has no effect.
describe.each([
  { codec: 'avc1.64001f', encoder: 'libx264', latencyMode: 'quality' },
  { codec: 'hvc1.1.6.L93.B0', encoder: 'libx265', latencyMode: 'quality' },
] as const)('$encoder in $latencyMode mode', (config) => {
  it('makes more of fast motion for which the hint "motion" is given', async () => {
    const without = await encodePictures(chases, config)
    const hinted = await encodePictures(chases, { ...config, contentHint: 'motion' })
    expect(hinted.bytes).toBeLessThan(1.02 * without.bytes)
    expect(hinted.decibels).toBeGreaterThan(without.decibels + 0.3)
  })
})

describe.each([
  { codec: 'avc1.42001f', encoder: 'libopenh264', latencyMode: 'realtime' },
  { codec: 'avc1.64001f', encoder: 'libx264', latencyMode: 'realtime' },
  { codec: 'hvc1.1.6.L93.B0', encoder: 'libx265', latencyMode: 'realtime' },
  { codec: 'vp8', encoder: 'libvpx', latencyMode: 'realtime' },
] as const)('$encoder in $latencyMode mode', (config) => {
  it('makes the same stream with the hint "motion" as without', async () => {
    const without = await encodePictures(chases, config)
    expect(await encodePictures(chases, { ...config, contentHint: 'motion' })).toEqual(without)
  })
})
