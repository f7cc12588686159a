import { describe, expect, it } from 'vitest'
import { VideoFrame } from '../../lib/index.js'
import { baseConfig, bytesOf, encodeAll, timestampOf } from '../helpers/codecs.js'
import { decodeElementaryStream } from '../helpers/ffmpeg-decode.js'
import { ivf } from '../helpers/ivf.js'
import { i420Picture, psnr, rgbaPicture } from '../helpers/pictures.js'

const width = 176
const height = 144
const pixels = width * height
const frameCount = 12

/** The alpha of picture `index`: another picture of the scene. */
const alphaOf = (index: number) => i420Picture(width, height, index + 100).subarray(0, pixels)

function dataOf(format: 'I420' | 'I420A' | 'RGBA' | 'BGRA', index: number): Uint8Array {
  if (format === 'I420') return i420Picture(width, height, index)
  if (format === 'I420A') return Buffer.concat([i420Picture(width, height, index), alphaOf(index)])
  const data = rgbaPicture(width, height, index)
  for (const [pixel, alpha] of alphaOf(index).entries()) data[pixel * 4 + 3] = alpha
  return data
}

function* frames(format: 'I420' | 'I420A' | 'RGBA' | 'BGRA') {
  for (let index = 0; index < frameCount; index++) {
    const data = dataOf(format, index)
    yield new VideoFrame(data, { format, codedWidth: width, codedHeight: height, timestamp: timestampOf(index) })
  }
}

const keyFrames = (index: number) => ({ keyFrame: index === 7 })

describe.each([
  { family: 'vp8', codec: 'vp8' },
  { family: 'vp9', codec: 'vp09.00.31.08' },
] as const)('alpha of $codec', ({ family, codec }) => {
  describe.each(['realtime', 'quality'] as const)('in %s mode', (latencyMode) => {
    const config = { ...baseConfig, codec, width, height, latencyMode, bitrate: 2_000_000 }
    const encode = (alpha: 'keep' | 'discard', format: Parameters<typeof frames>[0]) =>
      encodeAll({ ...config, alpha }, frames(format), keyFrames)

    it.each(['I420A', 'RGBA', 'BGRA'] as const)('that is kept comes as a stream of its own (%s)', async (format) => {
      const { metadata } = await encode('keep', format)
      const sideData = metadata.map((data) => new Uint8Array(data!.alphaSideData!))
      const decoded = await decodeElementaryStream({ format: 'ivf', data: ivf(family, sideData) })
      expect({ pictures: decoded.pictures, complaints: decoded.complaints }).toEqual({
        pictures: frameCount,
        complaints: [],
      })
      const size = decoded.pixels.length / frameCount
      const psnrs = sideData.map((_, index) =>
        psnr(alphaOf(index), decoded.pixels.subarray(index * size, index * size + pixels)),
      )
      expect(Math.min(...psnrs)).toBeGreaterThan(32)
    })

    it('has its key frames where the pictures have theirs', async () => {
      const { chunks, metadata } = await encode('keep', 'I420A')
      expect(chunks.map(({ type }) => type).indexOf('key', 1)).toBe(7)
      const rest = metadata.slice(7).map((data) => new Uint8Array(data!.alphaSideData!))
      const decoded = await decodeElementaryStream({ format: 'ivf', data: ivf(family, rest) })
      expect({ pictures: decoded.pictures, complaints: decoded.complaints }).toEqual({
        pictures: frameCount - 7,
        complaints: [],
      })
    })

    it('is opaque for frames that have none', async () => {
      const { metadata } = await encode('keep', 'I420')
      const sideData = metadata.map((data) => new Uint8Array(data!.alphaSideData!))
      const decoded = await decodeElementaryStream({ format: 'ivf', data: ivf(family, sideData) })
      expect(Math.min(...decoded.pixels.subarray(0, pixels))).toBeGreaterThan(250)
    })

    it('that is discarded leaves the pictures as they are without it', async () => {
      const [discarded, without] = await Promise.all([encode('discard', 'I420A'), encode('discard', 'I420')])
      expect(discarded.metadata.map((data) => data?.alphaSideData)).toEqual(discarded.chunks.map(() => undefined))
      expect(discarded.chunks.map(bytesOf)).toEqual(without.chunks.map(bytesOf))
    })
  })
})
