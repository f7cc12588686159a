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

function* frames(): Generator<VideoFrame> {
  for (const [index, data] of pages.entries()) {
    const init = { format: 'I420', codedWidth: width, codedHeight: height, timestamp: timestampOf(index) } as const
    yield new VideoFrame(data, init)
  }
}

interface Result {
  bytes: number
  decibels: number
}

async function encodePages(config: Partial<Parameters<typeof encodeAll>[0]>): Promise<Result> {
  const base = {
    codec: 'avc1.64001f',
    width,
    height,
    bitrate: 1_500_000,
    framerate: 30,
    hevc: { format: 'annexb' },
  } as const
  const encoded = await encodeAll({ ...base, ...config }, frames())
  const decoded = await decodeAll(encoded.config, encoded.chunks, (frame) => pixelsOf(frame))
  const values = decoded.map((pixels, index) => Math.min(psnr(pages[index]!, pixels, 0, width * height), 60))
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
    const without = await encodePages(config)
    const hinted = await encodePages({ ...config, contentHint: 'text' })
    expect(hinted.bytes).toBeLessThan(1.1 * without.bytes)
    expect(hinted.decibels).toBeGreaterThan(without.decibels + 0.1)
  })

  it('takes the hint "motion"', async () => {
    expect((await encodePages({ ...config, contentHint: 'motion' })).decibels).toBeGreaterThan(20)
  })
})
