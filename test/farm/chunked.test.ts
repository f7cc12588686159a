import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { shareBitrate } from '../../lib/batch/chunked/budget.js'
import { encodeAudio } from '../../lib/batch/chunked/encode-audio.js'
import { encodeChunk } from '../../lib/batch/chunked/encode-chunk.js'
import { joinChunks } from '../../lib/batch/chunked/join.js'
import { PacketFile, PacketFileSink } from '../../lib/batch/chunked/packet-file.js'
import { type ChunkPlan, cut, planChunks, withOneThread } from '../../lib/batch/chunked/plan.js'
import { type Job, type JobDescription, parseJob } from '../../lib/batch/job.js'
import type { SinkTrack } from '../../lib/batch/media-io.js'
import { openSource } from '../../lib/batch/open-media.js'
import { planRenditions } from '../../lib/batch/plan.js'
import { transcode } from '../../lib/batch/transcode.js'
import { complaints, framePsnr, meanPsnr, probeVideo } from '../helpers/farm.js'
import { makeClip } from '../helpers/media.js'

// Several processes and servers on a machine that may have other things to do.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 })

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcodecs-native-chunked-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function planOf(job: Job): Promise<ChunkPlan | null> {
  const source = await openSource(job.input)
  try {
    return planChunks(job, source, await planRenditions(job, source))
  } finally {
    source.close()
  }
}

/** Encodes a file's chunks one after the other and joins them. Returns the path of the result. */
async function chunked(description: JobDescription, name: string): Promise<string> {
  const job = withOneThread(parseJob(description))
  const { chunks, configs } = (await planOf(job))!
  const files = chunks.map((chunk) => ({ chunk, path: join(folder, `${name}-${chunk.index}`) }))
  for (const { chunk, path } of files) await encodeChunk({ job, chunk, configs, paths: [path] }, {})
  const soundPath = join(folder, `${name}-sound`)
  const { tracks } = await encodeAudio({ job, path: soundPath }, {})
  const { container } = job.renditions[0]!
  const path = join(folder, `${name}.${container}`)
  const audio = { path: soundPath, tracks: tracks[0]! }
  const { width, height } = configs[0]!
  const rest = { name, metadata: {}, warnings: [], width, height, copied: [false] }
  await joinChunks({ ...rest, container: container!, chunks: files, audio, path, named: path }, {})
  return path
}

describe('cutting', () => {
  const seconds = (duration: number, interval: number) =>
    cut(duration, interval).map(({ from, to }) => [from / 1e6, to === null ? null : to / 1e6])

  it('cuts at key frames, in chunks of 5 to 15 seconds', () => {
    expect(seconds(33, 5)).toEqual([
      [0, 10],
      [10, 20],
      [20, null],
    ])
    expect(seconds(36, 5)).toEqual([
      [0, 10],
      [10, 20],
      [20, 30],
      [30, null],
    ])
    expect(seconds(33, 2)).toEqual([
      [0, 10],
      [10, 20],
      [20, null],
    ])
    expect(seconds(33, 4)).toEqual([
      [0, 12],
      [12, 24],
      [24, null],
    ])
  })

  it('leaves what is short in one piece', () => {
    expect(seconds(14.9, 5)).toEqual([[0, null]])
    expect(seconds(0, 5)).toEqual([[0, null]])
  })
})

describe('sharing a bitrate', () => {
  const bits = (rates: readonly number[], lengths: readonly number[]) =>
    rates.reduce((sum, rate, index) => sum + rate * lengths[index]!, 0)

  it('gives difficult chunks more, and spends what there is', () => {
    const lengths = [10, 10, 12]
    const rates = shareBitrate(1_000_000, lengths, [100_000, 300_000, 120_000])
    expect(rates[1]).toBeGreaterThan(2 * rates[0]!)
    expect(rates[0]).toBeCloseTo(rates[2]!, -1)
    expect(bits(rates, lengths) / 32e6).toBeCloseTo(1, 4)
  })

  it('lets no chunk starve or take all', () => {
    const lengths = [10, 10, 10, 10]
    const rates = shareBitrate(1_000_000, lengths, [1, 1_000_000, 100_000, 0])
    expect(Math.min(...rates)).toBeGreaterThanOrEqual(200_000)
    expect(Math.max(...rates)).toBeLessThanOrEqual(2_500_000)
    expect(bits(rates, lengths) / 40e6).toBeLessThanOrEqual(1.0001)
  })
})

describe('packet files', () => {
  const track: SinkTrack = {
    type: 'video',
    codec: 'h264',
    language: 'und',
    title: null,
    disposition: {
      default: true,
      forced: false,
      original: false,
      commentary: false,
      hearingImpaired: false,
      visuallyImpaired: false,
    },
    rotation: 90,
    flip: false,
    framerate: 30,
    ticksPerSecond: 90_000,
  }
  const config = { codec: 'avc1.64001f', codedWidth: 16, codedHeight: 16, description: new Uint8Array([1, 2, 3]) }

  async function write(name: string): Promise<string> {
    const path = join(folder, name)
    const sink = new PacketFileSink(path, path)
    const writer = sink.addTrack(track)
    await sink.start()
    await writer.write({
      data: new Uint8Array([1, 2]),
      key: true,
      timestamp: -40_000,
      duration: 40_000,
      decoderConfig: config,
    })
    await writer.write({ data: new Uint8Array(0), key: false, timestamp: 9_007_199_254_740_991, duration: 0 })
    await sink.finalize()
    return path
  }

  it('give back what was written', async () => {
    const file = await PacketFile.open(await write('packets'))
    expect(file.tracks).toEqual([track])
    expect(file.packetCounts).toEqual([2])
    const packets = []
    for await (const packet of file.packets()) packets.push(packet)
    expect(packets).toMatchObject([
      { track: 0, key: true, timestamp: -40_000, duration: 40_000, decoderConfig: config },
      { track: 0, key: false, timestamp: 9_007_199_254_740_991, duration: 0 },
    ])
    expect([...packets[0]!.data]).toEqual([1, 2])
  })

  it('are refused when a bit is wrong or the end is missing', async () => {
    const path = await write('damaged')
    const content = await readFile(path)
    for (const place of [0, 9, 50, 200]) {
      const wrong = Buffer.from(content)
      wrong[place]! ^= 1
      await writeFile(path, wrong)
      await expect(PacketFile.open(path).then((file) => file.verify())).rejects.toMatchObject({ code: 'checksum' })
    }
    await writeFile(path, content.subarray(0, -1))
    await expect(PacketFile.open(path)).rejects.toMatchObject({ code: 'checksum', retryable: true })
    await writeFile(path, 'x')
    await expect(PacketFile.open(path)).rejects.toMatchObject({ code: 'checksum' })
  })
})

describe('a file from chunks', () => {
  let source: string
  beforeAll(async () => {
    // Key frames of the source are not where the chunks are cut, and its rate is no whole number.
    const picture = 'testsrc2=size=128x96:rate=12000/1001:duration=26'
    const sound = 'sine=frequency=440:sample_rate=48000:duration=26'
    const codecs = [
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-pix_fmt',
      'yuv420p',
      '-g',
      '37',
      '-bf',
      '2',
      '-c:a',
      'aac',
    ]
    source = await makeClip(['-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', sound, ...codecs], 'mp4')
  })

  it.each([
    ['h264', 'mp4'],
    ['vp9', 'webm'],
  ])('of %s has the frames, times and quality of one from one encoder', async (codec, container) => {
    const output = join(folder, `whole.${container}`)
    const job = { input: source, output, video: { codec, threads: 1 } }
    await transcode(job)
    const joined = await chunked(job, `joined-${codec}`)
    const [ours, theirs] = await Promise.all([probeVideo(joined), probeVideo(output)])
    expect(ours).toEqual(theirs)
    expect(await complaints(joined)).toBe('')
    const [chunkedPsnr, wholePsnr] = await Promise.all([framePsnr(joined, source), framePsnr(output, source)])
    expect(chunkedPsnr).toHaveLength(wholePsnr.length)
    expect(meanPsnr(wholePsnr) - meanPsnr(chunkedPsnr)).toBeLessThanOrEqual(0.15)
    const around = (psnr: number[], joint: number) => meanPsnr(psnr.slice(joint - 10, joint + 10))
    for (const time of [10, 20]) {
      const joint = ours.timestamps.findIndex((timestamp) => timestamp >= time)
      expect(around(wholePsnr, joint) - around(chunkedPsnr, joint)).toBeLessThanOrEqual(1)
    }
    const sizes = await Promise.all([joined, output].map(async (path) => (await readFile(path)).length))
    expect(Math.abs(sizes[0]! / sizes[1]! - 1)).toBeLessThanOrEqual(0.02)
  })

  it('is cut and steadied as one from one encoder', async () => {
    const output = join(folder, 'steady.mp4')
    const job = { input: source, output, from: 1.3, to: 25, video: { codec: 'h264', framerate: 8 } }
    await transcode(job)
    expect(await probeVideo(await chunked(job, 'steady-joined'))).toEqual(await probeVideo(output))
  })

  it('is refused when this build would encode otherwise than was planned', async () => {
    const job = withOneThread(parseJob({ input: source, output: join(folder, 'x.mp4') }))
    const { chunks, configs } = (await planOf(job))!
    const others = configs.map((config) => ({ ...config, width: config.width + 2 }))
    const init = { job, chunk: chunks[0]!, configs: others, paths: [join(folder, 'x')] }
    await expect(encodeChunk(init, {})).rejects.toMatchObject({ code: 'different-build', retryable: false })
  })

  it('is not made of chunks when it is short or has more than pictures and sound', async () => {
    const output = join(folder, 'x.mp4')
    expect(await planOf(parseJob({ input: source, output, to: 14 }))).toBeNull()
    expect(await planOf(parseJob({ input: source, output, thumbnails: { output: join(folder, '%d.png') } }))).toBeNull()
    expect(await planOf(parseJob({ input: source, output, video: 'copy' }))).toBeNull()
  })
})
