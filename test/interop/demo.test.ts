import { copyFile, mkdtemp, open, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decodeAll, presentationTimes, probeVideo, runDemo } from '../helpers/demo.js'
import { makeClip, run, testClipArguments } from '../helpers/media.js'

const sine = ['-f', 'lavfi', '-i', 'sine=sample_rate=48000:duration=2', '-c:a', 'aac']
const withSound = () => makeClip([...sine, ...testClipArguments()], 'mp4')

describe('the demo', () => {
  let cwd: string

  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'webcodecs-demo-test-'))
  })

  afterEach(() => rm(cwd, { recursive: true }))

  it('makes a clip when it is given none, and transcodes it', async () => {
    const { code, stdout, errors } = await runDemo(['--width', '480'], { cwd })
    expect({ code, errors }).toEqual({ code: 0, errors: [] })
    expect(stdout).toMatch(/^The output plays: /m)
    expect(await readdir(cwd)).toEqual(['demo-output.mp4'])
    expect(await decodeAll(join(cwd, 'demo-output.mp4'))).toEqual({ pictures: 300, complaints: '' })
  })

  it('keeps every timestamp of a clip with B-frames', async () => {
    const input = await withSound()
    const { code } = await runDemo([input, 'out.mp4'], { cwd })
    expect(code).toBe(0)
    expect(await presentationTimes(join(cwd, 'out.mp4'))).toEqual(await presentationTimes(input))
  })

  it('leaves out the pictures that an edit list hides', async () => {
    const whole = await makeClip([...testClipArguments({ seconds: 4 }), '-g', '25'], 'mp4')
    const cut = await makeClip(['-ss', '1.5', '-i', whole, '-c', 'copy'], 'mp4')
    await runDemo([cut, 'out.mp4'], { cwd })
    expect(await decodeAll(join(cwd, 'out.mp4'))).toEqual(await decodeAll(cut))
  })

  it('copies the sound without changing it', async () => {
    const input = await withSound()
    await runDemo([input, 'out.mp4'], { cwd })
    const hash = async (path: string) =>
      (
        await run('ffmpeg', ['-v', 'error', '-i', path, '-map', '0:a', '-c', 'copy', '-f', 'streamhash', '-'])
      ).stdout.toString()
    expect(await hash(join(cwd, 'out.mp4'))).toBe(await hash(input))
  })

  it('honours --width, with the height in proportion', async () => {
    const { code } = await runDemo(['--width', '160', await withSound(), 'out.mp4'], { cwd })
    expect(code).toBe(0)
    expect(await probeVideo(join(cwd, 'out.mp4'))).toMatchObject({ width: 160, height: 120 })
  })

  it('honours --bitrate', async () => {
    const input = await makeClip(testClipArguments({ seconds: 4 }), 'mp4')
    await runDemo(['--bitrate', '75k', input, 'small.mp4'], { cwd })
    await runDemo(['--bitrate', '0.3M', input, 'large.mp4'], { cwd })
    const ratio = (await stat(join(cwd, 'large.mp4'))).size / (await stat(join(cwd, 'small.mp4'))).size
    expect(ratio).toBeGreaterThan(2.5)
    expect(ratio).toBeLessThan(6)
  })

  it.each(['hevc', 'vp8', 'vp9', 'av1'])('transcodes to %s', async (codec) => {
    const { code, stdout, errors } = await runDemo(['--codec', codec, await withSound(), 'out.mp4'], { cwd })
    expect({ code, errors }).toEqual({ code: 0, errors: [] })
    expect(stdout).toMatch(/^The output plays: /m)
    expect(await probeVideo(join(cwd, 'out.mp4'))).toMatchObject({ codec_name: codec })
    expect(await decodeAll(join(cwd, 'out.mp4'))).toEqual({ pictures: 50, complaints: '' })
  })

  it('honours --codec with a full codec string', async () => {
    const { code } = await runDemo(['--codec', 'avc1.42001f', await withSound(), 'out.mp4'], { cwd })
    expect(code).toBe(0)
    expect(await probeVideo(join(cwd, 'out.mp4'))).toMatchObject({ profile: 'Constrained Baseline' })
  })

  describe('says in one line what is wrong, and leaves nothing behind', () => {
    const expectRefusal = async (args: readonly string[], line: RegExp) => {
      const before = await readdir(cwd)
      const { code, errors } = await runDemo(args, { cwd })
      expect(errors).toEqual([expect.stringMatching(line)])
      expect(code).toBe(1)
      expect(await readdir(cwd)).toEqual(before)
    }

    it('when the input is missing', () => expectRefusal(['missing.mp4'], /missing\.mp4: there is no such file/))

    it('when the input is empty', async () => {
      await writeFile(join(cwd, 'empty.mp4'), '')
      await expectRefusal(['empty.mp4'], /empty/)
    })

    it('when the input is not media', async () => {
      await writeFile(join(cwd, 'text.mp4'), 'This is not a media file.'.repeat(100))
      await expectRefusal(['text.mp4'], /not a media file/)
    })

    it('when the input is cut off', async () => {
      await copyFile(await withSound(), join(cwd, 'cut.mp4'))
      await truncate(join(cwd, 'cut.mp4'), 20_000)
      await expectRefusal(['cut.mp4'], /truncated/)
    })

    it('when the pictures are damaged', async () => {
      const input = join(cwd, 'damaged.mp4')
      await copyFile(await makeClip([...testClipArguments(), '-movflags', 'faststart'], 'mp4'), input)
      const file = await open(input, 'r+')
      const { size } = await file.stat()
      await file.write(Buffer.alloc(size - 20_000, 0xff), 0, size - 20_000, 20_000)
      await file.close()
      await expectRefusal(['damaged.mp4'], /decoding failed|could be decoded/)
    })

    it('when the input has no video', async () => {
      await expectRefusal([await makeClip(sine, 'mp4')], /no video track/)
    })

    it('when the video codec cannot be decoded', async () => {
      const input = await makeClip([...testClipArguments(), '-c:v', 'mpeg4'], 'mp4')
      await expectRefusal([input], /video codec/)
    })

    it('when the codec asked for cannot be encoded', async () => {
      await expectRefusal(['--codec', 'avc1.42000a', await withSound()], /cannot encode avc1\.42000a/)
    })

    it('when an option makes no sense', () => expectRefusal(['--bitrate', 'much', 'missing.mp4'], /--bitrate/))

    it('when it is interrupted', async () => {
      const input = await makeClip(
        testClipArguments({ width: 1280, height: 720, seconds: 8, x264: ['-preset', 'ultrafast'] }),
        'mp4',
      )
      const { code } = await runDemo([input, 'out.mp4'], { cwd, signal: 'SIGINT' })
      expect(code).toBe(130)
      expect(await readdir(cwd)).toEqual([])
    })
  })

  it('says so when the output has no room for all the sound', async () => {
    const input = await makeClip([...sine, '-map', '0', '-map', '0'], 'mp4')
    const { code, stdout, errors } = await runDemo([input, 'out.mp3'], { cwd })
    expect({ code, errors }).toEqual({ code: 0, errors: [] })
    expect(stdout).toMatch(/^Encoded mp3; 1 more of the input found no room in such a file\.$/m)
  })

  it('encodes six channels in their order when the output is an .ogg file', async () => {
    const tones = Array.from({ length: 6 }, (_, i) => `sin(${2 * (i === 3 ? 60 : 300 + 100 * i)}*PI*t)/4`).join('|')
    const sound = ['-f', 'lavfi', '-i', `aevalsrc=${tones}:c=5.1:s=48000:d=2`, '-c:a', 'flac']
    const path = join(cwd, 'out.ogg')
    expect(await runDemo([await makeClip(sound, 'flac'), path], { cwd })).toMatchObject({ code: 0, errors: [] })
    // Of each channel of both, what is left of its own tone.
    const levels = async (channel: number) => {
      const own = channel === 3 ? 60 : 300 + 100 * channel
      const filter = `pan=mono|c0=c${channel},bandpass=f=${own}:width_type=h:w=20,atrim=0.3:1.7,astats`
      const { stderr } = await run('ffmpeg', ['-hide_banner', '-nostdin', '-i', path, '-af', filter, '-f', 'null', '-'])
      return Number(/RMS level dB: (\S+)/.exec(stderr)?.[1])
    }
    for (let channel = 0; channel < 6; channel++) expect(Math.abs((await levels(channel)) + 15.05)).toBeLessThan(0.5)
  })

  it.each([
    ['webm', ['vp9', 'opus']],
    ['m4a', ['aac']],
    ['ogg', ['opus']],
    ['mp3', ['mp3']],
    ['flac', ['flac']],
    ['wav', ['pcm_s16le']],
  ])('encodes sound too when the output is a .%s file', async (extension, codecs) => {
    const input = await withSound()
    const path = join(cwd, `out.${extension}`)
    expect(await runDemo([input, path], { cwd })).toMatchObject({ code: 0, errors: [] })
    const entries = ['-show_entries', 'stream=codec_name:format=duration', '-of', 'json', path]
    const probed = JSON.parse((await run('ffprobe', ['-v', 'error', ...entries])).stdout.toString())
    expect(probed.streams.map((stream: { codec_name: string }) => stream.codec_name)).toEqual(codecs)
    expect(Math.abs(probed.format.duration - 2)).toBeLessThan(0.12)

    const loudness = async (file: string) => {
      const measure = ['-af', 'atrim=0.2:1.8,astats', '-f', 'null', '-']
      const { stderr } = await run('ffmpeg', ['-hide_banner', '-nostdin', '-i', file, '-map', '0:a', ...measure])
      const [, peak, , quietest] =
        stderr.match(/Overall[\s\S]*?RMS level dB: (\S+)[\s\S]*?(RMS trough dB: (\S+))/) ?? []
      return { level: Number(peak), quietest: Number(quietest) }
    }
    const before = await loudness(input)
    const after = await loudness(path)
    expect(Math.abs(after.level - before.level)).toBeLessThan(0.5)
    // A gap would be a trough.
    expect(Math.abs(after.quietest - before.quietest)).toBeLessThan(1)
  })
})
