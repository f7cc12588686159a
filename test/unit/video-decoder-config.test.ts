import { describe, expect, it } from 'vitest'
import { planVideoDecoder } from '../../lib/config/video-codecs.js'
import { readVideoDecoderConfig, requireValidVideoDecoderConfig } from '../../lib/config/video-decoder-config.js'
import { Hardware } from '../../lib/native.js'
import { increaseToRatio } from '../../lib/video-decoder-output.js'

const AVCC = new Uint8Array([1, 0x42, 0, 0x1e, 0xff, 0xe1, 0, 2, 0x67, 0x42, 1, 0, 2, 0x68, 0xce])
const base = { codec: 'avc1.42001f' }
const parse = (members: object = {}) => readVideoDecoderConfig({ ...base, ...members }, '')
const plan = (members: object = {}) => planVideoDecoder(parse(members))

describe('VideoDecoderConfig', () => {
  it('has defaults', () => {
    expect(parse()).toEqual({ ...base, flip: false, hardwareAcceleration: 'no-preference', rotation: 0 })
  })

  it('has a copy of the description', () => {
    const description = new Uint8Array(AVCC)
    const config = parse({ description: description.subarray(1) })
    description.fill(0)
    expect(new Uint8Array(config.description!)).toEqual(AVCC.subarray(1))
  })

  it('has a copy of a shared description', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(AVCC.length))
    shared.set(AVCC)
    expect(parse({ description: shared.buffer }).description).toBeInstanceOf(ArrayBuffer)
  })

  it('has no detached description', () => {
    const description = new Uint8Array(4)
    structuredClone(description.buffer, { transfer: [description.buffer] })
    expect(() => requireValidVideoDecoderConfig(parse({ description }))).toThrow(TypeError)
  })

  it.each([
    { codec: '' },
    { codec: '  ' },
    { codedWidth: 4 },
    { codedHeight: 4 },
    { codedWidth: 0, codedHeight: 4 },
    { codedWidth: 4, codedHeight: 0 },
    { displayAspectWidth: 4 },
    { displayAspectWidth: 4, displayAspectHeight: 0 },
  ])('is not valid with %o', (members) => {
    expect(() => requireValidVideoDecoderConfig(parse(members))).toThrow(TypeError)
  })
})

describe('the plan of an H.264 decoder', () => {
  it('expects Annex B format without a description', () => {
    expect(plan({ optimizeForLatency: true }).config).toEqual({
      codec: 'h264',
      description: null,
      codedWidth: 0,
      codedHeight: 0,
      bitDepth: 8,
      chroma: 420,
      optimizeForLatency: true,
      hardware: Hardware.none,
      threads: 0,
    })
    expect(plan().isKeyChunk(new Uint8Array([0, 0, 1, 0x65, 0x88]))).toBe(true)
    expect(plan({ description: new ArrayBuffer(0) }).config.description).toBeNull()
  })

  it('expects lengths as the description has them', () => {
    const { config, isKeyChunk } = plan({ description: AVCC })
    expect(config.description).toEqual(AVCC)
    expect(isKeyChunk(new Uint8Array([0, 0, 0, 2, 0x65, 0x88]))).toBe(true)
    expect(isKeyChunk(new Uint8Array([0, 0, 0, 2, 0x41, 0x88]))).toBe(false)
  })

  it.each([
    { codec: 'bogus' },
    { codec: 'avc1.58001F' },
    { description: new Uint8Array([1, 2, 3]) },
    { description: new Uint8Array(64).fill(0xff) },
  ])('does not exist for %o', (members) => {
    expect(() => plan(members)).toThrow(expect.objectContaining({ name: 'NotSupportedError' }))
  })

  it.each(['avc1.42E01E', 'avc1.4D401E', 'avc3.64001f', 'avc1.6E001F', 'avc1.7A001F', 'avc1.F4001F'])(
    'exists for %s',
    (codec) => {
      expect(() => plan({ codec })).not.toThrow()
    },
  )
})

describe('the plan of a decoder', () => {
  it.each([
    ['prefer-hardware', Hardware.required],
    ['prefer-software', Hardware.none],
    ['no-preference', Hardware.none],
  ])('leaves it to native code what %s means', (hardwareAcceleration, expected) => {
    expect(plan({ hardwareAcceleration }).config.hardware).toBe(expected)
  })

  it.each([
    ['avc1.6e001f', 10, 420],
    ['hvc1.2.4.L93.B0', 10, 420],
    ['hvc1.4.10.L93.BE.8', 8, 444],
    ['hvc1.6.46.L93.B0', 0, 0],
    ['vp8', 8, 420],
    ['vp09.02.31.10', 10, 420],
    ['av01.0.05M.10', 10, 420],
  ])('tells what samples %s means', (codec, bitDepth, chroma) => {
    expect(plan({ codec }).config).toMatchObject({ bitDepth, chroma })
  })

  it.each([
    ['hev1.1.6.L93.B0', 'hevc'],
    ['hev1.2.4.L93.B0', 'hevc'],
    ['hev1.3.e.L93.B0', 'hevc'],
    ['hvc1.4.10.L93.9D.8', 'hevc'],
    ['hev1.6.46.L93.B0', 'hevc'],
    ['vp8', 'vp8'],
    ['vp09.00.10.08', 'vp9'],
    ['vp09.03.10.12', 'vp9'],
    ['av01.0.04M.08', 'av1'],
    ['av01.0.23M.08.1', 'av1'],
  ])('exists for %s', (codec, native) => {
    expect(plan({ codec }).config.codec).toBe(native)
  })

  it.each([
    { codec: 'hev1.4.10.L93' },
    { codec: 'hev1.6.40.L93' },
    { codec: 'hev1.1.6.L93.B0', description: AVCC },
    { codec: 'hev1.1.6.L94' },
    { codec: 'vp9' },
    { codec: 'vp09.04.10.08' },
    { codec: 'av01.3.04M.08' },
    { codec: 'theora' },
  ])('does not exist for %o', (members) => {
    expect(() => plan(members)).toThrow(expect.objectContaining({ name: 'NotSupportedError' }))
  })

  it('has no limit of size', () => {
    expect(() => plan({ codec: 'av01.0.04M.08', codedWidth: 7680, codedHeight: 4320 })).not.toThrow()
  })

  it.each(['vp8', 'vp09.00.10.08', 'av01.0.04M.08'])('has no use for a description of %s', (codec) => {
    expect(plan({ codec, description: new Uint8Array([1, 2, 3]) }).config.description).toBeNull()
  })

  it('divides HEVC as the description has it', () => {
    const codec = 'hvc1.1.6.L93.B0'
    const description = new Uint8Array(23).fill(1, 0, 1).fill(3, 21, 22)
    expect(plan({ codec, description }).isKeyChunk(new Uint8Array([0, 0, 0, 2, 0x26, 1]))).toBe(true)
    expect(plan({ codec, description }).isKeyChunk(new Uint8Array([0, 0, 0, 2, 0x02, 1]))).toBe(false)
    expect(plan({ codec }).isKeyChunk(new Uint8Array([0, 0, 1, 0x26, 1]))).toBe(true)
  })

  it('has the colour space of the codec string', () => {
    expect(plan({ codec: 'av01.0.04M.10.0.110.09.16.09.0' }).color).toMatchObject({ primaries: 9, transfer: 16 })
    expect(plan({ codec: 'vp09.02.10.10.01.09.18.09.01' }).color).toMatchObject({ transfer: 18, fullRange: 1 })
    expect(plan({ codec: 'vp8' }).color).toBeNull()
  })
})

describe('the display size', () => {
  it.each([
    [{ width: 720, height: 480 }, 4 / 3, { width: 720, height: 540 }],
    [{ width: 720, height: 576 }, 16 / 9, { width: 1024, height: 576 }],
    [{ width: 320, height: 240 }, 320 / 240, { width: 320, height: 240 }],
    [{ width: 64, height: 64 }, 2, { width: 128, height: 64 }],
  ])('%o becomes as wide or as high as the ratio %f demands', (size, ratio, expected) => {
    expect(increaseToRatio(size, ratio)).toEqual(expected)
  })
})
