import { describe, expect, it } from 'vitest'
import { planVideoEncoder } from '../../lib/config/video-codecs.js'
import {
  readVideoEncoderConfig,
  readVideoEncoderEncodeOptions,
  requireValidVideoEncoderConfig,
} from '../../lib/config/video-encoder-config.js'
import { BitrateMode, BitstreamFormat, LatencyMode } from '../../lib/native.js'

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
    })
  })

  it('has zero for what the configuration does not say, and AVC format', () => {
    expect(plan().config).toMatchObject({ bitrate: 0, framerate: 0, bitstreamFormat: BitstreamFormat.lengthPrefixed })
  })

  it('takes the limits of the profile', () => {
    expect(plan({ codec: 'avc1.64001f' }).config.maxBitrate).toBe(14000 * 1250)
  })

  it('never asks for more than 16 reference frames', () => {
    expect(plan({ codec: 'avc1.640034', width: 64, height: 64 }).config.maxReferenceFrames).toBe(16)
  })

  it('fills one side of the display size in', () => {
    expect(plan({ displayWidth: 1920 }).config).toMatchObject({ displayWidth: 1920, displayHeight: 720 })
  })

  it.each([
    { codec: 'bogus' },
    { codec: 'vp8' },
    { codec: 'avc1.6E001F' },
    { codec: 'avc1.58001F' },
    { width: 641, height: 480 },
    { width: 640, height: 481 },
    { hardwareAcceleration: 'prefer-hardware' },
    { alpha: 'keep' },
    { scalabilityMode: 'L1T2' },
    { scalabilityMode: 'ABC' },
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
