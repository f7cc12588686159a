/** Reading the memory of frames, audio data and chunks in place. */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { AudioData, counters, EncodedVideoChunk, VideoDecoder, VideoEncoder, VideoFrame } from '../../lib/index.js'
import type { VideoFrameBufferInit } from '../../lib/video-frame-init.js'
import { borrowBytes, borrowPlanes } from '../../lib/zero-copy.js'

const bytes = (length: number) => Uint8Array.from({ length }, (_, index) => (index * 7 + 3) % 251)

function makeFrame(format: VideoFrameBufferInit['format'], size: number, width = 6, height = 4): VideoFrame {
  return new VideoFrame(bytes(size), { format, codedWidth: width, codedHeight: height, timestamp: 0 })
}

describe('the planes of a frame', () => {
  test('are what copyTo() gives', async () => {
    const cases = [
      ['I420', 36],
      ['I420A', 60],
      ['NV12', 36],
      ['RGBA', 96],
      ['I444P10', 144],
    ] as const
    for (const [format, size] of cases) {
      const frame = makeFrame(format, size)
      const copy = new Uint8Array(frame.allocationSize())
      const layout = await frame.copyTo(copy)
      const planes = borrowPlanes(frame)
      expect(planes.length, format).toBe(layout.length)
      for (const [index, { data, stride, rowLength, rows }] of planes.entries()) {
        const Samples = data.constructor as Uint8ArrayConstructor
        expect(Samples.BYTES_PER_ELEMENT, format).toBe(format === 'I444P10' ? 2 : 1)
        for (let row = 0; row < rows; row++) {
          const { offset, stride: copied } = layout[index]!
          const expected = new Samples(copy.buffer, offset + row * copied, rowLength)
          expect(data.subarray(row * stride, row * stride + rowLength), `${format} ${index} ${row}`).toEqual(expected)
        }
      }
      frame.close()
    }
  })

  test('of a frame that hides its alpha lack the alpha plane', () => {
    const frame = makeFrame('I420A', 60)
    const opaque = new VideoFrame(frame, { alpha: 'discard' })
    expect(borrowPlanes(frame).length).toBe(4)
    expect(borrowPlanes(opaque).length).toBe(3)
    frame.close()
    opaque.close()
  })

  test('are one memory, however often and by whichever clone they are borrowed', () => {
    const frame = makeFrame('RGBA', 96)
    const clone = frame.clone()
    const [first, second, third] = [borrowPlanes(frame), borrowPlanes(frame), borrowPlanes(clone)].map(
      (p) => p[0]!.data,
    )
    expect(second!.buffer).toBe(first!.buffer)
    expect(third!.buffer).toBe(first!.buffer)
    frame.close()
    expect(first!.length).toBe(96)
    clone.close()
    expect([first!.length, second!.length, third!.length]).toEqual([0, 0, 0])
  })

  test('last while an encoder has yet to read the frame, and no longer', async () => {
    const encoder = new VideoEncoder({ output() {}, error() {} })
    encoder.configure({ codec: 'avc1.42001f', width: 64, height: 64 })
    const frame = makeFrame('RGBA', 64 * 64 * 4, 64, 64)
    const [plane] = borrowPlanes(frame)
    encoder.encode(frame)
    frame.close()
    await encoder.flush()
    expect(plane!.data.length).toBe(0)
    encoder.close()
  })

  test('of a forgotten frame last as long as the array', async () => {
    const plane = (() => borrowPlanes(makeFrame('RGBA', 96))[0]!)()
    for (let turn = 0; turn < 20 && counters().frames > 0; turn++) {
      global.gc!()
      await sleep(5)
    }
    expect(counters()).toMatchObject({ frames: 0, pictures: 1 })
    expect(plane.data).toEqual(bytes(96))
  })

  test('are given back when the arrays are collected', async () => {
    for (let index = 0; index < 50; index++) borrowPlanes(makeFrame('RGBA', 96))
    for (let turn = 0; turn < 50 && counters().pictures > 0; turn++) {
      global.gc!()
      await sleep(5)
    }
    expect(counters()).toMatchObject({ frames: 0, pictures: 0 })
  })

  test('cannot be taken away by a transfer', async () => {
    const frame = makeFrame('RGBA', 96)
    const [plane] = borrowPlanes(frame)
    const buffer = plane!.data.buffer as ArrayBuffer
    // Node refuses it: later versions throw, Node 20 makes a copy.
    try {
      structuredClone(buffer, { transfer: [buffer] })
    } catch {}
    const copy = new Uint8Array(96)
    await frame.copyTo(copy)
    expect(copy).toEqual(bytes(96))
    expect(borrowPlanes(frame)[0]!.data).toEqual(bytes(96))
    frame.close()
  })

  test("of decoded frames are the decoder's own", async () => {
    const chunks: EncodedVideoChunk[] = []
    const encoder = new VideoEncoder({ output: (chunk) => chunks.push(chunk), error() {} })
    encoder.configure({ codec: 'avc1.42001f', width: 64, height: 64, avc: { format: 'annexb' } })
    const source = makeFrame('I420', 6144, 64, 64)
    encoder.encode(source)
    source.close()
    await encoder.flush()
    encoder.close()
    let checked = 0
    const decoder = new VideoDecoder({
      async output(frame) {
        const copy = new Uint8Array(frame.allocationSize())
        await frame.copyTo(copy)
        const { data, stride } = borrowPlanes(frame)[0]!
        for (let row = 0; row < 64; row++) {
          expect(data.subarray(row * stride, row * stride + 64)).toEqual(copy.subarray(row * 64, row * 64 + 64))
        }
        frame.close()
        expect(data.length).toBe(0)
        checked++
      },
      error() {},
    })
    decoder.configure({ codec: 'avc1.42001f' })
    for (const chunk of chunks) decoder.decode(chunk)
    await decoder.flush()
    decoder.close()
    expect(checked).toBe(1)
  })

  test('are refused of closed frames and of what is no frame', () => {
    const frame = makeFrame('RGBA', 96)
    frame.close()
    expect(() => borrowPlanes(frame)).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
    for (const value of [undefined, null, {}, new Uint8Array(4)]) {
      expect(() => borrowPlanes(value as never)).toThrow(TypeError)
    }
  })
})

describe('the samples of audio data', () => {
  const init = { sampleRate: 48_000, numberOfFrames: 3, numberOfChannels: 2, timestamp: 0 }

  test('are what went in', () => {
    const samples = Float32Array.of(0.5, -0.5, 0.25, 1, -1, 0)
    const interleaved = new AudioData({ ...init, format: 'f32', data: samples })
    const planar = new AudioData({ ...init, format: 'f32-planar', data: samples })
    expect(borrowPlanes(interleaved)).toEqual([samples])
    expect(borrowPlanes(planar)).toEqual([samples.slice(0, 3), samples.slice(3)])
    const short = new AudioData({ ...init, format: 's16', data: Int16Array.of(1, 2, 3, 4, 5, 6) })
    expect(borrowPlanes(short)).toEqual([Int16Array.of(1, 2, 3, 4, 5, 6)])
    for (const data of [interleaved, planar, short]) data.close()
  })

  test('end with the last clone', () => {
    const data = new AudioData({ ...init, format: 'u8', data: Uint8Array.of(1, 2, 3, 4, 5, 6) })
    const clone = data.clone()
    const [samples] = borrowPlanes(data)
    data.close()
    expect(samples).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6))
    clone.close()
    expect(samples!.length).toBe(0)
    expect(() => borrowPlanes(clone)).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
  })
})

test('the bytes of a chunk', () => {
  const chunk = new EncodedVideoChunk({ type: 'key', timestamp: 0, data: bytes(10) })
  expect(borrowBytes(chunk)).toEqual(bytes(10))
  expect(borrowBytes(chunk).buffer).toBe(borrowBytes(chunk).buffer)
  expect(() => borrowBytes({} as never)).toThrow(TypeError)
})

test('the bytes of small chunks, which share memory until somebody sees it', () => {
  const filled = (size: number, value: number) =>
    new EncodedVideoChunk({ type: 'key', timestamp: 0, data: new Uint8Array(size).fill(value) })
  const chunks = Array.from({ length: 50 }, (_, i) => filled(1 + ((i * 389) % 2048), i))
  const expected = chunks.map((chunk, i) => new Uint8Array(chunk.byteLength).fill(i))
  const lent = borrowBytes(chunks[20]!)
  expect(lent.buffer.byteLength).toBe(lent.byteLength)
  expect(borrowBytes(chunks[20]!)).toBe(lent)
  structuredClone(lent.buffer, { transfer: [lent.buffer as ArrayBuffer] })
  expect(chunks[20]!.byteLength).toBe(0)
  const others = [...chunks.keys()].filter((i) => i !== 20)
  expect(others.map((i) => borrowBytes(chunks[i]!))).toEqual(others.map((i) => expected[i]))
})
