import { beforeAll, describe, expect, it } from 'vitest'
import { baseConfig, bytesOf, type Encoded, encodeAll, makeFrames } from '../helpers/codecs.js'
import { type CodecFamily, elementaryStream } from '../helpers/elementary-stream.js'
import { type DecodedByFfmpeg, decodeElementaryStream } from '../helpers/ffmpeg-decode.js'
import { i420Picture, psnr } from '../helpers/pictures.js'

const width = 176
const height = 144
const frameCount = 32

const encoders = [
  { family: 'h264', codec: 'avc1.42001f' },
  { family: 'h264', codec: 'avc1.64001f' },
  { family: 'vp8', codec: 'vp8' },
  { family: 'vp9', codec: 'vp09.00.31.08' },
  { family: 'vp9', codec: 'vp09.02.31.10' },
  { family: 'av1', codec: 'av01.0.05M.08' },
] as const

const modes = [
  { latencyMode: 'realtime', layers: 2, scalabilityMode: 'L1T2' },
  { latencyMode: 'realtime', layers: 3, scalabilityMode: 'L1T3' },
  { latencyMode: 'quality', layers: 3, scalabilityMode: 'L1T3' },
] as const
const cases = encoders.flatMap((encoder) => modes.map((mode) => ({ ...encoder, ...mode })))

/** Temporal_id of each temporal unit's first OBU that has an extension header (AV1 5.3.3). */
function temporalIdOfAv1(data: Uint8Array): number {
  for (let at = 0; at < data.length; ) {
    const header = data[at]!
    if ((header & 0x04) !== 0) return data[at + 1]! >> 5
    let size = 0
    let sizeAt = at + 1
    for (let shift = 0; ; shift += 7) {
      const byte = data[sizeAt++]!
      size += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) break
    }
    at = sizeAt + size
  }
  return 0
}

describe.each(cases)(
  '$scalabilityMode of $codec in $latencyMode mode',
  ({ family, codec, latencyMode, layers, scalabilityMode }) => {
    let encoded: Encoded
    let layerOf: number[]
    let whole: DecodedByFfmpeg

    /** What ffmpeg makes of the chunks that `keeps` is true for. */
    const decodeSome = (keeps: (index: number) => boolean) =>
      decodeElementaryStream(
        elementaryStream(
          family as CodecFamily,
          encoded.chunks.filter((_, index) => keeps(index)),
          encoded.metadata.filter((_, index) => keeps(index)),
        ),
      )
    const pictureOf = ({ pixels, pictures }: DecodedByFfmpeg, index: number) => {
      const size = pixels.length / pictures
      return pixels.subarray(index * size, (index + 1) * size)
    }
    /** The pictures of some chunks, of which the others are left out, are those of the whole stream. */
    const expectSamePictures = async (keeps: (index: number) => boolean) => {
      const kept = encoded.chunks.map((_, index) => index).filter(keeps)
      const some = await decodeSome(keeps)
      expect({ pictures: some.pictures, complaints: some.complaints }).toEqual({
        pictures: kept.length,
        complaints: [],
      })
      const differ = kept.filter((index, place) => !pictureOf(whole, index).equals(pictureOf(some, place)))
      expect(differ).toEqual([])
    }

    beforeAll(async () => {
      const config = { ...baseConfig, codec, latencyMode, scalabilityMode, width, height, bitrate: 1_000_000 }
      encoded = await encodeAll(config, makeFrames(frameCount, { codedWidth: width, codedHeight: height }))
      layerOf = encoded.metadata.map((data) => data!.svc!.temporalLayerId)
      whole = await decodeElementaryStream(elementaryStream(family as CodecFamily, encoded.chunks, encoded.metadata))
    })

    it('has as many layers, each of them at half the rate of the one above', () => {
      const counts = Array.from({ length: layers }, (_, layer) => layerOf.filter((id) => id === layer).length)
      const expected =
        layers === 2 ? [frameCount / 2, frameCount / 2] : [frameCount / 4, frameCount / 4, frameCount / 2]
      expect(counts).toEqual(expected)
      expect(layerOf[0]).toBe(0)
    })

    it('decodes as a whole, to good pictures', () => {
      expect({ pictures: whole.pictures, complaints: whole.complaints }).toEqual({
        pictures: frameCount,
        complaints: [],
      })
      const psnrs = layerOf.map((_, index) => {
        const samples = codec.startsWith('vp09.02') ? narrowed(pictureOf(whole, index)) : pictureOf(whole, index)
        return psnr(i420Picture(width, height, index), samples, 0, width * height)
      })
      expect(Math.min(...psnrs)).toBeGreaterThan(30)
    })

    it('decodes to the same pictures without each of its upper layers', async () => {
      for (let top = 0; top < layers - 1; top++) await expectSamePictures((index) => layerOf[index]! <= top)
    })

    it('is nested: an upper layer can come in again anywhere', async () => {
      for (let top = 1; top < layers; top++) {
        await expectSamePictures((index) => layerOf[index]! < top || (index > frameCount / 2 && layerOf[index]! <= top))
      }
    })

    it.runIf(family === 'av1')('says in the stream which layer a frame is in', () => {
      expect(encoded.chunks.map((chunk) => temporalIdOfAv1(bytesOf(chunk)))).toEqual(layerOf)
    })
  },
)

/** 10-bit samples as 8-bit ones. */
function narrowed(data: Buffer): Uint8Array {
  return Uint8Array.from(
    new Uint16Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.length)),
    (value) => value >> 2,
  )
}
