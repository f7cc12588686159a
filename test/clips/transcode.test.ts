import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { VideoFrame } from '../../lib/index.js'
import { decodeAll, encodeAll, pixelsOf } from '../helpers/codecs.js'
import { elementaryStream } from '../helpers/elementary-stream.js'
import { decodeElementaryStream } from '../helpers/ffmpeg-decode.js'
import { clipsFolder, codecClips, demux } from '../helpers/media.js'
import { psnr } from '../helpers/pictures.js'

/** Of long clips the first pictures do. */
const maxPictures = 16

const clips = codecClips.map((name) => ({ name, path: join(clipsFolder, name) }))

const codecs = [
  { family: 'h264', codec: 'avc1.640028' },
  { family: 'hevc', codec: 'hvc1.1.6.L120.B0' },
  { family: 'vp8', codec: 'vp8' },
  { family: 'vp9', codec: 'vp09.00.41.08' },
  { family: 'av1', codec: 'av01.0.08M.08' },
] as const

describe.each(clips)('$name is decoded, and encoded anew', ({ path }) => {
  const isThere = existsSync(path)
  let frames: VideoFrame[] = []
  let lumas: Uint8Array[]

  beforeAll(async () => {
    if (!isThere) return
    const { config, chunks } = await demux(path)
    const first = chunks.findIndex(({ type }) => type === 'key')
    frames = await decodeAll(config, chunks.slice(first, first + maxPictures), (frame) => frame.clone())
    lumas = await Promise.all(frames.map(lumaOf))
  })

  afterAll(() => {
    for (const frame of frames) frame.close()
  })

  it.runIf(isThere).each(codecs)(
    'in $family, with every picture in its time and at least 32 dB',
    async ({ family, codec }) => {
      const { width, height } = frames[0]!.visibleRect!
      const encoded = await encodeAll(
        { codec, width, height, framerate: 30, bitrate: 500_000 + width * height * 4, latencyMode: 'realtime' },
        frames.map((frame) => frame.clone()),
      )
      const theirs = await decodeElementaryStream(elementaryStream(family, encoded.chunks, encoded.metadata))
      const size = theirs.pixels.length / theirs.pictures
      const psnrs = lumas.map((luma, index) =>
        psnr(luma, theirs.pixels.subarray(index * size, index * size + luma.length)),
      )
      expect(encoded.chunks.map(({ timestamp }) => timestamp)).toEqual(frames.map(({ timestamp }) => timestamp))
      expect(theirs).toMatchObject({ width, height, pictures: frames.length, complaints: [] })
      expect(Math.min(...psnrs)).toBeGreaterThan(32)
    },
  )
})

async function lumaOf(frame: VideoFrame): Promise<Uint8Array> {
  const { width, height } = frame.visibleRect!
  return (await pixelsOf(frame)).subarray(0, width * height)
}
