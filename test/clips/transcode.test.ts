import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodeAll, encodeAll, pixelsOf } from '../helpers/codecs.js'
import { elementaryStream } from '../helpers/elementary-stream.js'
import { decodeElementaryStream } from '../helpers/ffmpeg-decode.js'
import { clipsFolder, demux } from '../helpers/media.js'
import { psnr } from '../helpers/pictures.js'

/** Of long clips the first pictures do. */
const maxPictures = 16

const clips = [
  'video.mp4',
  'video-h265.mp4',
  'hevc.ts',
  'transparency.webm',
  '../conformance/h264.mp4',
  '../conformance/vp8.webm',
  '../conformance/vp9.mp4',
  '../conformance/av1.mp4',
].map((name) => ({ name, path: join(clipsFolder, name) }))

const codecs = [
  { family: 'h264', codec: 'avc1.640028' },
  { family: 'hevc', codec: 'hvc1.1.6.L120.B0' },
  { family: 'vp8', codec: 'vp8' },
  { family: 'vp9', codec: 'vp09.00.41.08' },
  { family: 'av1', codec: 'av01.0.08M.08' },
] as const

describe.each(clips.filter(({ path }) => existsSync(path)))('$name is decoded, and encoded anew', ({ path }) => {
  it.each(codecs)('in $family, with every picture in its time and at least 32 dB', async ({ family, codec }) => {
    const { config, chunks } = await demux(path)
    const first = chunks.findIndex(({ type }) => type === 'key')
    const some = chunks.slice(first, first + maxPictures)
    const frames = await decodeAll(config, some, (frame) => frame.clone())
    const lumas = await Promise.all(frames.map(lumaOf))
    const timestamps = frames.map(({ timestamp }) => timestamp)
    const { width, height } = frames[0]!.visibleRect!
    const encoded = await encodeAll(
      { codec, width, height, framerate: 30, bitrate: 500_000 + width * height * 4, latencyMode: 'realtime' },
      frames,
    )
    const theirs = await decodeElementaryStream(elementaryStream(family, encoded.chunks, encoded.metadata))
    const size = theirs.pixels.length / theirs.pictures
    const psnrs = lumas.map((luma, index) =>
      psnr(luma, theirs.pixels.subarray(index * size, index * size + luma.length)),
    )
    expect(encoded.chunks.map(({ timestamp }) => timestamp)).toEqual(timestamps)
    expect(theirs).toMatchObject({ width, height, pictures: frames.length, complaints: [] })
    expect(Math.min(...psnrs)).toBeGreaterThan(32)
  })
})

async function lumaOf(frame: Parameters<typeof pixelsOf>[0]): Promise<Uint8Array> {
  const { width, height } = frame.visibleRect!
  return (await pixelsOf(frame)).subarray(0, width * height)
}
