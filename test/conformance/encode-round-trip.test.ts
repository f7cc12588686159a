import { describe, expect, it } from 'vitest'
import { baseConfig, encodeAll, makeFrames, timestampOf } from '../helpers/codecs.js'
import { decodeByFfmpeg } from '../helpers/media.js'
import { i420Picture, psnr } from '../helpers/pictures.js'

const width = 320
const height = 240
const lumaSize = width * height

/** PSNR of each decoded picture's luma against the picture of the same index. */
async function lumaPsnrs(stream: Uint8Array): Promise<number[]> {
  const pictures = await decodeByFfmpeg(stream, { width, height })
  return pictures.map((picture, index) => psnr(i420Picture(width, height, index), picture, 0, lumaSize))
}

describe.each(['realtime', 'quality'] as const)('encoding in %s mode', (latencyMode) => {
  const config = { ...baseConfig, latencyMode, bitrate: 3_000_000 }

  it('gives one chunk for each frame', async () => {
    const { chunks } = await encodeAll(config, makeFrames(40))
    expect(chunks).toHaveLength(40)
  })

  it('gives a stream that ffmpeg decodes to the source pictures, in order', async () => {
    const { stream } = await encodeAll(config, makeFrames(40))
    const psnrs = await lumaPsnrs(stream)
    expect(psnrs).toHaveLength(40)
    expect(Math.min(...psnrs)).toBeGreaterThan(35)
  })

  it('marks exactly the first chunk as a key chunk', async () => {
    const { chunks } = await encodeAll(config, makeFrames(40))
    expect(chunks.map((chunk) => chunk.type)).toEqual(['key', ...Array(39).fill('delta')])
  })

  it('makes a key chunk of each frame with keyFrame: true', async () => {
    const { chunks } = await encodeAll(config, makeFrames(40), (index) => ({
      keyFrame: index === 13 || index === 14 || index === 30,
    }))
    const keys = chunks.filter((chunk) => chunk.type === 'key').map((chunk) => chunk.timestamp)
    expect(keys).toEqual([0, 13, 14, 30].map((index) => timestampOf(index)))
  })

  it('gives key chunks from which decoding can begin', async () => {
    const { chunks, config: decoderConfig } = await encodeAll(
      { ...config, avc: { format: 'annexb' } },
      makeFrames(40),
      (index) => ({
        keyFrame: index === 20,
      }),
    )
    const { annexBStream } = await import('../helpers/codecs.js')
    const second = chunks.slice(chunks.findLastIndex((chunk) => chunk.type === 'key'))
    const pictures = await decodeByFfmpeg(annexBStream(second, []), { width, height })
    expect(decoderConfig.description).toBeUndefined()
    expect(psnr(i420Picture(width, height, 20), pictures[0]!, 0, lumaSize)).toBeGreaterThan(35)
  })

  it('encodes an odd size', async () => {
    const size = { codedWidth: 318, codedHeight: 242 }
    const { stream } = await encodeAll({ ...config, width: 318, height: 242 }, makeFrames(10, size))
    const pictures = await decodeByFfmpeg(stream, { width: 318, height: 242 })
    expect(pictures).toHaveLength(10)
    expect(psnr(i420Picture(318, 242, 5), pictures[5]!, 0, 318 * 242)).toBeGreaterThan(35)
  })

  it('encodes only the visible rectangle of a frame', async () => {
    const visibleRect = { x: 16, y: 32, width: 128, height: 96 }
    const { stream } = await encodeAll({ ...config, width: 128, height: 96 }, makeFrames(5, { visibleRect }))
    const pictures = await decodeByFfmpeg(stream, { width: 128, height: 96 })
    const expected = cropLuma(i420Picture(width, height, 4), visibleRect)
    expect(psnr(expected, pictures[4]!, 0, 128 * 96)).toBeGreaterThan(35)
  })
})

function cropLuma(picture: Uint8Array, rect: { x: number; y: number; width: number; height: number }): Uint8Array {
  const rows = Array.from({ length: rect.height }, (_, row) => {
    const begin = (rect.y + row) * width + rect.x
    return picture.subarray(begin, begin + rect.width)
  })
  return Buffer.concat(rows)
}
