/** webcodecs-native/batch on clips that ffmpeg makes, judged by ffmpeg. */
import { copyFile, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  AbortError,
  type BatchError,
  InputError,
  type JobDescription,
  OutputError,
  probe,
  type TranscodeOptions,
  transcode,
  UnsupportedError,
} from '../../lib/batch.js'
import { decodeAll, lumaPsnr, presentationTimes, probeVideo } from '../helpers/demo.js'
import { ffmpeg, makeClip, run, testClipArguments } from '../helpers/media.js'

const sine = ['-f', 'lavfi', '-i', 'sine=sample_rate=48000:duration=2', '-c:a', 'aac']
const withSound = () => makeClip([...sine, ...testClipArguments()], 'mp4')
const fast = { encoderOptions: { preset: 'ultrafast' }, quality: 20 }

let folder: string
const path = (name: string) => join(folder, name)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcodecs-batch-test-'))
})

afterEach(() => rm(folder, { recursive: true }))

const failure = (job: PromiseLike<unknown>): Promise<BatchError> =>
  Promise.resolve(job).then(
    () => expect.unreachable('it succeeds'),
    (error) => error as BatchError,
  )

describe('pictures', () => {
  it('keep every timestamp of a variable rate with B-frames', async () => {
    const select = ['-vf', "select='lt(mod(n,7),4)'", '-fps_mode', 'vfr']
    const input = await makeClip([...testClipArguments({ seconds: 3 }), ...select], 'mp4')
    await transcode(input, path('out.mp4'), { video: { codec: 'h264', quality: 20 } })
    expect(await presentationTimes(path('out.mp4'))).toEqual(await presentationTimes(input))
    expect(await decodeAll(path('out.mp4'))).toEqual(await decodeAll(input))
    expect(await lumaPsnr(path('out.mp4'), input)).toBeGreaterThan(38)
  })

  it('are those between from and to, to the frame', async () => {
    const input = await makeClip([...testClipArguments({ seconds: 3 }), '-g', '40'], 'mp4')
    const { outputs } = await transcode(input, path('out.mp4'), { from: 1.32, to: 2.04, video: fast })
    expect(outputs[0]!.video!.frames).toBe(18)
    expect((await presentationTimes(path('out.mp4')))[0]).toBe(0)
    const trim = ['-vf', 'trim=start_frame=33:end_frame=51,setpts=PTS-STARTPTS', '-c:v', 'libx264', '-qp', '0']
    await ffmpeg(['-i', input, ...trim, path('cut.mp4')])
    expect(await lumaPsnr(path('out.mp4'), path('cut.mp4'))).toBeGreaterThan(36)
  })

  it.each([
    [50, 100],
    [10, 20],
    [30000 / 1001, 60],
  ])('are dropped and repeated for a rate of %d', async (framerate, pictures) => {
    const input = await makeClip(testClipArguments(), 'mp4')
    await transcode(input, path('out.mp4'), { video: { ...fast, framerate } })
    const times = await presentationTimes(path('out.mp4'))
    expect(times).toHaveLength(pictures)
    times.forEach((time, index) => {
      expect(Math.abs(time - index / framerate)).toBeLessThan(0.001)
    })
  })

  it('keep rotation and the aspect of pixels, in another size too', async () => {
    const plain = await makeClip([...testClipArguments(), '-vf', 'setsar=4/3'], 'mp4')
    const input = await makeClip(['-i', plain, '-c', 'copy', '-metadata:s:v', 'rotate=90'], 'mp4')
    await transcode(input, path('out.mp4'), { video: { ...fast, height: 160 } })
    const stream = await probeVideo(path('out.mp4'))
    expect(stream).toMatchObject({ width: 160, height: 120, sample_aspect_ratio: '4:3' })
    const [{ rotation }] = (await probeVideo(input)).side_data_list as [{ rotation: number }]
    expect(Math.abs(rotation)).toBe(90)
    expect(stream.side_data_list).toEqual([expect.objectContaining({ rotation })])
  })

  it('keep the full range of colours', async () => {
    const range = ['-vf', 'scale=out_range=pc', '-color_range', 'pc']
    const input = await makeClip([...testClipArguments(), ...range], 'mp4')
    await transcode(input, path('out.mp4'), { video: { codec: 'h264', quality: 10 } })
    expect(await probeVideo(path('out.mp4'))).toMatchObject({ color_range: 'pc' })
    expect(await lumaPsnr(path('out.mp4'), input)).toBeGreaterThan(40)
  })

  it.each([
    ['inside', 200, 150],
    ['cover', 200, 300],
    ['fill', 200, 300],
  ] as const)('fit %s into a size', async (fit, width, height) => {
    const input = await makeClip(testClipArguments(), 'mp4')
    await transcode(input, path('out.mp4'), { video: { ...fast, width: 200, height: 300, fit } })
    expect(await probeVideo(path('out.mp4'))).toMatchObject({ width, height })
    expect(await decodeAll(path('out.mp4'))).toEqual({ pictures: 50, complaints: '' })
  })

  it('are not enlarged where that is not wanted', async () => {
    const input = await makeClip(testClipArguments(), 'mp4')
    await transcode(input, path('out.mp4'), { video: { ...fast, width: 640, enlarge: false } })
    expect(await probeVideo(path('out.mp4'))).toMatchObject({ width: 320, height: 240 })
  })

  it('are copied bit for bit', async () => {
    const input = await withSound()
    const { outputs } = await transcode(input, path('out.mkv'), { video: 'copy' })
    expect(outputs[0]).toMatchObject({ video: { copied: true }, audio: [{ copied: true }] })
    const hash = async (file: string) => {
      const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', file, '-map', '0:v', '-f', 'framemd5', '-'])
      return stdout.toString().match(/[0-9a-f]{32}/g)
    }
    expect(await hash(path('out.mkv'))).toEqual(await hash(input))
  })

  it.each([
    ['out.webm', 'vp9'],
    ['out.mkv', 'h264'],
    ['out.ts', 'h264'],
    ['out.mov', 'h264'],
  ])('go into %s', async (name, codec) => {
    const input = await withSound()
    await transcode(input, path(name))
    expect(await probeVideo(path(name))).toMatchObject({ codec_name: codec })
    expect(await decodeAll(path(name))).toEqual({ pictures: 50, complaints: '' })
  })
})

describe('sound', () => {
  const tongues = () => {
    const tracks = ['-f', 'lavfi', '-i', 'sine=440:duration=2', '-f', 'lavfi', '-i', 'sine=880:duration=2']
    const video = testClipArguments().slice(0, 4)
    const maps = ['-map', '2:v', '-map', '0:a', '-map', '1:a', '-c:v', 'libx264', '-c:a', 'aac', '-pix_fmt', 'yuv420p']
    const languages = ['-metadata:s:a:0', 'language=eng', '-metadata:s:a:1', 'language=deu']
    return makeClip([...tracks, ...video, ...maps, ...languages], 'mp4')
  }
  const languagesOf = async (file: string) => {
    const entries = ['-select_streams', 'a', '-show_entries', 'stream_tags=language', '-of', 'csv=p=0']
    return (await run('ffprobe', ['-v', 'error', ...entries, file])).stdout.toString().trim().split(/\s+/)
  }

  it('of several languages comes through, copied and encoded', async () => {
    const input = await tongues()
    await transcode(input, path('copied.mp4'), { video: fast })
    await transcode(input, path('encoded.webm'), { video: { codec: 'vp8' } })
    expect(await languagesOf(path('copied.mp4'))).toEqual(['eng', 'deu'])
    const mkv = ['eng', process.env['FFMPEG_TERMINOLOGIC'] ? 'deu' : 'ger']
    expect((await languagesOf(path('encoded.webm'))).map((name) => (name === 'deu' ? mkv[1] : name))).toEqual(mkv)
  })

  it('of one language can be had alone', async () => {
    await transcode(await tongues(), path('out.mp4'), { video: fast, audio: { tracks: ['deu'] } })
    expect(await languagesOf(path('out.mp4'))).toEqual(['deu'])
    const error = await failure(transcode(await tongues(), path('no.mp4'), { audio: { tracks: ['fra'] } }))
    expect(error).toMatchObject({ name: 'InputError', code: 'no-tracks' })
  })

  /** Seconds at which the picture turns white, and at which the tone begins. */
  async function onsets(file: string): Promise<{ picture: number; tone: number }> {
    const { stdout } = await run('ffmpeg', [
      ...['-v', 'error', '-i', file, '-map', '0:a', '-af', 'aresample=async=1:first_pts=0', '-ac', '1'],
      ...['-ar', '48000', '-f', 'f32le', '-'],
    ])
    const samples = new Float32Array(stdout.buffer, stdout.byteOffset, stdout.byteLength >> 2)
    const tone = samples.findIndex((sample) => Math.abs(sample) > 0.05) / 48000
    const detect = ['-vf', 'blackdetect=d=0.1:pix_th=0.5', '-map', '0:v', '-f', 'null', '-']
    const { stderr } = await run('ffmpeg', ['-hide_banner', '-nostdin', '-i', file, ...detect])
    return { picture: Number(/black_end:([\d.]+)/.exec(stderr)![1]), tone }
  }

  it.each<[string, TranscodeOptions, number]>([
    ['copied.mp4', { video: fast }, 0.005],
    ['encoded.mp4', { video: fast, audio: { codec: 'aac', bitrate: '96k' } }, 0.005],
    ['opus.webm', { video: { codec: 'vp8' } }, 0.01],
    ['encoded.mkv', { video: fast, audio: { codec: 'aac', bitrate: '96k' } }, 0.005],
    ['encoded.ts', { video: fast, audio: { codec: 'aac', bitrate: '96k' } }, 0.025],
    ['cut.mp4', { video: fast, audio: { codec: 'aac', bitrate: '96k' }, from: 0.36 }, 0.005],
    ['cut-copied.mp4', { video: fast, from: 0.36 }, 0.005],
  ])('stays with the picture in %s', async (name, options, tolerance) => {
    const input = await makeClip(
      [
        ...['-f', 'lavfi', '-i', 'color=black:size=320x240:rate=25:duration=2'],
        ...['-f', 'lavfi', '-i', "aevalsrc='if(gte(t,1),sin(2*PI*1000*t)/2,0)':s=48000:d=2"],
        ...[
          '-vf',
          "geq=lum='if(gte(T,1),255,0)':cb=128:cr=128",
          '-pix_fmt',
          'yuv420p',
          '-c:v',
          'libx264',
          '-c:a',
          'aac',
        ],
      ],
      'mp4',
    )
    await transcode(input, path(name), options)
    const { picture, tone } = await onsets(path(name))
    expect(Math.abs(picture - (1 - (options.from ?? 0)))).toBeLessThan(0.002)
    expect(Math.abs(tone - picture)).toBeLessThan(tolerance)
  })

  it('begins with the first picture that can be decoded, and alone with itself', async () => {
    // The first key frame but one comes after a second.
    const lost = ['-g', '25', '-keyint_min', '25', '-sc_threshold', '0', '-bsf:v', "noise=drop='eq(n,0)'"]
    const input = await makeClip([...sine, ...testClipArguments({ seconds: 2 }), '-bf', '0', ...lost], 'ts')
    const lengths = []
    for (const name of ['out.mp4', 'out.m4a', 'out.wav']) {
      const { outputs } = await transcode(input, path(name), name === 'out.mp4' ? { video: fast } : {})
      lengths.push(outputs[0]!.audio[0]!.duration)
    }
    // With a tenth of a second before it, from which the decoder gets into its stride.
    expect(lengths[0]).toBeCloseTo(1.1, 1)
    expect(lengths[1]).toBeGreaterThan(1.98)
    expect(lengths[2]).toBeGreaterThan(1.98)
  })
})

describe('outputs', () => {
  it('are several of one source, each delivered when it is whole', async () => {
    const job: JobDescription = {
      input: await withSound(),
      renditions: [240, 120, 60].map((height) => ({
        name: `${height}p`,
        output: path(`${height}.mp4`),
        video: { ...fast, codec: 'h264', height },
      })),
    }
    const seen: string[] = []
    for await (const { name, path: file } of transcode(job)) {
      seen.push(name!)
      expect(await decodeAll(file)).toEqual({ pictures: 50, complaints: '' })
    }
    expect(seen).toEqual(['240p', '120p', '60p'])
    expect(await probeVideo(path('60.mp4'))).toMatchObject({ width: 80, height: 60 })
  })

  it('are HLS whose variants all play', async () => {
    const input = await makeClip([...sine, ...testClipArguments({ seconds: 2 })], 'mp4')
    const renditions = [{ name: 'a' }, { name: 'b', video: { height: 120 } }]
    const hls = { output: path('hls'), segment: 1 }
    const { outputs } = await transcode({ input, video: { ...fast, codec: 'h264' }, renditions, hls })
    expect(outputs).toMatchObject([{ kind: 'hls', path: path('hls') }])
    const { stdout } = await run('ffprobe', [
      ...['-v', 'error', '-show_entries', 'stream=codec_name,height', '-of', 'csv=p=0', path('hls/master.m3u8')],
    ])
    expect([...new Set(stdout.toString().split('\n').filter(Boolean))].sort()).toEqual(['aac', 'h264,120', 'h264,240'])
    const { complaints, pictures } = await decodeAll(path('hls/master.m3u8'))
    expect({ complaints, pictures }).toEqual({ complaints: '', pictures: 50 })
    expect((await readdir(path('hls'))).filter((name) => name.startsWith('segment-2')).length).toBe(2)
    // The result tells of each variant, and a playlist is an input too.
    expect(outputs[0]!.variants).toMatchObject([{ name: 'a', video: { height: 240, frames: 50 } }, { name: 'b' }])
    const result = await transcode(path('hls/master.m3u8'), path('again.mp4'), { video: { ...fast, codec: 'h264' } })
    expect(result).toMatchObject({ frames: 50, outputs: [{ video: { frames: 50 } }] })
  })

  it('are thumbnails and a contact sheet of what is shown then', async () => {
    const color = ['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv']
    const input = await makeClip([...testClipArguments({ seconds: 4 }), ...color], 'mp4')
    const thumbnails = { output: path('t-%02d.webp'), count: 2, width: 160 }
    const contactSheet = { output: path('sheet.png'), columns: 2, rows: 1, width: 160 }
    const { outputs } = await transcode({ input, thumbnails, contactSheet })
    expect(outputs.map(({ kind, files }) => [kind, files.length])).toEqual([
      ['thumbnails', 2],
      ['contact-sheet', 1],
    ])
    const psnr = async (file: string, filter: string, both = 'null') => {
      const graph = `[1:v]${filter},format=rgb24,${both}[b];[0:v]format=rgb24,${both}[a];[a][b]psnr`
      const { stderr } = await run('ffmpeg', ['-nostdin', '-i', file, '-i', input, '-lavfi', graph, '-f', 'null', '-'])
      return Number(/average:([\d.]+)/.exec(stderr)?.[1])
    }
    // WebP has a quarter of the colours.
    const halved = 'scale=80:60:flags=area,format=rgb24'
    const at = (frame: number) =>
      `trim=start_frame=${frame}:end_frame=${frame + 1},format=gbrp,scale=160:120:flags=area`
    expect(await psnr(path('t-01.webp'), at(25), halved)).toBeGreaterThan(34)
    expect(await psnr(path('t-02.webp'), at(75), halved)).toBeGreaterThan(34)
    const both = `split[x][y];[x]${at(25)},setpts=0[p];[y]${at(75)},setpts=0[q];[p][q]hstack`
    expect(await psnr(path('sheet.png'), both)).toBeGreaterThan(31)
    expect(await readdir(folder)).toHaveLength(3)
  })

  it('are pictures the right way up of a source that is turned', async () => {
    const color = ['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv']
    const plain = await makeClip([...testClipArguments(), ...color], 'mp4')
    const input = await makeClip(['-i', plain, '-c', 'copy', '-metadata:s:v', 'rotate=90'], 'mp4')
    await transcode({ input, thumbnails: { output: path('t-%d.png'), width: 90 } })
    // ffmpeg turns pictures by itself.
    const expected = 'trim=start_frame=5:end_frame=6,format=gbrp,scale=90:120:flags=area,format=rgb24'
    const graph = `[1:v]${expected}[b];[0:v]format=rgb24[a];[a][b]psnr`
    const args = ['-nostdin', '-i', path('t-1.png'), '-i', input, '-lavfi', graph, '-f', 'null', '-']
    expect(Number(/average:([\d.]+)/.exec((await run('ffmpeg', args)).stderr)?.[1])).toBeGreaterThan(30)
  })

  it('come with progress that ends at the end', async () => {
    const seen: number[] = []
    const { frames, duration } = await transcode(await withSound(), path('out.mp4'), {
      onProgress: ({ frames, position }) => seen.push(frames, position),
    })
    expect({ frames, duration }).toEqual({ frames: 50, duration: expect.closeTo(2, 1) })
    expect(seen.slice(-2)).toEqual([50, expect.closeTo(2, 1)])
  })
})

describe('what goes wrong says what it is, and leaves nothing behind', () => {
  const expectFailure = async (input: string, output: string, expected: object, options: TranscodeOptions = {}) => {
    const before = await readdir(folder)
    const error = await failure(transcode(input, path(output), options))
    expect(error.toJSON()).toMatchObject(expected)
    expect(await readdir(folder)).toEqual(before)
    return error
  }

  it('when the input is missing, empty, no media, or cut off', async () => {
    const name = 'InputError'
    expect(await expectFailure('missing.mp4', 'o.mp4', { name, code: 'not-found', retryable: false })).toBeInstanceOf(
      InputError,
    )
    await writeFile(path('empty.mp4'), '')
    await expectFailure(path('empty.mp4'), 'o.mp4', { name, code: 'unknown-format' })
    await writeFile(path('text.mp4'), 'This is no media file.'.repeat(9))
    await expectFailure(path('text.mp4'), 'o.mp4', { name, code: 'unknown-format' })
    await copyFile(await withSound(), path('cut.mp4'))
    await truncate(path('cut.mp4'), 20_000)
    await expectFailure(path('cut.mp4'), 'o.mp4', { name, code: 'truncated' })
  })

  it('when the codec or the container cannot do it', async () => {
    const input = await withSound()
    const name = 'UnsupportedError'
    const error = await expectFailure(input, 'o.webm', { name, code: 'unsupported-container' }, { video: 'h264' })
    expect(error).toBeInstanceOf(UnsupportedError)
    await expectFailure(input, 'o.mp4', { name, code: 'unsupported-codec' }, { video: 'theora' })
    const options = { video: { codec: 'h264', encoderOptions: { foo: '1' } } }
    expect((await expectFailure(input, 'o.mp4', { name, code: 'unsupported-settings' }, options)).message).toMatch(
      /foo=1/,
    )
  })

  it('when the output would overwrite the input, or cannot be written', async () => {
    await copyFile(await withSound(), path('in.mp4'))
    const error = await expectFailure(path('in.mp4'), 'in.mp4', { name: 'OutputError', code: 'would-overwrite-input' })
    expect(error).toBeInstanceOf(OutputError)
    await expectFailure(path('in.mp4'), 'in.mp4/out.mp4', { name: 'OutputError', code: 'not-writable' })
  })

  it('when it is aborted', async () => {
    const input = await makeClip(testClipArguments({ width: 1280, height: 720, seconds: 8 }), 'mp4')
    const controller = new AbortController()
    let aborted = 0
    const job = transcode(input, path('out.mp4'), {
      signal: controller.signal,
      onProgress: () => {
        aborted ||= performance.now()
        controller.abort()
      },
    })
    expect(await failure(job)).toBeInstanceOf(AbortError)
    expect(performance.now() - aborted).toBeLessThan(1000)
    expect(await readdir(folder)).toEqual([])
  })
})

describe('probe', () => {
  it('tells what is in a file', async () => {
    const { tracks, format, duration } = await probe(await withSound())
    expect({ format, duration }).toEqual({ format: 'MP4', duration: expect.closeTo(2, 1) })
    expect(tracks).toEqual([
      expect.objectContaining({
        type: 'video',
        codec: 'h264',
        width: 320,
        height: 240,
        framerate: 25,
        decodable: true,
      }),
      expect.objectContaining({ type: 'audio', codec: 'aac', sampleRate: 48000, numberOfChannels: 1, decodable: true }),
    ])
  })
})
