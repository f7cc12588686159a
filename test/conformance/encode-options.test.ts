/** The configuration extensions `quality` and `encoderOptions`: what the libraries wrote tells whether they got them. */
import { describe, expect, it } from 'vitest'
import { AudioEncoder, VideoEncoder, type VideoEncoderConfig, VideoFrame } from '../../lib/index.js'

const size = { width: 320, height: 240 }

function frameOf(index: number): VideoFrame {
  const pixels = new Uint8Array((size.width * size.height * 3) / 2)
  for (let at = 0; at < pixels.length; at++) pixels[at] = ((at * (index + 7) * 31) >> 3) & 255
  const init = { format: 'I420', codedWidth: size.width, codedHeight: size.height, timestamp: index * 40_000 } as const
  return new VideoFrame(pixels, init)
}

async function encode(config: Omit<VideoEncoderConfig, 'width' | 'height'>, frames = 8): Promise<Buffer> {
  const parts: Buffer[] = []
  const errors: DOMException[] = []
  const encoder = new VideoEncoder({
    output: (chunk) => {
      const part = Buffer.alloc(chunk.byteLength)
      chunk.copyTo(part)
      parts.push(part)
    },
    error: (error) => errors.push(error),
  })
  encoder.configure({ ...size, framerate: 25, ...config })
  for (let index = 0; index < frames; index++) {
    const frame = frameOf(index)
    encoder.encode(frame)
    frame.close()
  }
  await encoder.flush()
  encoder.close()
  expect(errors).toEqual([])
  expect(parts).toHaveLength(frames)
  return Buffer.concat(parts)
}

/** What x264 says of itself in its first picture. */
function x264Settings(stream: Buffer): Record<string, string> {
  const at = stream.indexOf('options: ')
  const text = stream.toString('latin1', at + 'options: '.length, stream.indexOf(0, at))
  return Object.fromEntries(text.split(' ').map((option) => option.split('=')))
}

const refusal = (config: Omit<VideoEncoderConfig, 'width' | 'height'>): Promise<string> =>
  new Promise((resolve) => {
    new VideoEncoder({ output: () => {}, error: (error) => resolve(error.message) }).configure({ ...size, ...config })
  })

const h264 = { codec: 'avc1.640028' }

describe('encoder options', () => {
  it('reach x264, over what the plan says', async () => {
    const encoderOptions = { preset: 'veryslow', subme: '4', deblock: '1:-1' }
    const settings = x264Settings(await encode({ ...h264, quality: 20.5, encoderOptions }))
    expect(settings).toMatchObject({ rc: 'crf', crf: '20.5', me: 'umh', subme: '4', bframes: '8', ref: '16' })
    expect(settings['deblock']).toBe('1:1:-1')
  })

  it('leave the reference frames of x264 within the level', async () => {
    const settings = x264Settings(await encode({ codec: 'avc1.64000D', encoderOptions: { preset: 'placebo' } }))
    expect(Number(settings['ref'])).toBeLessThanOrEqual(8)
  })

  it('reach x264 in realtime, beside its own tune', async () => {
    const config = { codec: 'avc1.42001e', encoder: 'libx264', latencyMode: 'realtime', quality: 25 } as const
    const settings = x264Settings(await encode({ ...config, encoderOptions: { subme: '2', tune: 'psnr' } }))
    expect(settings).toMatchObject({ crf: '25.0', subme: '2', psy: '0', rc_lookahead: '0', bframes: '0' })
  })

  it.each([
    ['h264', 'avc1.640028', { encoderOptions: { preset: 'ultrafast' } }],
    ['hevc', 'hvc1.1.6.L93.B0', { encoderOptions: { preset: 'ultrafast', rd: '2' } }],
    ['vp8', 'vp8', { encoderOptions: { 'cpu-used': '8' } }],
    ['vp9', 'vp09.00.31.08', { encoderOptions: { 'cpu-used': '6', 'aq-mode': '3' } }],
    ['av1', 'av01.0.04M.08', { quality: 40, encoderOptions: { preset: '12' } }],
  ])('change the stream of %s', async (_, codec, options) => {
    const base = 'quality' in options ? { quality: options.quality } : {}
    expect((await encode({ codec, ...options })).equals(await encode({ codec, ...base }))).toBe(false)
  })

  it.each([
    ['an unknown name for x264', { ...h264, encoderOptions: { foo: 'bar' } }, /libx264 does not take foo=bar/],
    ['an unknown value for x264', { ...h264, encoderOptions: { me: 'zzz' } }, /libx264 does not take me=zzz/],
    [
      'an unknown name that begins with that of a good option',
      { ...h264, encoderOptions: { psy: '0', 'psy-foo': '1' } },
      /libx264 does not take psy-foo=1/,
    ],
    [
      'an unknown value that is the name of a good option',
      { ...h264, encoderOptions: { psy: '0', me: 'psy' } },
      /libx264 does not take me=psy/,
    ],
    ['an unknown preset', { ...h264, encoderOptions: { preset: 'foo' } }, /x264 does not take preset=foo/],
    ['an unknown tune', { ...h264, encoderOptions: { tune: 'foo' } }, /x264 does not take tune=foo/],
    ['what other members decide', { ...h264, encoderOptions: { crf: '3' } }, /option crf is what other members/],
    ['an unknown name for x265', { codec: 'hvc1.1.6.L93.B0', encoderOptions: { foo: '1' } }, /does not take foo=1/],
    ['an unknown name for VP8', { codec: 'vp8', encoderOptions: { foo: '1' } }, /libvpx \(VP8\) does not take foo=1/],
    ['a value out of range for VP9', { codec: 'vp09.00.31.08', encoderOptions: { sharpness: '9' } }, /sharpness=9/],
    ['what only VP8 has', { codec: 'vp09.00.31.08', encoderOptions: { 'token-parts': '1' } }, /token-parts=1/],
    ['an unknown name for SVT-AV1', { codec: 'av01.0.04M.08', quality: 40, encoderOptions: { foo: '1' } }, /foo=1/],
    [
      'what makes libaom fail',
      { codec: 'av01.0.04M.08', encoder: 'libaom-av1', encoderOptions: { 'enable-intrabc': '1' } },
      /libaom does not take enable-intrabc=1/,
    ],
    [
      'any option for OpenH264',
      { codec: 'avc1.42001e', encoder: 'libopenh264', latencyMode: 'realtime', encoderOptions: { a: '1' } },
      /libopenh264: no options of its own/,
    ],
  ] as const)('are not supported: %s', async (_, config, message) => {
    expect((await VideoEncoder.isConfigSupported({ ...size, ...config })).supported).toBe(false)
    expect(await refusal(config)).toMatch(message)
  })

  it('are texts by name: anything else is a TypeError', () => {
    const encoder = new VideoEncoder({ output: () => {}, error: () => {} })
    const wrong = { ...h264, ...size, encoderOptions: 'preset=slow' as never }
    expect(() => encoder.configure(wrong)).toThrow(TypeError)
    expect(() => encoder.configure(wrong)).toThrow(/expected an object for encoderOptions/)
    encoder.close()
  })

  it('come back from isConfigSupported as they were understood', async () => {
    const { config } = await VideoEncoder.isConfigSupported({
      ...h264,
      ...size,
      encoderOptions: { subme: '4' },
      quality: 9,
    })
    expect(config).toMatchObject({ encoderOptions: { subme: '4' }, quality: 9 })
  })
})

describe('quality', () => {
  it.each([
    ['h264', 'avc1.640028'],
    ['hevc', 'hvc1.1.6.L93.B0'],
    ['vp8', 'vp8'],
    ['vp9', 'vp09.00.31.08'],
    ['av1', 'av01.0.04M.08'],
  ])('makes the stream of %s smaller the higher it is', async (_, codec) => {
    const [fine, coarse] = [await encode({ codec, quality: 15 }), await encode({ codec, quality: 45 })]
    expect(coarse.length).toBeLessThan(fine.length * 0.7)
  })

  it.each([
    ['beside a bitrate', { ...h264, quality: 20, bitrate: 1e6 }, /either bitrate or quality/],
    ['in constant bitrate', { ...h264, quality: 20, bitrateMode: 'constant' }, /"variable" for bitrateMode/],
    ['beyond the scale', { ...h264, quality: 52 }, /quality from 0 to 51/],
    ['below 0', { ...h264, quality: -1 }, /from 0 on for quality/],
    ['between whole numbers for VP9', { codec: 'vp09.00.31.08', quality: 10.5 }, /whole numbers for quality/],
  ] as const)('is not supported %s', async (_, config, message) => {
    expect((await VideoEncoder.isConfigSupported({ ...size, ...config })).supported).toBe(false)
    expect(await refusal(config)).toMatch(message)
  })
})

describe('audio encoder options', () => {
  const supports = async (codec: string, encoderOptions: Record<string, string>) =>
    (await AudioEncoder.isConfigSupported({ codec, sampleRate: 48000, numberOfChannels: 2, encoderOptions })).supported

  it('are those of the encoder', async () => {
    expect(await supports('mp4a.40.2', { aac_coder: 'fast' })).toBe(true)
    expect(await supports('mp3', { reservoir: '0' })).toBe(true)
    expect(await supports('flac', { lpc_type: 'levinson' })).toBe(true)
  })

  it('are not supported where the encoder has none of that name, or other members decide', async () => {
    expect(await supports('mp4a.40.2', { foo: '1' })).toBe(false)
    expect(await supports('flac', { b: '3' })).toBe(false)
    expect(await supports('opus', { vbr: 'on' })).toBe(false)
    expect(await supports('pcm-s16', { foo: '1' })).toBe(false)
  })
})
