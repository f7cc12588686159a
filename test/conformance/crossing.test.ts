import { once } from 'node:events'
import v8 from 'node:v8'
import { BroadcastChannel, MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import { AudioData, counters, EncodedAudioChunk, EncodedVideoChunk, VideoFrame } from '../../lib/index.js'
import { createReturningFrame } from '../../lib/pool/returning-frame.js'
import { receive, sendable } from '../../lib/worker.js'

const I420 = Uint8Array.from({ length: 24 }, (_, index) => index * 7)
const members = { format: 'I420', codedWidth: 4, codedHeight: 4, timestamp: -5 } as const
const dataCloneError = expect.objectContaining({ name: 'DataCloneError' })

const makeFrame = (extra: object = {}) => new VideoFrame(I420, { ...members, ...extra })

/** A frame over an ArrayBuffer of its own, at an offset. */
function makeAdoptedFrame(): VideoFrame {
  const buffer = new ArrayBuffer(40)
  const data = new Uint8Array(buffer, 8, 24)
  data.set(I420)
  return new VideoFrame(data, { ...members, transfer: [buffer] })
}

const makeSound = (extra: object = {}) =>
  new AudioData({
    format: 's16',
    sampleRate: 48_000,
    numberOfFrames: 3,
    numberOfChannels: 2,
    timestamp: 9,
    data: new Int16Array([1, 2, 3, 4, 5, 6]),
    ...extra,
  })

const makeChunk = () =>
  new EncodedVideoChunk({ type: 'key', timestamp: 3, duration: 4, data: new Uint8Array([1, 2, 3]) })

async function pixelsOf(frame: VideoFrame): Promise<Uint8Array> {
  const data = new Uint8Array(frame.allocationSize())
  await frame.copyTo(data)
  return data
}

function samplesOf(sound: AudioData): number[] {
  const samples = new Int16Array(sound.allocationSize({ planeIndex: 0 }) / 2)
  sound.copyTo(samples, { planeIndex: 0 })
  return [...samples]
}

type Clone = <T>(value: T, transfer?: readonly unknown[]) => Promise<T>

/** The ways of a value from one place to another. */
const ways: Record<string, Clone> = {
  'structuredClone()': async (value, transfer) => structuredClone(value, { transfer: transfer as never }),
  async 'a MessagePort'(value, transfer) {
    const { port1, port2 } = new MessageChannel()
    const message = once(port2, 'message')
    port1.postMessage(value, transfer as never)
    const [received] = await message
    port1.close()
    return received
  },
  async 'the onmessage of a MessagePort'(value, transfer) {
    const { port1, port2 } = new globalThis.MessageChannel()
    const message = new Promise<never>((resolve) => {
      port2.onmessage = ({ data }) => resolve(data)
    })
    port1.postMessage(value, { transfer: transfer as never })
    const received = await message
    port1.close()
    return received
  },
  async 'receiveMessageOnPort()'(value, transfer) {
    const { port1, port2 } = new MessageChannel()
    port1.postMessage(value, transfer as never)
    const received = receiveMessageOnPort(port2)!
    port1.close()
    return received.message
  },
  'sendable() and receive()': async (value, transfer) => receive(sendable(value, { ...(transfer && { transfer }) })),
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20 && counters().inFlight > 0; turn++)
    await new Promise((resolve) => setTimeout(resolve, 5))
}

afterEach(async () => {
  await settled()
  expect(counters()).toMatchObject({ frames: 0, pictures: 0, audioData: 0, audioBuffers: 0, inFlight: 0 })
})

describe.each(Object.entries(ways))('%s', (_, clone) => {
  it('clones a frame: both are open, over the same pixels', async () => {
    const extra = { duration: 7, rotation: 90, flip: true, colorSpace: { matrix: 'smpte170m' } }
    const frame = makeFrame({
      ...extra,
      visibleRect: { x: 2, y: 0, width: 2, height: 4 },
      metadata: { rtpTimestamp: 4 },
    })
    const copy = await clone(frame)
    expect(copy).toBeInstanceOf(VideoFrame)
    expect(copy).not.toBe(frame)
    for (const name of ['format', 'codedWidth', 'timestamp', 'duration', 'rotation', 'flip', 'displayWidth'] as const) {
      expect(copy[name]).toBe(frame[name])
    }
    expect(copy.visibleRect!.toJSON()).toEqual(frame.visibleRect!.toJSON())
    expect(copy.colorSpace.toJSON()).toEqual(frame.colorSpace.toJSON())
    expect(copy.metadata()).toEqual({ rtpTimestamp: 4 })
    expect(counters()).toMatchObject({ frames: 2, pictures: 1 })
    const pixels = await pixelsOf(frame)
    frame.close()
    expect(await pixelsOf(copy)).toEqual(pixels)
    copy.close()
  })

  it('transfers a frame: the source closes', async () => {
    const frame = makeFrame()
    const moved = await clone(frame, [frame])
    expect(frame.format).toBeNull()
    expect(frame.timestamp).toBe(-5)
    expect(await pixelsOf(moved)).toEqual(I420)
    moved.close()
  })

  it('moves the memory of an adopted buffer, and copies it once when it is cloned', async () => {
    const frame = makeAdoptedFrame()
    const clones = [await clone(frame), await clone(frame)]
    expect(counters()).toMatchObject({ frames: 3, pictures: 2, buffers: 1 })
    for (const copy of clones) {
      expect(await pixelsOf(copy)).toEqual(I420)
      copy.close()
    }
    expect(counters()).toMatchObject({ pictures: 1, buffers: 0 })
    const moved = await clone(frame, [frame])
    expect(counters()).toMatchObject({ frames: 1, pictures: 1, buffers: 0 })
    expect(await pixelsOf(moved)).toEqual(I420)
    const again = await clone(moved, [moved])
    expect(await pixelsOf(again)).toEqual(I420)
    again.close()
  })

  it('leaves the memory of an adopted buffer to clones that still use it', async () => {
    const frame = makeAdoptedFrame()
    const other = frame.clone()
    const moved = await clone(frame, [frame])
    expect(frame.format).toBeNull()
    expect([await pixelsOf(moved), await pixelsOf(other)]).toEqual([I420, I420])
    moved.close()
    other.close()
  })

  it('lets a buffer that is to be returned go home, and sends a copy', async () => {
    const buffer = I420.slice().buffer
    let frame!: VideoFrame
    const home = new Promise<ArrayBuffer>((resolve) => {
      frame = createReturningFrame(buffer, members, resolve)
    })
    const moved = await clone(frame, [frame])
    expect(new Uint8Array(await home)).toEqual(I420)
    expect(await pixelsOf(moved)).toEqual(I420)
    moved.close()
  })

  it('clones and transfers sound', async () => {
    for (const sound of [makeSound(), makeSound({ transfer: [] })]) {
      const copy = await clone(sound)
      expect(copy).toBeInstanceOf(AudioData)
      expect(copy).toMatchObject({ format: 's16', sampleRate: 48_000, numberOfChannels: 2, timestamp: 9 })
      const moved = await clone(sound, [sound])
      expect(sound.format).toBeNull()
      expect([samplesOf(copy), samplesOf(moved)]).toEqual([
        [1, 2, 3, 4, 5, 6],
        [1, 2, 3, 4, 5, 6],
      ])
      copy.close()
      moved.close()
    }
  })

  it('moves the memory of adopted sound', async () => {
    const data = new Int16Array(new ArrayBuffer(24), 8, 6)
    data.set([1, 2, 3, 4, 5, 6])
    const sound = makeSound({ data, transfer: [data.buffer] })
    const copy = await clone(sound)
    const moved = await clone(sound, [sound])
    expect(samplesOf(moved)).toEqual(samplesOf(copy))
    expect(counters().buffers).toBe(1)
    copy.close()
    moved.close()
  })

  it('clones chunks', async () => {
    const chunk = makeChunk()
    const sound = new EncodedAudioChunk({ type: 'delta', timestamp: 1, data: new Uint8Array([4]) })
    const [copy, again, other] = await clone([chunk, chunk, sound])
    expect(copy).toBe(again)
    expect(copy).toBeInstanceOf(EncodedVideoChunk)
    expect(copy).toMatchObject({ type: 'key', timestamp: 3, duration: 4, byteLength: 3 })
    expect(other).toBeInstanceOf(EncodedAudioChunk)
    const data = new Uint8Array(3)
    copy!.copyTo(data)
    expect([...data]).toEqual([1, 2, 3])
  })

  it('finds media objects wherever structured clone looks, and keeps identities', async () => {
    class Holder {
      frame = frame
    }
    const frame = makeFrame()
    const plain = { text: 'a' }
    const list: unknown[] = [frame, plain]
    const value = {
      list,
      map: new Map<unknown, unknown>([
        ['first', plain],
        [frame, frame],
        ['last', list],
      ]),
      set: new Set<unknown>([plain, frame, 3]),
      held: new Holder(),
      sparse: Object.assign([], { 2: frame, named: 1 }),
      bytes: new Uint8Array([1, 2]),
      date: new Date(5),
      ['__proto__']: frame,
      self: undefined as unknown,
    }
    value.self = value
    const copy = await clone(value)
    const first = copy.list[0] as VideoFrame
    expect(first).toBeInstanceOf(VideoFrame)
    expect(first).not.toBe(frame)
    expect([...copy.map.keys()]).toEqual(['first', first, 'last'])
    expect(copy.map.get(first)).toBe(first)
    expect(copy.map.get('last')).toBe(copy.list)
    expect([...copy.set]).toEqual([copy.list[1], first, 3])
    expect(copy.held).toEqual({ frame: first })
    expect(copy.held).not.toBeInstanceOf(Holder)
    expect(Object.keys(copy.sparse)).toEqual(['2', 'named'])
    expect(copy.sparse[2]).toBe(first)
    expect(Object.getOwnPropertyDescriptor(copy, '__proto__')?.value).toBe(first)
    expect(copy).toMatchObject({ bytes: value.bytes, date: value.date })
    expect(copy.self).toBe(copy)
    expect(value.list[0]).toBe(frame)
    expect(counters().frames).toBe(2)
    frame.close()
    first.close()
  })

  it('throws DataCloneError for closed objects, and changes nothing', async () => {
    const frame = makeFrame()
    const sound = makeSound()
    frame.close()
    sound.close()
    const open = makeFrame()
    for (const closed of [frame, sound]) {
      await expect(clone(closed)).rejects.toEqual(dataCloneError)
      await expect(clone({ open, closed }, [open])).rejects.toEqual(dataCloneError)
      await expect(clone(null, [closed])).rejects.toEqual(dataCloneError)
    }
    expect(open.format).toBe('I420')
    open.close()
  })

  it('throws DataCloneError for what cannot be cloned or transferred, and changes nothing', async () => {
    const frame = makeFrame()
    const adopted = makeAdoptedFrame()
    const chunk = makeChunk()
    await expect(clone({ frame, adopted, no: () => {} }, [frame, adopted])).rejects.toEqual(dataCloneError)
    await expect(clone(frame, [frame, frame])).rejects.toEqual(dataCloneError)
    await expect(clone(chunk, [chunk])).rejects.toEqual(dataCloneError)
    expect(counters().inFlight).toBe(0)
    expect([await pixelsOf(frame), await pixelsOf(adopted)]).toEqual([I420, I420])
    frame.close()
    adopted.close()
  })

  it('closes an object that is transferred without being in the value', async () => {
    const frame = makeFrame()
    expect(await clone('text', [frame])).toBe('text')
    expect(frame.format).toBeNull()
  })

  it('takes other values as ever', async () => {
    const buffer = new ArrayBuffer(4)
    const value = { buffer, nested: [new Map([[1, { a: null }]])], error: new RangeError('no') }
    expect(await clone(value, [buffer])).toEqual({ ...value, buffer: new ArrayBuffer(4) })
    expect(buffer.byteLength).toBe(0)
  })
})

describe('a message that is never read', () => {
  const unread = (frame = makeFrame()) => {
    const { port1, port2 } = new MessageChannel()
    port1.postMessage([frame], [frame as never])
    expect(counters()).toMatchObject({ frames: 0, inFlight: 1 })
    return { port1, port2 }
  }

  it('is freed when its port closes', async () => {
    unread().port2.close()
    await settled()
  })

  it('can still be read when the sending port is closed', async () => {
    const { port1, port2 } = unread()
    port1.close()
    await new Promise((resolve) => setTimeout(resolve, 20))
    receiveMessageOnPort(port2)!.message[0].close()
    port2.close()
  })

  it('is freed when it is lost within another message', async () => {
    const { port2 } = unread()
    const outer = new MessageChannel()
    outer.port1.postMessage(port2, [port2])
    outer.port2.close()
    await settled()
  })

  it('is freed when it was posted to a port that is closed', async () => {
    const { port1, port2 } = new MessageChannel()
    port2.close()
    await once(port1, 'close')
    const frame = makeFrame()
    port1.postMessage(frame)
    frame.close()
    await settled()
  })

  it('is freed when the token of sendable() is closed', async () => {
    const frame = makeFrame()
    sendable(frame, { transfer: [frame] }).close()
    await settled()
  })

  it('is still there after its port went elsewhere, also if that had messages before', async () => {
    const { port1, port2 } = new MessageChannel()
    const frame = makeFrame()
    port1.postMessage(frame)
    receiveMessageOnPort(port2)!.message.close()
    port1.postMessage(frame)
    const outer = new MessageChannel()
    outer.port1.postMessage({ port: port2 }, [port2])
    const { port } = receiveMessageOnPort(outer.port2)!.message as { port: MessagePort }
    outer.port1.close()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(counters().inFlight).toBe(1)
    const received = receiveMessageOnPort(port)!.message
    expect(await pixelsOf(received)).toEqual(I420)
    received.close()
    port1.postMessage(frame)
    frame.close()
    port.close()
    await settled()
  })
})

describe('sendable() and receive()', () => {
  it('carry a token through other messages', async () => {
    const frame = makeFrame()
    const { port1, port2 } = new MessageChannel()
    const token = sendable({ frame }, { transfer: [frame] })
    port1.postMessage(token, [token])
    const arrived = receiveMessageOnPort(port2)!.message as MessagePort
    port1.close()
    const { frame: received } = receive<{ frame: VideoFrame }>(arrived)
    expect(await pixelsOf(received)).toEqual(I420)
    received.close()
    expect(() => receive(arrived)).toThrow(dataCloneError)
  })
})

describe('where media objects cannot go', () => {
  it('is a BroadcastChannel', () => {
    const channel = new BroadcastChannel('media')
    const frame = makeFrame()
    expect(() => channel.postMessage({ frame })).toThrow(dataCloneError)
    channel.postMessage({ text: 1 })
    channel.close()
    frame.close()
  })

  it('is storage', () => {
    const frame = makeFrame()
    expect(() => v8.serialize([frame])).toThrow(dataCloneError)
    expect(() => v8.serialize(makeChunk())).toThrow(dataCloneError)
    expect(v8.deserialize(v8.serialize([1]))).toEqual([1])
    frame.close()
  })
})
