import { readdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { VideoDecoder, type VideoDecoderConfig, type VideoFrame } from '../../lib/index.js'
import { type Clip, demux, makeClip, testClipArguments } from '../helpers/media.js'

const threadCount = () => readdirSync('/proc/self/task').length

/** What a decoder gives that takes so many threads: a checksum of each picture, and the threads of the process meanwhile. */
async function decode({ config, chunks }: Clip, threads: number) {
  const pictures: Promise<number>[] = []
  const decoder = new VideoDecoder({
    output: (frame) => pictures.push(checksum(frame)),
    error(error) {
      throw error
    },
  })
  decoder.configure({ ...config, threads } as VideoDecoderConfig)
  for (const chunk of chunks) decoder.decode(chunk)
  await delay(0)
  while (decoder.decodeQueueSize > 0) await delay(5)
  const meanwhile = threadCount()
  await decoder.flush()
  decoder.close()
  return { pictures: await Promise.all(pictures), meanwhile }
}

async function checksum(frame: VideoFrame): Promise<number> {
  const data = new Uint8Array(frame.allocationSize())
  await frame.copyTo(data)
  frame.close()
  return data.reduce((sum, byte, index) => (sum + byte * (1 + (index % 65_521))) % 2 ** 40, 0)
}

describe.skipIf(process.platform !== 'linux')('the extension `threads`', () => {
  it('says how many a decoder takes, which makes no difference to its pictures', async () => {
    const clip = await demux(await makeClip(testClipArguments({ seconds: 1, width: 640, height: 360 }), 'mp4'))
    await decode(clip, 1)
    const one = await decode(clip, 1)
    await delay(200)
    const seven = await decode(clip, 7)
    expect(seven.meanwhile).toBeGreaterThanOrEqual(one.meanwhile + 5)
    expect(one.pictures).toHaveLength(clip.chunks.length)
    expect(seven.pictures).toEqual(one.pictures)
  })

  it('is part of what isConfigSupported() gives back', async () => {
    const { supported, config } = await VideoDecoder.isConfigSupported({ codec: 'vp8', threads: 3 })
    expect(supported).toBe(true)
    expect(config.threads).toBe(3)
  })
})
