/** Transcoding to the containers that libavformat writes, judged by ffmpeg. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type BatchError, OutputError, transcode, UnsupportedError } from '../../lib/batch.js'
import { Demuxer } from '../../lib/containers.js'
import { lumaPsnr } from '../helpers/demo.js'
import { ffmpeg, makeClip, run, testClipArguments } from '../helpers/media.js'

const sine = ['-f', 'lavfi', '-i', 'sine=sample_rate=48000:duration=2', '-c:a', 'aac']
const source = () =>
  makeClip([...sine.slice(0, 4), ...testClipArguments({ x264: ['-bf', '2'] }), ...sine.slice(4)], 'mp4')
const fast = { encoderOptions: { preset: 'ultrafast' }, quality: 20 }

let folder: string
const path = (name: string) => join(folder, name)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcodecs-batch-containers-'))
})

afterEach(() => rm(folder, { recursive: true }))

/** Fails when ffmpeg finds anything to say about it. */
async function expectWhole(file: string): Promise<void> {
  expect((await ffmpeg(['-xerror', '-i', file, '-fps_mode', 'passthrough', '-f', 'null', '-'])).stderr).toBe('')
}

async function codecsOf(file: string): Promise<string[]> {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_name', '-of', 'csv=p=0', file])
  return [...new Set(stdout.toString().split('\n').filter(Boolean))]
}

/** Microseconds, in order of presentation. */
async function timesOf(file: string, type: 'video' | 'audio'): Promise<number[]> {
  const demuxer = await Demuxer.open(file)
  const times: number[] = []
  for await (const packet of demuxer.packets()) {
    if (packet.type !== 'other' && packet.type === type) times.push(packet.chunk.timestamp)
  }
  demuxer.close()
  return times.sort((a, b) => a - b)
}

const failure = (job: PromiseLike<unknown>): Promise<BatchError> =>
  Promise.resolve(job).then(
    () => expect.unreachable('it succeeds'),
    (error) => error as BatchError,
  )

describe('every picture and the sound come through', () => {
  it.each([
    ['avi', {}, ['h264', 'aac']],
    ['avi', { audio: { codec: 'mp3' } }, ['h264', 'mp3']],
    ['avi', { audio: { codec: 'pcm-s16' } }, ['h264', 'pcm_s16le']],
    ['avi', { video: 'vp8' }, ['vp8', 'aac']],
    ['avi', { video: 'copy', audio: 'copy' }, ['h264', 'aac']],
    ['flv', {}, ['h264', 'aac']],
    ['flv', { video: 'copy' }, ['h264', 'aac']],
    ['mpg', {}, ['h264', 'mp3']],
    ['vob', {}, ['h264', 'mp3']],
    ['asf', {}, ['h264', 'aac']],
    ['asf', { audio: { codec: 'mp3' } }, ['h264', 'mp3']],
    ['ivf', {}, ['vp9']],
    ['ivf', { video: 'av1' }, ['av1']],
    ['h264', {}, ['h264']],
    ['hevc', {}, ['hevc']],
    ['obu', {}, ['av1']],
  ])('to %s %j', async (extension, settings, codecs) => {
    const input = await source()
    const output = path(`out.${extension}`)
    const video = codecs[0] === 'h264' && !('video' in settings) ? fast : { codec: codecs[0]!, quality: 25 }
    const { outputs } = await transcode(input, output, { video, ...settings })
    await expectWhole(output)
    expect(await codecsOf(output)).toEqual(codecs)
    const times = await timesOf(output, 'video')
    expect(times).toHaveLength(50)
    for (const [index, time] of times.entries()) expect(Math.abs(time - times[0]! - index * 40_000)).toBeLessThan(1001)
    expect(outputs[0]!.warnings).toEqual(codecs.length > 1 ? [] : [`${extension} files hold no sound: it was left out`])
    expect(await lumaPsnr(output, input)).toBeGreaterThan('video' in settings ? 28 : 30)
    if (codecs.length === 1) return
    const [sound] = await timesOf(output, 'audio')
    // What encoders put in front of sound is a packet at most.
    expect(Math.abs(sound! - times[0]!)).toBeLessThan(30_000)
  })

  it('to AVI, which has no times, at a constant rate from 0 on', async () => {
    const late = ['-vf', "select='lt(mod(n,10),7)',setpts=PTS+0.4/TB", '-fps_mode', 'vfr']
    const input = await makeClip([...testClipArguments(), ...late, '-an', '-avoid_negative_ts', 'disabled'], 'mkv')
    await transcode(input, path('out.avi'), { video: { ...fast, framerate: 25 } })
    await expectWhole(path('out.avi'))
    // The first picture is shown for 0.4 s longer, and others until the next.
    expect((await timesOf(path('out.avi'), 'video')).length).toBeGreaterThanOrEqual(57)
  })

  it('to AVI with silence where the sound begins later', async () => {
    const late = ['-itsoffset', '0.5', ...sine.slice(0, 4)]
    const input = await makeClip([...late, ...testClipArguments(), ...sine.slice(4)], 'mkv')
    await transcode(input, path('out.avi'), { video: fast, audio: { codec: 'pcm-s16' } })
    const { stderr } = await run('ffmpeg', ['-i', path('out.avi'), '-af', 'silencedetect=d=0.2', '-f', 'null', '-'])
    expect(Number(/silence_end: ([\d.]+)/.exec(stderr)?.[1])).toBeCloseTo(0.5, 1)
  })
})

describe('what cannot be is denied before anything is written', () => {
  it.each([
    ['flv', { video: 'vp9' }, 'flv files cannot hold vp9'],
    ['avi', { video: 'hevc' }, 'avi files cannot hold hevc'],
    ['avi', { audio: 'opus' }, 'avi files cannot hold opus'],
    ['mpg', { audio: 'copy' }, 'mpg files cannot hold aac'],
    ['h264', { video: 'hevc' }, 'h264 files cannot hold hevc'],
    ['ivf', { audio: 'opus' }, 'ivf files hold no sound'],
  ])('%s %j', async (extension, settings, message) => {
    const error = await failure(transcode(await source(), path(`out.${extension}`), settings))
    expect(error).toBeInstanceOf(UnsupportedError)
    expect(error).toMatchObject({ code: 'unsupported-container', retryable: false })
    expect(error.message).toContain(message)
    expect(await readdir(folder)).toEqual([])
  })

  it('pictures that are turned', async () => {
    const input = await makeClip(['-i', await source(), '-c', 'copy', '-metadata:s:v', 'rotate=90'], 'mp4')
    const error = await failure(transcode(input, path('out.avi')))
    expect(error.message).toContain('avi files cannot say that the picture is turned by')
    expect(await readdir(folder)).toEqual([])
  })
})

describe('what is not whole leaves nothing', () => {
  it('when it is aborted', async () => {
    const controller = new AbortController()
    const onProgress = () => controller.abort()
    const long = await makeClip(testClipArguments({ seconds: 20 }), 'mp4')
    const job = transcode(long, path('out.avi'), { video: fast, signal: controller.signal, onProgress })
    expect(await failure(job)).toMatchObject({ code: 'aborted' })
    expect(await readdir(folder)).toEqual([])
  })

  it('when it cannot be written', async () => {
    const error = await failure(transcode(await source(), '/proc/out.flv', { video: fast }))
    expect(error).toBeInstanceOf(OutputError)
  })
})
