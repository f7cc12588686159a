import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { counters } from '../../lib/index.js'
import { decodeAll, pixelsOf } from '../helpers/codecs.js'
import { accessUnits } from '../helpers/h264-chunks.js'
import type { Clip } from '../helpers/media.js'
import { clipsFolder, demux, ffmpeg } from '../helpers/media.js'

/** The MD5 of each picture that ffmpeg decodes, in presentation order. */
async function digestsByFfmpeg(path: string): Promise<string[]> {
  const { stdout } = await ffmpeg([
    '-noautorotate',
    '-v',
    'quiet',
    '-i',
    path,
    '-map',
    '0:v:0',
    '-fps_mode',
    'passthrough',
    '-f',
    'framemd5',
    'pipe:1',
  ])
  return stdout
    .toString()
    .split('\n')
    .filter((line) => /^0,/.test(line))
    .map((line) => line.split(',').at(-1)!.trim())
}

async function digests({ config, chunks }: Clip): Promise<string[]> {
  const first = chunks.findIndex(({ type }) => type === 'key')
  return decodeAll(config, chunks.slice(first), async (frame) =>
    createHash('md5')
      .update(await pixelsOf(frame))
      .digest('hex'),
  )
}

const liveNames = ['frames', 'pictures', 'packets', 'buffers', 'bytes', 'codecs'] as const

function liveCounters(): number[] {
  globalThis.gc?.()
  const now = counters() as unknown as Record<string, number>
  return liveNames.map((name) => now[name]!)
}

describe.each([
  'video.mp4',
  'rotate-buck-bunny.mp4',
  'sar_2x1.mp4',
  'cursed-vfr.mp4',
  'no-initial-keyframe.ts',
  '../conformance/h264.mp4',
])('%s', (name) => {
  const path = join(clipsFolder, name)

  it.runIf(existsSync(path))("decodes to exactly the pictures of ffmpeg's own decoder", async () => {
    const ours = await digests(await demux(path))
    const theirs = await digestsByFfmpeg(path)
    expect(ours.length).toBeGreaterThan(9)
    // From the first key frame on; ffmpeg may give damaged pictures before it.
    expect(ours).toEqual(theirs.slice(-ours.length))
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
