import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clipsFolder, ffmpeg, run } from '../helpers/media.js'

const demo = fileURLToPath(new URL('../../examples/demo.mjs', import.meta.url))

interface Track {
  /** Presentation times in seconds of the packets from the first key frame on, sorted. */
  times: number[]
  stream: { sample_aspect_ratio?: string; side_data_list?: { rotation?: number }[] }
}

async function probe(path: string): Promise<Track> {
  const { stdout } = await run('ffprobe', [
    ...['-v', 'quiet', '-of', 'json', '-select_streams', 'v:0'],
    ...['-show_entries', 'packet=pts_time,flags:stream=sample_aspect_ratio:stream_side_data=rotation', path],
  ])
  const { packets, streams } = JSON.parse(stdout.toString()) as {
    packets: { pts_time: string; flags: string }[]
    streams: Track['stream'][]
  }
  const first = packets.findIndex(({ flags }) => flags.startsWith('K'))
  const times = packets.slice(first).map(({ pts_time }) => Number(pts_time))
  return { times: times.sort((a, b) => a - b), stream: streams[0]! }
}

const rotationOf = ({ stream }: Track) =>
  stream.side_data_list?.find(({ rotation }) => rotation !== undefined)?.rotation

/** How many pictures ffmpeg decodes. */
async function pictureCount(path: string): Promise<number> {
  const args = ['-v', 'quiet', '-i', path, '-map', '0:v:0', '-fps_mode', 'passthrough', '-f', 'framecrc', 'pipe:1']
  const { stdout } = await ffmpeg(args)
  return stdout
    .toString()
    .split('\n')
    .filter((line) => /^0,/.test(line)).length
}

/** PSNR in dB of the output's luma against that of the last `count` pictures of the source, picture by picture. */
async function lumaPsnr(source: string, output: string, count: number): Promise<number> {
  const skipped = (await pictureCount(source)) - count
  const luma = (input: number, from: number) =>
    `[${input}:v]select=gte(n\\,${from}),settb=1/1000,setpts=N,extractplanes=y[luma${input}]`
  const graph = `${luma(0, 0)};${luma(1, skipped)};[luma0][luma1]psnr`
  const inputs = ['-noautorotate', '-i', output, '-noautorotate', '-i', source]
  const { stderr } = await run('ffmpeg', [
    '-hide_banner',
    '-nostdin',
    ...inputs,
    '-lavfi',
    graph,
    '-fps_mode',
    'passthrough',
    '-f',
    'null',
    '-',
  ])
  return Number(/PSNR y:([\d.]+)/.exec(stderr)?.[1] ?? NaN)
}

/** The greatest difference of the times, in microseconds, each list taken from its own start. */
function timeDifference(expected: number[], actual: number[]): number {
  const late = expected.map((time, index) => Math.abs(time - expected[0]! - (actual[index]! - actual[0]!)) * 1e6)
  return Math.max(...late)
}

const clips = ['video.mp4', 'rotate-buck-bunny.mp4', 'sar_2x1.mp4', 'cursed-vfr.mp4', 'no-initial-keyframe.ts']

describe.runIf(clips.every((name) => existsSync(join(clipsFolder, name))))('the demo transcodes', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'webcodecs-demo-test-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  describe.each(clips)('%s', (name) => {
    const source = join(clipsFolder, name)
    let output: string
    let before: Track
    let after: Track
    beforeAll(async () => {
      output = join(folder, `${name}.mp4`)
      await run(process.execPath, [demo, '--bitrate', '4M', source, output])
      before = await probe(source)
      after = await probe(output)
    }, 180_000)

    it('to a file that ffmpeg decodes without a word', async () => {
      const { stderr } = await ffmpeg(['-i', output, '-fps_mode', 'passthrough', '-f', 'null', '-'])
      expect(stderr).toBe('')
    })

    it('with one picture for each packet from the first key frame on', async () => {
      expect(await pictureCount(output)).toBe(before.times.length)
      expect(after.times).toHaveLength(before.times.length)
    })

    it('with every timestamp kept', () => {
      expect(timeDifference(before.times, after.times)).toBeLessThan(50)
    })

    it('with a luma PSNR of at least 42 dB at 4 Mb/s', async () => {
      expect(await lumaPsnr(source, output, after.times.length)).toBeGreaterThanOrEqual(42)
    }, 120_000)

    it('with its rotation and pixel aspect kept', () => {
      const square = (ratio?: string) => (ratio === undefined || ratio === '0:1' ? '1:1' : ratio)
      expect(rotationOf(after)).toBe(rotationOf(before))
      expect(square(after.stream.sample_aspect_ratio)).toBe(square(before.stream.sample_aspect_ratio))
    })
  })
})
