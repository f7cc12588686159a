import { describe, expect, it } from 'vitest'
import { EncodedAudioChunk } from '../../lib/encoded-audio-chunk.js'
import type { EncodedChunk } from '../../lib/encoded-chunk.js'
import { EncodedVideoChunk } from '../../lib/encoded-video-chunk.js'

const bytes = () => new Uint8Array([1, 2, 3, 4])
const contents = (chunk: EncodedChunk) => {
  const data = new Uint8Array(chunk.byteLength)
  chunk.copyTo(data)
  return [...data]
}

const INTERFACES = [
  ['EncodedVideoChunk', EncodedVideoChunk],
  ['EncodedAudioChunk', EncodedAudioChunk],
] as const

describe.each(INTERFACES)('%s', (name, EncodedChunk) => {
  it('is an interface of its own', () => {
    const chunk = new EncodedChunk({ type: 'key', timestamp: 0, data: bytes() })
    expect(EncodedChunk.name).toBe(name)
    expect(String(chunk)).toBe(`[object ${name}]`)
    expect(Object.getPrototypeOf(EncodedChunk)).toBe(Function.prototype)
    expect(Object.keys(EncodedChunk.prototype).sort()).toEqual([
      'byteLength',
      'copyTo',
      'duration',
      'timestamp',
      'type',
    ])
    const isOther = INTERFACES.find(([other]) => other !== name)![1].prototype
    expect(() => Reflect.get(isOther, 'type', chunk)).toThrow(TypeError)
  })

  it('has the members it is made with', () => {
    const chunk = new EncodedChunk({ type: 'key', timestamp: -10, duration: 5, data: bytes() })
    expect(chunk.type).toBe('key')
    expect(chunk.timestamp).toBe(-10)
    expect(chunk.duration).toBe(5)
    expect(chunk.byteLength).toBe(4)
    expect(contents(chunk)).toEqual([1, 2, 3, 4])
  })

  it('has no duration when none is given', () => {
    expect(new EncodedChunk({ type: 'delta', timestamp: 0, data: bytes() }).duration).toBeNull()
  })

  it('has a copy of the data', () => {
    const data = bytes()
    const chunk = new EncodedChunk({ type: 'key', timestamp: 0, data: data.subarray(1, 3) })
    data.fill(9)
    expect(contents(chunk)).toEqual([2, 3])
  })

  it('takes shared memory', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(2)).fill(7)
    expect(contents(new EncodedChunk({ type: 'key', timestamp: 0, data: shared.buffer }))).toEqual([7, 7])
  })

  it.each([
    {},
    { type: 'key', timestamp: 0 },
    { type: 'key', data: bytes() },
    { type: 'b', timestamp: 0, data: bytes() },
    { type: 'key', timestamp: Number.NaN, data: bytes() },
    { type: 'key', timestamp: 0, duration: -1, data: bytes() },
    { type: 'key', timestamp: 0, data: [1] },
    { type: 'key', timestamp: 0, data: bytes(), transfer: [bytes()] },
    { type: 'key', timestamp: 0, data: bytes(), transfer: {} },
  ])('is not made from %o', (init) => {
    expect(() => new EncodedChunk(init as never)).toThrow(TypeError)
  })

  it('is empty when its data is detached', () => {
    const data = bytes()
    structuredClone(data.buffer, { transfer: [data.buffer] })
    expect(new EncodedChunk({ type: 'key', timestamp: 0, data }).byteLength).toBe(0)
  })

  it('refuses destinations that are too short or detached', () => {
    const chunk = new EncodedChunk({ type: 'key', timestamp: 0, data: bytes() })
    const detached = new Uint8Array(8)
    structuredClone(detached.buffer, { transfer: [detached.buffer] })
    expect(() => chunk.copyTo(new Uint8Array(3))).toThrow(TypeError)
    expect(() => chunk.copyTo(detached)).toThrow(TypeError)
    expect(() => chunk.copyTo([] as never)).toThrow(TypeError)
  })
})

describe.each(INTERFACES)('transfer of %s', (_, EncodedChunk) => {
  const make = (data: ArrayBufferView | ArrayBuffer, transfer: ArrayBuffer[]) =>
    new EncodedChunk({ type: 'key', timestamp: 0, data, transfer })

  it('takes the memory of the data', () => {
    const data = bytes()
    const chunk = make(data.subarray(1), [data.buffer])
    expect(data.byteLength).toBe(0)
    expect(contents(chunk)).toEqual([2, 3, 4])
  })

  it('detaches other buffers too', () => {
    const data = bytes()
    const other = new ArrayBuffer(8)
    expect(contents(make(data, [other]))).toEqual([1, 2, 3, 4])
    expect(other.byteLength).toBe(0)
    expect(data.byteLength).toBe(4)
  })

  it('refuses a buffer that comes twice, and one that is detached', () => {
    const data = bytes()
    const detached = new ArrayBuffer(8)
    structuredClone(detached, { transfer: [detached] })
    const dataCloneError = expect.objectContaining({ name: 'DataCloneError' })
    expect(() => make(data, [data.buffer, data.buffer])).toThrow(dataCloneError)
    expect(() => make(data, [detached])).toThrow(dataCloneError)
    expect(data.byteLength).toBe(4)
  })

  it("leaves the slab that Node's small Buffers share alone", () => {
    const data = Buffer.from('data')
    const neighbour = Buffer.from('neighbour')
    const chunk = make(data, [data.buffer as ArrayBuffer])
    expect(Buffer.from(contents(chunk)).toString()).toBe('data')
    expect(neighbour.toString()).toBe('neighbour')
  })
})
