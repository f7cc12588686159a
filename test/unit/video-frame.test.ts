import { describe, expect, it } from 'vitest'
import { VideoFrame, type VideoFrameBufferInit } from '../../lib/index.js'

const I420 = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
const init = { format: 'I420', codedWidth: 4, codedHeight: 2, timestamp: 1234 } as const

function makeFrame(members: Partial<VideoFrameBufferInit> = {}, data: ArrayBufferView | ArrayBuffer = I420) {
  return new VideoFrame(data, { ...init, ...members })
}

async function planes(frame: VideoFrame): Promise<number[]> {
  const data = new Uint8Array(frame.allocationSize())
  await frame.copyTo(data)
  return [...data]
}

describe('VideoFrame(data, init)', () => {
  it('has the members it is made with, and defaults', () => {
    const frame = makeFrame()
    expect(frame).toMatchObject({
      format: 'I420',
      codedWidth: 4,
      codedHeight: 2,
      displayWidth: 4,
      displayHeight: 2,
      rotation: 0,
      flip: false,
      timestamp: 1234,
      duration: null,
    })
    expect(frame.codedRect!.toJSON()).toMatchObject({ x: 0, y: 0, width: 4, height: 2 })
    expect(frame.visibleRect!.toJSON()).toMatchObject({ x: 0, y: 0, width: 4, height: 2 })
    expect(frame.metadata()).toEqual({})
    frame.close()
  })

  it('shows a rotated frame with its sides exchanged', () => {
    const frame = makeFrame({ rotation: 95, flip: true })
    expect(frame).toMatchObject({ rotation: 90, flip: true, displayWidth: 2, displayHeight: 4 })
    frame.close()
  })

  it('copies its metadata in and out', () => {
    const face = { type: 'human-face', id: 1, probability: 0.5, centerPoint: { x: 0.5 } } as const
    const metadata = { rtpTimestamp: 7, captureTime: 1.5, backgroundBlur: { enabled: true }, segments: [{ ...face }] }
    const frame = makeFrame({ metadata })
    metadata.segments[0]!.id = 2 as never
    expect(frame.metadata()).toEqual({ ...metadata, segments: [{ ...face, centerPoint: { x: 0.5, y: 0 } }] })
    frame.metadata().segments!.pop()
    expect(frame.metadata().segments).toHaveLength(1)
    frame.close()
  })

  it('keeps the members of its metadata that are registered, converted', () => {
    const frame = makeFrame({ metadata: { rtpTimestamp: -1, receiveTime: '2', unknown: 1 } as never })
    expect(frame.metadata()).toEqual({ rtpTimestamp: 2 ** 32 - 1, receiveTime: 2 })
    frame.close()
  })

  it('takes the whole coded picture from the data, whatever is visible of it', async () => {
    const frame = makeFrame({ visibleRect: { x: 2, y: 0, width: 2, height: 2 } })
    expect(await planes(frame)).toEqual([3, 4, 7, 8, 10, 12])
    frame.close()
  })

  it.each([
    ['an ArrayBuffer', () => I420.slice().buffer],
    ['a SharedArrayBuffer', () => new Uint8Array(new SharedArrayBuffer(12))],
    ['a view with an offset', () => new Uint8Array(20).subarray(5)],
    ['a DataView of a SharedArrayBuffer', () => new DataView(new SharedArrayBuffer(16), 3)],
    ['a view of wider elements', () => new Uint32Array(4).subarray(1)],
    ['a Buffer of the slab', () => Buffer.from(I420)],
  ])('takes its data from %s', async (_, make) => {
    const data = make()
    if (ArrayBuffer.isView(data)) new Uint8Array(data.buffer, data.byteOffset).set(I420)
    const frame = makeFrame({}, data)
    expect(await planes(frame)).toEqual([...I420])
    frame.close()
  })

  it('takes planes from where the layout says', async () => {
    const layout = [
      { offset: 4, stride: 4 },
      { offset: 0, stride: 2 },
      { offset: 2, stride: 2 },
    ]
    const frame = makeFrame({ layout }, new Uint8Array([9, 10, 11, 12, 1, 2, 3, 4, 5, 6, 7, 8]))
    expect(await planes(frame)).toEqual([...I420])
    frame.close()
  })

  it.each([
    { format: undefined },
    { format: 'ABCD' },
    { codedWidth: 0 },
    { codedHeight: undefined },
    { codedWidth: 2 ** 32 - 1, codedHeight: 2 ** 32 - 1 },
    { codedWidth: 6 },
    { timestamp: undefined },
    { duration: -1 },
    { displayWidth: 4 },
    { displayWidth: 0, displayHeight: 4 },
    { visibleRect: { x: 1, y: 0, width: 2, height: 2 } },
    { visibleRect: { x: 0, y: 0, width: 5, height: 2 } },
    { visibleRect: { width: -1, height: 1 } },
    { rotation: Number.NaN },
    { layout: [] },
    { colorSpace: { matrix: 'x' } },
    { transfer: [I420] },
    { metadata: 5 },
    { metadata: { backgroundBlur: {} } },
    { metadata: { captureTime: NaN } },
    { metadata: { segments: [{ type: 'nose', id: 1, probability: 1 }] } },
  ])('throws a TypeError for %o', (members) => {
    expect(() => makeFrame(members as never)).toThrow(TypeError)
  })

  it.each([undefined, null, 5, 'canvas', {}, [1, 2]])('throws a TypeError for %o as data', (data) => {
    expect(() => new VideoFrame(data as never, init)).toThrow(TypeError)
    expect(() => new VideoFrame(data as never)).toThrow(TypeError)
  })
})

describe('VideoFrame(image, init)', () => {
  const other = (from: Partial<VideoFrameBufferInit>, members: object = {}) => {
    const frame = makeFrame(from)
    const result = new VideoFrame(frame, members)
    frame.close()
    return result
  }

  it('shares the pixels and keeps what it is not told to change', async () => {
    const frame = other({ duration: 5, colorSpace: { primaries: 'bt2020' } })
    expect(frame).toMatchObject({ timestamp: 1234, duration: 5, format: 'I420', displayWidth: 4 })
    expect(frame.colorSpace.primaries).toBe('bt2020')
    expect(await planes(frame)).toEqual([...I420])
    frame.close()
  })

  it('does not take metadata over', () => {
    const frame = other({ metadata: { rtpTimestamp: 1 } })
    expect(frame.metadata()).toEqual({})
    frame.close()
  })

  it.each([
    ['rotations add up', { rotation: 90 }, { rotation: 180 }, { rotation: 270, flip: false, displayWidth: 2 }],
    [
      'rotations of a flipped frame subtract',
      { rotation: 90, flip: true },
      { rotation: 180 },
      { rotation: 270, flip: true },
    ],
    ['two flips are none', { flip: true }, { flip: true }, { flip: false }],
    ['a copy of a rotated frame has its display size', { rotation: 90 }, {}, { displayWidth: 2, displayHeight: 4 }],
    ['turned back, it has the first again', { rotation: 90 }, { rotation: 270 }, { displayWidth: 4, displayHeight: 2 }],
    [
      'a cropped frame keeps its pixel aspect ratio',
      { displayWidth: 8, displayHeight: 2 },
      { visibleRect: { x: 2, y: 0, width: 2, height: 2 } },
      { displayWidth: 4, displayHeight: 2 },
    ],
    [
      'a cropped and rotated frame too',
      { rotation: 90, displayWidth: 2, displayHeight: 8 },
      { visibleRect: { x: 0, y: 0, width: 2, height: 2 } },
      { displayWidth: 2, displayHeight: 4 },
    ],
  ])('%s', (_, from, members, expected) => {
    const frame = other(from, members)
    expect(frame).toMatchObject(expected)
    frame.close()
  })

  it('hides the alpha channel when told so', async () => {
    const alpha = new VideoFrame(new Uint8Array([...I420, 8, 7, 6, 5, 4, 3, 2, 1]), { ...init, format: 'I420A' })
    const opaque = new VideoFrame(alpha, { alpha: 'discard' })
    expect(opaque.format).toBe('I420')
    expect(await planes(opaque)).toEqual([...I420])
    alpha.close()
    opaque.close()
  })

  it('throws an InvalidStateError when the frame is closed', () => {
    const frame = makeFrame()
    frame.close()
    expect(() => new VideoFrame(frame)).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
  })
})

describe('a closed frame', () => {
  it('has no pixels, but timing and colour', async () => {
    const frame = makeFrame({ duration: 5, rotation: 90, flip: true })
    frame.close()
    frame.close()
    expect(frame).toMatchObject({ format: null, codedWidth: 0, codedHeight: 0, displayWidth: 0, displayHeight: 0 })
    expect(frame).toMatchObject({ codedRect: null, visibleRect: null, rotation: 0, flip: false })
    expect(frame).toMatchObject({ timestamp: 1234, duration: 5 })
    expect(frame.colorSpace.primaries).toBe('bt709')
    const invalidState = expect.objectContaining({ name: 'InvalidStateError' })
    expect(() => frame.clone()).toThrow(invalidState)
    expect(() => frame.metadata()).toThrow(invalidState)
    expect(() => frame.allocationSize()).toThrow(invalidState)
    await expect(frame.copyTo(new Uint8Array(12))).rejects.toEqual(invalidState)
  })

  it('does nothing to its clones', async () => {
    const frame = makeFrame()
    const clone = frame.clone()
    frame.close()
    expect(await planes(clone)).toEqual([...I420])
    clone.close()
  })
})

describe('transfer', () => {
  it('takes the memory of the data', async () => {
    const data = new Uint8Array(I420)
    const frame = makeFrame({ transfer: [data.buffer] }, data)
    expect(data.byteLength).toBe(0)
    expect(await planes(frame)).toEqual([...I420])
    frame.close()
  })

  it("leaves the slab that Node's small Buffers share alone", async () => {
    const data = Buffer.from(I420)
    const neighbour = Buffer.from('neighbour')
    const frame = makeFrame({ transfer: [data.buffer as ArrayBuffer] }, data)
    data.fill(0)
    expect(await planes(frame)).toEqual([...I420])
    expect(neighbour.toString()).toBe('neighbour')
    frame.close()
  })

  it('changes nothing when the constructor throws', () => {
    const data = new Uint8Array(I420)
    expect(() => makeFrame({ transfer: [data.buffer], codedWidth: 6 }, data)).toThrow(TypeError)
    expect(() => makeFrame({ transfer: [data.buffer, data.buffer] }, data)).toThrow(DOMException)
    expect(data.byteLength).toBe(12)
  })
})

describe('copyTo()', () => {
  it('rejects, and does not throw', async () => {
    const frame = makeFrame()
    for (const [destination, options] of [
      [undefined],
      [new Uint8Array(11)],
      [new Uint8Array(12), 5],
      [new Uint8Array(12), { rect: { x: 1, y: 0, width: 2, height: 2 } }],
      [new Uint8Array(12), { layout: [] }],
      [new Uint8Array(99), { format: 'ABCD' }],
    ] as [never, never][]) {
      await expect(frame.copyTo(destination, options)).rejects.toBeInstanceOf(TypeError)
    }
    await expect(frame.copyTo(new Uint8Array(99), { format: 'I420' })).rejects.toMatchObject({
      name: 'NotSupportedError',
    })
    frame.close()
  })

  it('has pixels copied when it returns, if no conversion is needed', () => {
    const frame = makeFrame()
    const data = new Uint8Array(12)
    void frame.copyTo(data)
    expect(data).toEqual(I420)
    frame.close()
  })

  it('returns where the planes are', async () => {
    const frame = makeFrame()
    const layout = [{ offset: 2, stride: 20 }]
    const data = new Uint8Array(frame.allocationSize({ format: 'RGBA', layout }))
    expect(data).toHaveLength(42)
    expect(await frame.copyTo(data, { format: 'RGBA', layout })).toEqual(layout)
    expect(data[1]).toBe(0)
    expect(data[2 + 3]).toBe(255)
    frame.close()
  })
})

it('has the shape that Web IDL gives it', () => {
  expect(VideoFrame).toHaveLength(1)
  expect(VideoFrame.prototype.allocationSize).toHaveLength(0)
  expect(VideoFrame.prototype.copyTo).toHaveLength(1)
  expect(Object.keys(VideoFrame.prototype)).toContain('codedWidth')
  expect(Object.prototype.toString.call(VideoFrame.prototype)).toBe('[object VideoFrame]')
  expect(() => Reflect.get(VideoFrame.prototype, 'format')).toThrow(TypeError)
})
