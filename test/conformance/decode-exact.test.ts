import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { EncodedVideoChunk } from '../../lib/index.js'
import { decodeAll, pixelsOf } from '../helpers/codecs.js'
import { accessUnits } from '../helpers/h264-chunks.js'
import { decodeByFfmpeg, demux, ffmpeg, makeClip, testClipArguments } from '../helpers/media.js'

const width = 320
const height = 240

const streams: Record<string, string[]> = {
  'Baseline, one reference': ['-profile:v', 'baseline', '-preset', 'ultrafast', '-bf', '0'],
  'Main with B-frames': ['-profile:v', 'main', '-bf', '3'],
  'High with a B-pyramid and many references': [
    '-preset',
    'slow',
    '-bf',
    '4',
    '-x264-params',
    'b-pyramid=normal:ref=6',
  ],
  'High with open GOPs': ['-bf', '3', '-g', '12', '-x264-params', 'open-gop=1'],
  'weighted prediction over a fade': ['-vf', 'fade=in:0:25', '-bf', '2', '-x264-params', 'weightp=2'],
  'four slices for each picture': ['-x264-params', 'slices=4', '-bf', '2'],
  'interlaced pictures': ['-flags', '+ildct+ilme', '-x264-params', 'tff=1', '-bf', '2'],
  'intra refresh': ['-x264-params', 'intra-refresh=1', '-bf', '0', '-g', '20'],
}

describe.each(Object.entries(streams))('decoding %s', (_, x264) => {
  const clip = () => makeClip(testClipArguments({ x264 }), 'mp4')

  it("gives exactly the planes of ffmpeg's own decoder", async () => {
    const path = await clip()
    const { config, chunks } = await demux(path)
    const ours = await decodeAll(config, chunks, (frame) => pixelsOf(frame))
    const theirs = await decodeByFfmpeg(path, { width, height })
    expect(ours).toHaveLength(theirs.length)
    expect(ours.map((picture, index) => Buffer.compare(picture, theirs[index]!))).toEqual(theirs.map(() => 0))
  })

  it('gives each frame the timestamp and duration of its chunk, in presentation order', async () => {
    const { config, chunks } = await demux(await clip())
    const ours = await decodeAll(config, chunks, ({ timestamp, duration }) => ({ timestamp, duration }))
    const expected = chunks
      .map(({ timestamp, duration }) => ({ timestamp, duration }))
      .sort((a, b) => a.timestamp - b.timestamp)
    expect(ours).toEqual(expected)
  })

  it('gives the same planes with optimizeForLatency', async () => {
    const path = await clip()
    const { config, chunks } = await demux(path)
    const ours = await decodeAll({ ...config, optimizeForLatency: true }, chunks, (frame) => pixelsOf(frame))
    const theirs = await decodeByFfmpeg(path, { width, height })
    const digests = (pictures: Uint8Array[]) =>
      pictures.map((picture) => Buffer.from(picture).toString('latin1')).sort()
    expect(digests(ours)).toEqual(digests(theirs))
  })
})

describe('decoding', () => {
  it('takes an Annex B stream without a description', async () => {
    const path = await makeClip(testClipArguments({ x264: ['-bf', '0', '-g', '10', '-x264-params', 'aud=1'] }), 'h264')
    const chunks = accessUnits(await readFile(path))
    const ours = await decodeAll({ codec: 'avc1.64000d' }, chunks, (frame) => pixelsOf(frame))
    const theirs = await decodeByFfmpeg(path, { width, height })
    expect(ours.map((picture, index) => Buffer.compare(picture, theirs[index]!))).toEqual(theirs.map(() => 0))
  })

  it.each([
    ['yuv422p', 'I422'],
    ['yuv444p', 'I444'],
    ['yuv420p10le', 'I420P10'],
    ['yuv422p10le', 'I422P10'],
  ])('gives %s pictures as %s', async (pixelFormat, format) => {
    const path = await makeClip(testClipArguments({ seconds: 0.4, x264: ['-pix_fmt', pixelFormat] }), 'mp4')
    const { config, chunks } = await demux(path)
    const frames = await decodeAll(config, chunks, async (frame) => ({
      format: frame.format,
      pixels: await pixelsOf(frame),
    }))
    const { stdout } = await ffmpeg(['-i', path, '-fps_mode', 'passthrough', '-f', 'rawvideo', 'pipe:1'])
    expect(frames[0]!.format).toBe(format)
    expect(Buffer.compare(Buffer.concat(frames.map(({ pixels }) => pixels)), stdout)).toBe(0)
  })

  it('crops a size that is no multiple of 16 to the visible rectangle', async () => {
    const path = await makeClip(testClipArguments({ width: 310, height: 230, seconds: 1 }), 'mp4')
    const { config, chunks } = await demux(path)
    const frames = await decodeAll(config, chunks, async (frame) => ({
      rect: frame.visibleRect!.toJSON(),
      pixels: await pixelsOf(frame),
    }))
    const theirs = await decodeByFfmpeg(path, { width: 310, height: 230 })
    expect(frames[7]!.rect).toMatchObject({ x: 0, y: 0, width: 310, height: 230 })
    expect(Buffer.compare(frames[7]!.pixels, theirs[7]!)).toBe(0)
  })

  it('gives full-range pictures as they are, marked as full range', async () => {
    const path = await makeClip(
      testClipArguments({
        seconds: 1,
        x264: ['-vf', 'scale=out_range=full', '-pix_fmt', 'yuvj420p', '-color_range', 'pc'],
      }),
      'mp4',
    )
    const { config, chunks } = await demux(path)
    const frames = await decodeAll(config, chunks, async (frame) => ({
      format: frame.format,
      fullRange: frame.colorSpace.fullRange,
      pixels: await pixelsOf(frame),
    }))
    const theirs = await decodeByFfmpeg(path, { width, height })
    expect(frames[5]).toMatchObject({ format: 'I420', fullRange: true })
    expect(frames.map(({ pixels }, index) => Buffer.compare(pixels, theirs[index]!))).toEqual(theirs.map(() => 0))
  })

  it('follows a change of size in mid-stream', async () => {
    const small = await annexBChunks({ width: 160, height: 96, seconds: 0.4, x264: ['-bf', '0'] })
    const large = await annexBChunks({ width: 320, height: 240, seconds: 0.4, x264: ['-bf', '0'] })
    const sizes = await decodeAll({ codec: 'avc1.64000d' }, [...small, ...large, ...small], (frame) => [
      frame.visibleRect!.width,
      frame.visibleRect!.height,
    ])
    expect(sizes).toEqual([
      ...small.map(() => [160, 96]),
      ...large.map(() => [320, 240]),
      ...small.map(() => [160, 96]),
    ])
  })

  it('takes timestamps as they come: duplicate, decreasing and negative', async () => {
    const { config, chunks } = await demux(
      await makeClip(testClipArguments({ seconds: 0.4, x264: ['-bf', '0'] }), 'mp4'),
    )
    const odd = [5, 5, 5, 3, -7, -7, 1_000_000, 0, 9_007_199_254_740_991, -9_007_199_254_740_991]
    const renamed = chunks.map((chunk, index) => withTimes(chunk, odd[index]!, index))
    const times = await decodeAll(config, renamed, ({ timestamp, duration }) => [timestamp, duration])
    expect(times).toEqual(odd.map((timestamp, index) => [timestamp, index]))
  })

  it('gives frames without a duration when the chunks have none', async () => {
    const { config, chunks } = await demux(await makeClip(testClipArguments({ seconds: 0.4 }), 'mp4'))
    const durations = await decodeAll(
      config,
      chunks.map((chunk) => withTimes(chunk, chunk.timestamp)),
      ({ duration }) => duration,
    )
    expect(durations).toEqual(chunks.map(() => null))
  })
})

function dataOf(chunk: EncodedVideoChunk): Uint8Array {
  const data = new Uint8Array(chunk.byteLength)
  chunk.copyTo(data)
  return data
}

function withTimes(chunk: EncodedVideoChunk, timestamp: number, duration?: number): EncodedVideoChunk {
  return new EncodedVideoChunk({
    type: chunk.type,
    timestamp,
    data: dataOf(chunk),
    ...(duration !== undefined && { duration }),
  })
}

async function annexBChunks(options: Parameters<typeof testClipArguments>[0]): Promise<EncodedVideoChunk[]> {
  const x264 = [...(options?.x264 ?? []), '-x264-params', 'aud=1']
  return accessUnits(await readFile(await makeClip(testClipArguments({ ...options, x264 }), 'h264')))
}
