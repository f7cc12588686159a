import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DemoRun, decodeAll, lumaPsnr, presentationTimes, probeVideo, runDemo } from '../helpers/demo.js'
import { clipsFolder } from '../helpers/media.js'

const clips = [
  { name: 'video.mp4', pictures: 125, stream: { pix_fmt: 'yuvj420p', color_range: 'pc', width: 1920, height: 1080 } },
  {
    name: 'rotate-buck-bunny.mp4',
    pictures: 45,
    stream: { side_data_list: [expect.objectContaining({ rotation: -90 })] },
  },
  { name: 'sar_2x1.mp4', pictures: 150, stream: { sample_aspect_ratio: '2:1', width: 640, height: 360 } },
  { name: 'cursed-vfr.mp4', pictures: 63, stream: { width: 3026, height: 1386 } },
  { name: 'no-initial-keyframe.ts', pictures: 15, stream: { sample_aspect_ratio: '44:45', width: 640, height: 352 } },
]

describe.runIf(existsSync(clipsFolder)).each(clips)('the demo on $name', ({ name, pictures, stream }) => {
  const input = join(clipsFolder, name)
  let cwd: string
  let output: string
  let demo: DemoRun

  beforeAll(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'webcodecs-demo-clips-'))
    output = join(cwd, 'out.mp4')
    demo = await runDemo(['--bitrate', '4M', input, output], { cwd })
  }, 180_000)

  afterAll(() => rm(cwd, { recursive: true }))

  it('succeeds', () => {
    expect({ code: demo.code, errors: demo.errors }).toEqual({ code: 0, errors: [] })
    expect(demo.stdout).toMatch(/^The output plays: /m)
  })

  it('writes every picture, and ffmpeg decodes them without a word', async () => {
    expect(await decodeAll(output)).toEqual({ pictures, complaints: '' })
  })

  it('keeps size, aspect, orientation and range', async () => {
    expect(await probeVideo(output)).toMatchObject({ codec_name: 'h264', ...stream })
  })

  it('keeps the distances between the timestamps', async () => {
    const distances = (times: number[]) => times.map((time) => Math.round((time - times[0]!) * 1e5))
    // Pictures before the first key frame are left out.
    const expected = (await presentationTimes(input)).slice(-pictures)
    expect(distances(await presentationTimes(output))).toEqual(distances(expected))
  })

  it('reaches 42 dB at 4 Mb/s', async () => {
    expect(await lumaPsnr(output, input)).toBeGreaterThanOrEqual(42)
  })
})
