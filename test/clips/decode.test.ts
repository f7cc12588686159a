import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { counters, type VideoFrame } from '../../lib/index.js'
import { decodeAll, pixelsOf } from '../helpers/codecs.js'
import { accessUnits } from '../helpers/h264-chunks.js'
import type { Clip } from '../helpers/media.js'
import { clipsFolder, demux, demuxAlpha, ffmpeg, pictureClips } from '../helpers/media.js'

/** The MD5 of each picture that ffmpeg decodes, in presentation order. */
async function digestsByFfmpeg(path: string, decoder: string[] = [], filter: string[] = []): Promise<string[]> {
  const from = ['-noautorotate', '-v', 'quiet', ...decoder, '-i', path]
  const to = ['-map', '0:v:0', ...filter, '-fps_mode', 'passthrough', '-f', 'framemd5', 'pipe:1']
  const { stdout } = await ffmpeg([...from, ...to])
  return stdout
    .toString()
    .split('\n')
    .filter((line) => /^0,/.test(line))
    .map((line) => line.split(',').at(-1)!.trim())
}

/** What is decoded from the first key chunk on. */
function decodeFromKey<T>({ config, chunks }: Clip, take: (frame: VideoFrame) => T | Promise<T>): Promise<T[]> {
  const first = chunks.findIndex(({ type }) => type === 'key')
  return decodeAll(config, chunks.slice(first), take)
}

const digest = (data: Uint8Array): string => createHash('md5').update(data).digest('hex')
const digests = (clip: Clip): Promise<string[]> => decodeFromKey(clip, async (frame) => digest(await pixelsOf(frame)))

const liveNames = ['frames', 'pictures', 'packets', 'buffers', 'bytes', 'codecs'] as const

function liveCounters(): number[] {
  globalThis.gc?.()
  const now = counters() as unknown as Record<string, number>
  return liveNames.map((name) => now[name]!)
}

describe.each([...pictureClips, '../conformance/four-colors.mp4'])('%s', (name) => {
  const path = join(clipsFolder, name)

  /** What is decoded from the first key chunk on, and the times of these chunks in presentation order. */
  let ours: { digest: string; timestamp: number; duration: number | null }[]
  let times: { timestamp: number; duration: number | null }[]

  beforeAll(async () => {
    if (!existsSync(path)) return
    const clip = await demux(path)
    const key = clip.chunks.find(({ type }) => type === 'key')!
    times = clip.chunks
      .slice(clip.chunks.indexOf(key))
      .map(({ timestamp, duration }) => ({ timestamp, duration }))
      .sort((a, b) => a.timestamp - b.timestamp)
    ours = await decodeFromKey(clip, async (frame) => {
      const { timestamp, duration } = frame
      return { digest: digest(await pixelsOf(frame)), timestamp, duration }
    })
  })

  it.runIf(existsSync(path))("decodes to exactly the pictures of ffmpeg's own decoder", async () => {
    const theirs = await digestsByFfmpeg(path)
    expect(ours.length).toBeGreaterThan(0)
    // From the first key frame on; ffmpeg may give damaged pictures before it.
    expect(ours.map((frame) => frame.digest)).toEqual(theirs.slice(-ours.length))
  })

  it.runIf(existsSync(path))('decodes to a frame for each chunk, with its time, in presentation order', () => {
    expect(ours.map(({ timestamp, duration }) => ({ timestamp, duration }))).toEqual(times)
  })

  it.runIf(existsSync(path))('leaves nothing alive', async () => {
    await expect.poll(liveCounters, { timeout: 10_000 }).toEqual(liveNames.map(() => 0))
  })
})

describe('../conformance/h264.annexb', () => {
  const path = join(clipsFolder, '../conformance/h264.annexb')

  it.runIf(existsSync(path))("decodes to exactly the pictures of ffmpeg's own decoder", async () => {
    const chunks = accessUnits(await readFile(path))
    const ours = await digests({ config: { codec: 'avc1.64000b' }, chunks })
    expect(ours).toEqual(await digestsByFfmpeg(path))
  })
})

describe('the alpha of transparency.webm', () => {
  const path = join(clipsFolder, 'transparency.webm')

  it.runIf(existsSync(path))("decodes to exactly the alpha of ffmpeg's own decoder", async () => {
    const ours = await decodeFromKey(await demuxAlpha(path), async (frame) => {
      const { width, height } = frame.visibleRect!
      return digest((await pixelsOf(frame)).subarray(0, width * height))
    })
    expect(ours).toEqual(await digestsByFfmpeg(path, ['-c:v', 'libvpx-vp9'], ['-vf', 'extractplanes=a']))
  })
})
