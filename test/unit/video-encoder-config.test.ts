import { describe, expect, it } from 'vitest'
import { planVideoEncoder } from '../../lib/config/video-codecs.js'
import {
  readVideoEncoderConfig,
  readVideoEncoderEncodeOptions,
  requireValidVideoEncoderConfig,
} from '../../lib/config/video-encoder-config.js'
import { BitrateMode, BitstreamFormat, Hardware, LatencyMode } from '../../lib/native.js'

const base = { codec: 'avc1.42001f', width: 1280, height: 720 }
const parse = (members: object = {}) => readVideoEncoderConfig({ ...base, ...members }, '')
const plan = (members: object = {}) => planVideoEncoder(parse(members))

describe('VideoEncoderConfig', () => {
  it('has defaults', () => {
    expect(parse()).toEqual({
      ...base,
      alpha: 'discard',
      bitrateMode: 'variable',
      hardwareAcceleration: 'no-preference',
      latencyMode: 'quality',
    })
  })

  it.each([
    { codec: undefined },
    { width: undefined },
    { height: -1 },
    { width: 2 ** 32 },
    { bitrate: -1 },
    { framerate: Number.NaN },
    { bitrateMode: 'fast' },
    { latencyMode: 'low' },
    { alpha: 'maybe' },
    { hardwareAcceleration: 'require' },
    { avc: { format: 'mp4' } },
    { avc: 1 },
    { hevc: { format: 'avc' } },
  ])('is not converted from %o', (members) => {
    expect(() => parse(members)).toThrow(TypeError)
  })

  it.each([{ codec: '' }, { codec: ' \t\n' }, { width: 0 }, { height: 0 }, { displayWidth: 0 }, { displayHeight: 0 }])(
    'is not valid with %o',
    (members) => {
      expect(() => requireValidVideoEncoderConfig(parse(members))).toThrow(TypeError)
    },
  )

  it.each([{ codec: 'bogus' }, { displayWidth: 4 }, { bitrate: 0 }, { framerate: 0 }, { scalabilityMode: 'ABC' }])(
    'is valid, if not supported, with %o',
    (members) => {
      expect(() => requireValidVideoEncoderConfig(parse(members))).not.toThrow()
    },
  )
})

describe('the plan of an H.264 encoder', () => {
  it('has what native code needs', () => {
    expect(plan({ bitrate: 2e6, framerate: 30, avc: { format: 'annexb' } }).config).toEqual({
      codec: 'h264',
      profile: 66,
      constraints: 0,
      level: 31,
      width: 1280,
      height: 720,
      displayWidth: 1280,
      displayHeight: 720,
      bitrate: 2e6,
      bitrateMode: BitrateMode.variable,
      framerate: 30,
      latencyMode: LatencyMode.quality,
      bitstreamFormat: BitstreamFormat.annexb,
      maxReferenceFrames: 5,
      maxBitrate: 14000 * 1000,
      maxCpbSize: 14000 * 1000,
      contentHint: '',
      bitDepth: 8,
      chroma: 420,
      temporalLayers: 1,
      alpha: false,
      hardware: Hardware.none,
      encoder: '',
      encoderOptions: [],
      quality: -1,
      threads: 0,
    })
  })

  it('has zero for what the configuration does not say, and AVC format', () => {
    expect(plan().config).toMatchObject({ bitrate: 0, framerate: 0, bitstreamFormat: BitstreamFormat.lengthPrefixed })
  })

  it('takes the limits of the profile', () => {
    expect(plan({ codec: 'avc1.64001f' }).config.maxBitrate).toBe(14000 * 1250)
  })

  it.each([
    ['avc1.6E001F', { profile: 110, bitDepth: 10, chroma: 420, maxBitrate: 14000 * 3000 }],
    ['avc1.7A001F', { profile: 122, bitDepth: 10, chroma: 422, maxBitrate: 14000 * 4000 }],
    ['avc1.F4001F', { profile: 244, bitDepth: 8, chroma: 444, maxBitrate: 14000 * 4000 }],
  ])('has the samples of the profile of %s', (codec, expected) => {
    expect(plan({ codec }).config).toMatchObject(expected)
  })

  it('never asks for more than 16 reference frames', () => {
    expect(plan({ codec: 'avc1.640034', width: 64, height: 64 }).config.maxReferenceFrames).toBe(16)
  })

  it('fills one side of the display size in', () => {
    expect(plan({ displayWidth: 1920 }).config).toMatchObject({ displayWidth: 1920, displayHeight: 720 })
  })

  it.each([
    { codec: 'bogus' },
    { codec: 'avc1.58001F' },
    { codec: 'avc1.6E101F' },
    { codec: 'avc1.F4401F' },
    { width: 641, height: 480 },
    { width: 640, height: 481 },
    { codec: 'avc1.F4001F', width: 641, height: 480 },
    { alpha: 'keep' },
    { scalabilityMode: '' },
    { scalabilityMode: 'ABC' },
    { scalabilityMode: 'L1T4' },
    { scalabilityMode: 'L2T1' },
    { scalabilityMode: 'l1t2' },
    { framerate: 0 },
    { framerate: -1 },
    { framerate: 1e10 },
    { bitrate: 0 },
    { width: 1920, height: 1080 },
    { width: 4096, height: 16 },
    { framerate: 31 },
    { bitrate: 14000 * 1000 + 1 },
  ])('does not exist for %o', (members) => {
    expect(() => plan(members)).toThrow(expect.objectContaining({ name: 'NotSupportedError' }))
  })

  it.each([
    { framerate: 30, bitrate: 14000 * 1000 },
    { scalabilityMode: 'L1T1' },
    { hardwareAcceleration: 'prefer-software' },
    { contentHint: 'whatever' },
    { bitrateMode: 'quantizer', bitrate: 1e12 },
    { codec: 'avc1.420034', width: 3840, height: 2160, framerate: 60 },
  ])('exists for %o', (members) => {
    expect(() => plan(members)).not.toThrow()
  })

  it('takes quantizers from 0 to 51', () => {
    const quantizer = (value: unknown) =>
      plan().quantizer(readVideoEncoderEncodeOptions({ avc: { quantizer: value } }, ''))
    expect(quantizer(0)).toBe(0)
    expect(quantizer(51)).toBe(51)
    expect(quantizer(null)).toBeUndefined()
    expect(quantizer(undefined)).toBeUndefined()
    expect(() => quantizer(52)).toThrow('expected an integer from 0 to 51 for avc.quantizer but received 52')
    expect(() => quantizer(-1)).toThrow(TypeError)
  })
})

describe('the plan of an encoder', () => {
  it.each([
    ['L1T1', 1],
    ['L1T2', 2],
    ['L1T3', 3],
  ])('has the temporal layers of %s', (scalabilityMode, temporalLayers) => {
    expect(plan({ scalabilityMode }).config.temporalLayers).toBe(temporalLayers)
  })

  it.each([
    ['prefer-hardware', Hardware.required],
    ['prefer-software', Hardware.none],
    ['no-preference', Hardware.none],
  ])('leaves it to native code what %s means', (hardwareAcceleration, expected) => {
    expect(plan({ hardwareAcceleration }).config.hardware).toBe(expected)
  })

  it('names the encoder that is picked by hand, and the content hint', () => {
    const members = { encoder: 'libopenh264', contentHint: 'text' }
    expect(plan(members).config).toMatchObject(members)
  })

  it.each([
    { codec: 'vp8', width: 40000, height: 16 },
    { codec: 'vp8', width: 1e6, height: 480 },
    { codec: 'av01.0.31M.08', width: 32767, height: 32767 },
  ])('does not exist for a size that no machine can hold, as in %o', (members) => {
    expect(() => plan(members)).toThrow(expect.objectContaining({ name: 'NotSupportedError' }))
  })

  it.each([
    ['avc', 'avc1.42001f', 51],
    ['hevc', 'hev1.1.6.L93.B0', 51],
    ['vp9', 'vp09.00.31.08', 255],
    ['av1', 'av01.0.05M.08', 255],
  ] as const)('takes %s.quantizer, and no other', (member, codec, max) => {
    const { quantizer } = plan({ codec })
    const read = (options: object) => quantizer(readVideoEncoderEncodeOptions(options, ''))
    expect(read({ [member]: { quantizer: max } })).toBe(max)
    expect(read({ [member]: { quantizer: null } })).toBeUndefined()
    expect(read({ vp8: { quantizer: 5 }, other: { quantizer: 5 } })).toBeUndefined()
    expect(() => read({ [member]: { quantizer: max + 1 } })).toThrow(TypeError)
  })

  it('ignores the quantizers of other codecs', () => {
    const options = readVideoEncoderEncodeOptions({ hevc: { quantizer: 9999 }, vp9: { quantizer: 7 } }, '')
    expect(plan().quantizer(options)).toBeUndefined()
  })
})

describe.each(['avc1.42001f', 'hev1.1.6.L93.B0', 'av01.0.05M.08', 'vp09.02.31.10'])('an encoder of %s', (codec) => {
  it('has no alpha', () => {
    expect(() => plan({ codec, alpha: 'keep' })).toThrow(expect.objectContaining({ name: 'NotSupportedError' }))
    expect(plan({ codec }).config.alpha).toBe(false)
  })
})

describe('the plan of a HEVC encoder', () => {
  const codec = 'hev1.1.6.L93.B0'

  it('has what native code needs', () => {
    expect(plan({ codec }).config).toMatchObject({
      codec: 'hevc',
      profile: 1,
      constraints: 0,
      level: 93,
      bitDepth: 8,
      chroma: 420,
      bitstreamFormat: BitstreamFormat.lengthPrefixed,
      maxReferenceFrames: 5,
      maxBitrate: 10_000_000,
      maxCpbSize: 10_000_000,
    })
  })

  it.each([
    ['hvc1.2.4.L93.90', { profile: 2, bitDepth: 10, chroma: 420 }],
    ['hvc1.4.10.L93.9D.8', { profile: 4, bitDepth: 10, chroma: 422 }],
    ['hvc1.4.10.L93.98.8', { profile: 4, bitDepth: 12, chroma: 444 }],
    ['hvc1.1.6.H120.90', { constraints: 1, level: 120, maxBitrate: 30_000_000 }],
    ['hvc1.1.6.L30', { level: 30, maxBitrate: 128_000, maxCpbSize: 350_000, width: 64, height: 64 }],
  ])('has the stream that %s asks for', (string, expected) => {
    expect(plan({ codec: string, ...expected }).config).toMatchObject(expected)
  })

  it('has Annex B format when that is asked for', () => {
    expect(plan({ codec, hevc: { format: 'annexb' } }).config.bitstreamFormat).toBe(BitstreamFormat.annexb)
    expect(plan({ codec, hevc: {} }).config.bitstreamFormat).toBe(BitstreamFormat.lengthPrefixed)
  })

  it('takes more reference frames for small pictures', () => {
    const maxReferenceFrames = (width: number, height: number) =>
      plan({ codec, width, height }).config.maxReferenceFrames
    expect([maxReferenceFrames(320, 240), maxReferenceFrames(640, 480), maxReferenceFrames(960, 720)]).toEqual([
      15, 11, 7,
    ])
  })

  it.each([
    { codec: 'hev1.1.2.L93.F0' },
    { codec: 'hev1.1.6.L93.B8' },
    { codec: 'hev1.1.6.L93.B0.0.1' },
    { codec: 'hev1.1.4.L93.B0' },
    { codec: 'hev1.1.60000000.L93.B0' },
    { codec: 'hev1.2.6.L93.B0' },
    { codec: 'hev1.3.e.L93.B0' },
    { codec: 'hev1.4.10.L93.9F.8' },
    { codec: 'hev1.4.10.L93.98.28' },
    { codec: 'hev1.4.10.L93' },
    { codec: 'hev1.6.40.L93.B0' },
    { codec: 'hev1.1.6.H93.B0' },
    { codec, width: 641, height: 480 },
    { codec, width: 640, height: 481 },
    { codec: 'hev1.4.10.L93.9D.8', width: 641, height: 480 },
    { codec, width: 1920, height: 1080 },
    { codec, width: 2808, height: 16 },
    { codec, framerate: 37 },
    { codec, bitrate: 10_000_001 },
  ])('does not exist for %o', (members) => {
    expect(() => plan(members)).toThrow(expect.objectContaining({ name: 'NotSupportedError' }))
  })

  it.each([
    { codec: 'hev1.1.2.L93' },
    { codec, framerate: 36, bitrate: 10_000_000 },
    { codec: 'hev1.4.10.L93.9E.8', width: 641, height: 481 },
    { codec: 'hev1.4.10.L93.9D.8', width: 640, height: 481 },
    { codec: 'hev1.1.6.L120.B0', width: 1920, height: 1080, framerate: 30 },
    { codec: 'hev1.1.6.L186', width: 8192, height: 4320, framerate: 120 },
  ])('exists for %o', (members) => {
    expect(() => plan(members)).not.toThrow()
  })
})

describe('the plan of a VP8 encoder', () => {
  const codec = 'vp8'

  it('has what native code needs, for any size', () => {
    const size = { width: 641, height: 359 }
    expect(plan({ codec, ...size, bitrate: 1e9 }).config).toMatchObject({
      codec: 'vp8',
      profile: 0,
      level: 0,
      bitDepth: 8,
      chroma: 420,
      maxBitrate: 0,
      ...size,
    })
  })

  it('may have alpha', () => {
    expect(plan({ codec, alpha: 'keep' }).config.alpha).toBe(true)
  })

  it.each([{ bitrateMode: 'quantizer' }, { width: 16384 }, { height: 16384 }])('does not exist for %o', (members) => {
    expect(() => plan({ codec, ...members })).toThrow(expect.objectContaining({ name: 'NotSupportedError' }))
  })
})

describe('the plan of a VP9 encoder', () => {
  it.each([
    ['vp09.00.31.08', { profile: 0, level: 31, bitDepth: 8, chroma: 420 }],
    ['vp09.01.31.08.02', { profile: 1, bitDepth: 8, chroma: 422 }],
    ['vp09.01.31.08.03', { profile: 1, bitDepth: 8, chroma: 444 }],
    ['vp09.02.31.10', { profile: 2, bitDepth: 10, chroma: 420 }],
    ['vp09.02.31.12', { profile: 2, bitDepth: 12, chroma: 420 }],
    ['vp09.03.31.10.03', { profile: 3, bitDepth: 10, chroma: 444 }],
  ])('has the stream that %s asks for', (codec, expected) => {
    expect(plan({ codec }).config).toMatchObject({ codec: 'vp9', maxBitrate: 0, ...expected })
  })

  it('takes any size and rate for any level, as browsers do', () => {
    expect(() => plan({ codec: 'vp09.00.10.08', width: 1921, height: 1081, framerate: 60, bitrate: 5e7 })).not.toThrow()
  })

  it('may have alpha beside 8 bits and 4:2:0', () => {
    expect(plan({ codec: 'vp09.00.10.08', alpha: 'keep' }).config.alpha).toBe(true)
  })

  it.each([
    { codec: 'vp09.00.31.10' },
    { codec: 'vp09.02.31.08' },
    { codec: 'vp09.00.31.08.03' },
    { codec: 'vp09.01.31.08.01' },
    { codec: 'vp09.01.31.08' },
    { codec: 'vp09.01.31.08.03', alpha: 'keep' },
    { codec: 'vp09.00.62.08', width: 16385, height: 16 },
    { codec: 'vp09.00.62.08', width: 8192, height: 8192 },
  ])('does not exist for %o', (members) => {
    expect(() => plan(members)).toThrow(expect.objectContaining({ name: 'NotSupportedError' }))
  })
})

describe('the plan of an AV1 encoder', () => {
  it.each([
    ['av01.0.05M.08', { profile: 0, constraints: 0, level: 5, bitDepth: 8, chroma: 420, maxBitrate: 10e6 }],
    ['av01.0.08H.10', { constraints: 1, level: 8, bitDepth: 10, maxBitrate: 30e6 }],
    ['av01.1.05M.10', { profile: 1, bitDepth: 10, chroma: 444, maxBitrate: 20e6 }],
    ['av01.2.05M.08', { profile: 2, bitDepth: 8, chroma: 422, maxBitrate: 30e6 }],
    ['av01.2.05M.12.0.000', { profile: 2, bitDepth: 12, chroma: 444 }],
    ['av01.0.31M.08', { level: 31, maxBitrate: 0 }],
  ])('has the stream that %s asks for', (codec, expected) => {
    expect(plan({ codec }).config).toMatchObject({ codec: 'av1', ...expected })
  })

  it.each([
    { codec: 'av01.0.05M.12' },
    { codec: 'av01.0.05M.08.1' },
    { codec: 'av01.0.05M.08.0.000' },
    { codec: 'av01.1.05M.08.0.110' },
    { codec: 'av01.2.05M.10.0.110' },
    { codec: 'av01.0.05H.08' },
    { codec: 'av01.0.06M.08' },
    { codec: 'av01.0.24M.08' },
    { codec: 'av01.0.04M.08' },
    { codec: 'av01.0.05M.08', width: 5505, height: 16 },
    { codec: 'av01.0.05M.08', width: 16, height: 3097 },
    { codec: 'av01.0.05M.08', framerate: 35 },
    { codec: 'av01.0.05M.08', bitrate: 10_000_001 },
  ])('does not exist for %o', (members) => {
    expect(() => plan(members)).toThrow(expect.objectContaining({ name: 'NotSupportedError' }))
  })

  it.each([
    { codec: 'av01.0.05M.08', framerate: 34, bitrate: 10_000_000 },
    { codec: 'av01.0.05M.08', width: 641, height: 481 },
    { codec: 'av01.0.31M.08', width: 7681, height: 4321, framerate: 240, bitrate: 1e10 },
  ])('exists for %o', (members) => {
    expect(() => plan(members)).not.toThrow()
  })

  it('says which limit is passed', () => {
    expect(() => plan({ codec: 'av01.0.04M.08' })).toThrow(
      'expected at most 665856 luma samples for av01.0.04M.08 (level 3.0) but received 1280x720, which has 921600',
    )
  })
})
