import { describe, expect, it } from 'vitest'
import { planVideoDecoder } from '../../lib/config/video-codecs.js'
import { readVideoDecoderConfig, requireValidVideoDecoderConfig } from '../../lib/config/video-decoder-config.js'
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
    expect(() => parse({ description })).toThrow(TypeError)
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
      optimizeForLatency: true,
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
    { hardwareAcceleration: 'prefer-hardware' },
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
