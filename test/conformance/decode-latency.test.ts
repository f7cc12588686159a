import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import type { VideoDecoderConfig } from '../../lib/index.js'
import { VideoDecoder, type VideoFrame } from '../../lib/index.js'
import { baseConfig, encodeAll, makeFrames } from '../helpers/codecs.js'
import type { Clip } from '../helpers/media.js'
import { demux, makeClip, testClipArguments } from '../helpers/media.js'

/** Gives each chunk after the frame of the one before has come; returns the timestamps of the frames. */
async function decodeInLockstep({ config, chunks }: Clip): Promise<number[]> {
  const timestamps: number[] = []
  const frames = new EventTarget()
  const decoder = new VideoDecoder({
    output(frame: VideoFrame) {
      timestamps.push(frame.timestamp)
      frame.close()
      frames.dispatchEvent(new Event('frame'))
    },
    error(error: DOMException) {
      throw error
    },
  })
  decoder.configure({ ...config, optimizeForLatency: true } as VideoDecoderConfig)
  for (const chunk of chunks) {
    const frame = once(frames, 'frame', { signal: AbortSignal.timeout(5_000) })
    decoder.decode(chunk)
    await frame
  }
  decoder.close()
  return timestamps
}

describe('optimizeForLatency gives frame n without chunk n + 1', () => {
  it('for a stream of our own realtime encoder', async () => {
    const clip = await encodeAll(baseConfig, makeFrames(20))
    expect(await decodeInLockstep(clip)).toEqual(clip.chunks.map(({ timestamp }) => timestamp))
  })

  it('for a stream of our own realtime encoder in Annex B', async () => {
    const clip = await encodeAll({ ...baseConfig, codec: 'avc1.64001f', avc: { format: 'annexb' } }, makeFrames(20))
    expect(await decodeInLockstep(clip)).toEqual(clip.chunks.map(({ timestamp }) => timestamp))
  })

  it.each([
    ['x264 without B-frames', ['-bf', '0']],
    ['x264 tuned for zero latency', ['-tune', 'zerolatency']],
    ['x264 with several references and no B-frames', ['-preset', 'slow', '-bf', '0', '-x264-params', 'ref=4']],
  ])('for %s', async (_, x264) => {
    const clip = await demux(await makeClip(testClipArguments({ seconds: 1, x264 }), 'mp4'))
    expect(await decodeInLockstep(clip)).toEqual(clip.chunks.map(({ timestamp }) => timestamp))
  })
})

describe('without optimizeForLatency', () => {
  it('all frames come by the flush', async () => {
    const { config, chunks } = await demux(await makeClip(testClipArguments({ seconds: 1, x264: ['-bf', '3'] }), 'mp4'))
    let count = 0
    const decoder = new VideoDecoder({
      output(frame: VideoFrame) {
        count++
        frame.close()
      },
      error(error: DOMException) {
        throw error
      },
    })
    decoder.configure(config)
    for (const chunk of chunks) decoder.decode(chunk)
    await decoder.flush()
    decoder.close()
    expect(count).toBe(chunks.length)
  })
})
