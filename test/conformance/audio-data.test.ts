import { describe, expect, it } from 'vitest'
import { AudioData, type AudioDataInit, type AudioSampleFormat, counters } from '../../lib/index.js'
import { audioData, channelsOf, isPlanar, SAMPLE_FORMATS } from '../helpers/sound.js'

/** Minimum, bias and maximum value of each type (WebCodecs, "Magnitude of the audio samples"). */
const MAGNITUDES = {
  u8: [0, 128, 255],
  s16: [-32768, 0, 32767],
  s32: [-2147483648, 0, 2147483647],
  f32: [-1, 0, 1],
} as const

const magnitudesOf = (format: AudioSampleFormat) => MAGNITUDES[format.replace('-planar', '') as keyof typeof MAGNITUDES]

const init = (changes: Partial<AudioDataInit> = {}): AudioDataInit => ({
  format: 's16',
  sampleRate: 8000,
  numberOfFrames: 3,
  numberOfChannels: 2,
  timestamp: -5,
  data: new Int16Array([1, 2, 3, 4, 5, 6]),
  ...changes,
})

describe('an AudioData', () => {
  it('has the members it is made with, and its duration in whole microseconds', () => {
    const data = new AudioData(init({ sampleRate: 44100.7 }))
    expect(data.format).toBe('s16')
    expect(data.sampleRate).toBe(Math.fround(44100.7))
    expect(data.numberOfFrames).toBe(3)
    expect(data.numberOfChannels).toBe(2)
    expect(data.timestamp).toBe(-5)
    expect(data.duration).toBe(68)
    data.close()
  })

  it.each([
    { format: 's24' },
    { sampleRate: 0 },
    { sampleRate: -1 },
    { sampleRate: Number.NaN },
    { sampleRate: Number.POSITIVE_INFINITY },
    { numberOfFrames: 0 },
    { numberOfFrames: -1 },
    { numberOfFrames: 4 },
    { numberOfFrames: 2 ** 32 - 1, numberOfChannels: 2 ** 32 - 1 },
    { numberOfChannels: 0 },
    { timestamp: Number.NaN },
    { data: [1] },
    { format: 'f32' },
    { transfer: [new Int16Array(1)] },
  ])('is not made with %o', (changes) => {
    expect(() => new AudioData(init(changes as never))).toThrow(TypeError)
  })

  it('has a copy of the data, at whatever offset that lies', () => {
    const memory = new Uint8Array(13)
    memory.set(new Uint8Array(new Int16Array([1, 2, 3, 4, 5, 6]).buffer), 1)
    const data = new AudioData(init({ data: memory.subarray(1) }))
    memory.fill(9)
    expect(channelsOf(data)).toEqual([
      [1, 3, 5],
      [2, 4, 6],
    ])
    data.close()
  })

  it('loses everything but its timestamp when it is closed', () => {
    const data = new AudioData(init())
    const clone = data.clone()
    data.close()
    data.close()
    expect(data).toMatchObject({ format: null, sampleRate: 0, numberOfFrames: 0, numberOfChannels: 0, duration: 0 })
    expect(data.timestamp).toBe(-5)
    const invalidStateError = expect.objectContaining({ name: 'InvalidStateError' })
    expect(() => data.clone()).toThrow(invalidStateError)
    expect(() => data.allocationSize({ planeIndex: 0 })).toThrow(invalidStateError)
    expect(() => data.copyTo(new Uint8Array(12), { planeIndex: 0 })).toThrow(invalidStateError)
    expect(channelsOf(clone)).toEqual([
      [1, 3, 5],
      [2, 4, 6],
    ])
    clone.close()
  })

  it('gives its memory back', () => {
    const before = counters()
    const data = new AudioData(init())
    const clone = data.clone()
    expect(counters()).toMatchObject({ audioData: before.audioData + 2, audioBuffers: before.audioBuffers + 1 })
    data.close()
    clone.close()
    expect(counters()).toMatchObject({ audioData: before.audioData, audioBuffers: before.audioBuffers })
  })

  it('takes the memory of a transferred buffer, aligned or not', () => {
    for (const offset of [0, 1, 2]) {
      const memory = new Uint8Array(offset + 12)
      memory.set(new Uint8Array(new Int16Array([1, 2, 3, 4, 5, 6]).buffer), offset)
      const data = new AudioData(init({ data: memory.subarray(offset), transfer: [memory.buffer] }))
      expect(memory.byteLength).toBe(0)
      globalThis.gc?.()
      expect(channelsOf(data)[1]).toEqual([2, 4, 6])
      data.close()
    }
  })
})

describe('copyTo()', () => {
  it.each(SAMPLE_FORMATS)('keeps minimum, bias and maximum value of %s in every format', (from) => {
    const channels = [magnitudesOf(from), [...magnitudesOf(from)].reverse(), magnitudesOf(from)]
    const data = audioData(from, channels, { transfer: true })
    for (const to of SAMPLE_FORMATS) {
      const expected = [magnitudesOf(to), [...magnitudesOf(to)].reverse(), magnitudesOf(to)]
      expect([to, channelsOf(data, to)]).toEqual([to, expected])
    }
    data.close()
  })

  it.each([
    ['u8', 's16'],
    ['u8', 's32'],
    ['u8', 'f32'],
    ['s16', 's32'],
    ['s16', 'f32'],
  ] as const)('gives every value of %s back from %s', (narrow, wide) => {
    const [lowest, , highest] = magnitudesOf(narrow)
    const values = Array.from({ length: highest - lowest + 1 }, (_, index) => lowest + index)
    const first = audioData(narrow, [values])
    const second = audioData(wide, channelsOf(first, wide))
    expect(channelsOf(second, narrow)).toEqual([values])
    first.close()
    second.close()
  })

  it('keeps 24 bits in f32 and s32', () => {
    const values = [0, 256, -256, 0x123456 * 256, -0x7fffff * 256, 0x7fffff * 256, -0x800000 * 256]
    const first = audioData('s32', [values])
    const second = audioData('f32', channelsOf(first, 'f32'))
    expect(channelsOf(second, 's32')).toEqual([values])
    first.close()
    second.close()
  })

  it('clips and rounds to integers, and neither to f32', () => {
    const values = [-2, 2, 1e30, -1e30, Number.NaN, 0.5, -0.5, 1.4 / 32767, 1.6 / 32767]
    const data = audioData('f32', [values])
    expect(channelsOf(data, 's16')).toEqual([[-32768, 32767, 32767, -32768, 0, 16384, -16384, 1, 2]])
    expect(channelsOf(data, 'u8')).toEqual([[0, 255, 255, 0, 128, 192, 64, 128, 128]])
    expect(channelsOf(data, 's32')[0]!.slice(0, 5)).toEqual([-2147483648, 2147483647, 2147483647, -2147483648, 0])
    expect(channelsOf(data, 'f32-planar')).toEqual([[...new Float32Array(values)]])
    data.close()
  })

  it.each(SAMPLE_FORMATS)('copies a part of %s', (format) => {
    const data = audioData('s16-planar', [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ])
    const reference = audioData('s16', [
      [2, 3],
      [6, 7],
    ])
    const planeIndex = isPlanar(format) ? 1 : 0
    const options = { planeIndex, frameOffset: 1, frameCount: 2, format }
    const size = data.allocationSize(options)
    const part = new Uint8Array(size + 1).fill(77)
    data.copyTo(part.subarray(1), options)
    const expected = new Uint8Array(size)
    reference.copyTo(expected, { planeIndex, format })
    expect(part.subarray(1)).toEqual(expected)
    expect(part[0]).toBe(77)
    data.close()
    reference.close()
  })

  it('knows what is out of range', () => {
    const data = new AudioData(init())
    const target = new Uint8Array(100)
    for (const options of [
      { planeIndex: 1 },
      { planeIndex: 2, format: 's16-planar' },
      { planeIndex: 0, frameOffset: 3 },
      { planeIndex: 0, frameOffset: 1, frameCount: 3 },
    ] as const) {
      expect(() => data.allocationSize(options)).toThrow(RangeError)
      expect(() => data.copyTo(target, options)).toThrow(RangeError)
    }
    expect(() => data.copyTo(new Uint8Array(11), { planeIndex: 0 })).toThrow(RangeError)
    expect(() => data.copyTo(target, {} as never)).toThrow(TypeError)
    expect(data.allocationSize({ planeIndex: 0, frameCount: 0 })).toBe(0)
    data.close()
  })
})
