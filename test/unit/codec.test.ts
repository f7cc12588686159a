import { setTimeout as delay } from 'node:timers/promises'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { EventKind, type NativeEvent, StatusCode } from '../../lib/native.js'
import type { VideoDecoder as Decoder } from '../../lib/video-decoder.js'
import type { VideoFrame as Frame } from '../../lib/video-frame.js'
import { FakeBinding, turnOfEventLoop } from '../helpers/fake-binding.js'

// Each test has a runtime of its own over a native binding of its own.
let fake: FakeBinding
let VideoDecoder: typeof Decoder
let EncodedVideoChunk: typeof import('../../lib/encoded-video-chunk.js').EncodedVideoChunk

beforeEach(async () => {
  fake = new FakeBinding()
  vi.resetModules()
  vi.doMock('../../lib/binding.js', () => ({ loadBinding: () => fake.binding }))
  ;({ VideoDecoder } = await import('../../lib/video-decoder.js'))
  ;({ EncodedVideoChunk } = await import('../../lib/encoded-video-chunk.js'))
})

const config = { codec: 'avc1.42001f' }
const KEY_FRAME = new Uint8Array([0, 0, 1, 0x65, 0x88])

const keyChunk = (timestamp = 0) => new EncodedVideoChunk({ type: 'key', timestamp, data: KEY_FRAME })

function frameEvent(timestamp: number, generation = 0, codecId = 1): NativeEvent {
  const picture = fake.makePicture()
  const geometry = [64, 48, 0, 0, 64, 48] as const
  return [EventKind.frame, codecId, generation, picture, 0, ...geometry, timestamp, null, 2, 2, 2, -1, 0, 1]
}

const configured = (generation = 0): NativeEvent => [EventKind.configured, 1, generation]
const done = (count: number, generation = 0): NativeEvent => [EventKind.done, 1, generation, count]
const failed = (status: number, generation = 0): NativeEvent => [EventKind.error, 1, generation, status, 'broken']
const flushed = (call = 0, generation = 0): NativeEvent => [
  EventKind.flushed,
  1,
  generation,
  fake.callsOf('codecFlush')[call]![1] as number,
]

interface Log {
  frames: Frame[]
  errors: DOMException[]
}

function makeDecoder(onOutput: (frame: Frame, decoder: Decoder) => void = (frame) => frame.close()) {
  const log: Log = { frames: [], errors: [] }
  const decoder: Decoder = new VideoDecoder({
    output(frame) {
      log.frames.push(frame)
      onOutput(frame, decoder)
    },
    error: (error) => log.errors.push(error),
  })
  return { decoder, log }
}

describe('the control message queue', () => {
  it('is blocked until the codec is configured', () => {
    const { decoder } = makeDecoder()
    decoder.configure(config)
    for (let index = 0; index < 16; index++) decoder.decode(keyChunk())
    expect(decoder.decodeQueueSize).toBe(16)
    expect(fake.callsOf('decodeVideo')).toHaveLength(0)
    fake.emit(configured())
    expect(decoder.decodeQueueSize).toBe(0)
    expect(fake.callsOf('decodeVideo')).toHaveLength(16)
  })

  it('waits while the codec is saturated, and goes on when it is not any more', () => {
    const { decoder } = makeDecoder()
    decoder.configure(config)
    fake.emit(configured())
    for (let index = 0; index < 20; index++) decoder.decode(keyChunk())
    expect(decoder.decodeQueueSize).toBe(4)
    fake.emit(done(3))
    expect(decoder.decodeQueueSize).toBe(1)
    fake.emit(done(1))
    expect(decoder.decodeQueueSize).toBe(0)
  })

  it('holds a flush back behind the work before it', () => {
    const { decoder } = makeDecoder()
    decoder.configure(config)
    fake.emit(configured())
    for (let index = 0; index < 17; index++) decoder.decode(keyChunk())
    decoder.flush()
    expect(fake.callsOf('codecFlush')).toHaveLength(0)
    fake.emit(done(1))
    expect(fake.callsOf('codecFlush')).toHaveLength(1)
    fake.emit(flushed())
  })
})

describe('the dequeue event', () => {
  it('comes in a task, once for all that left the queue meanwhile', async () => {
    const { decoder } = makeDecoder()
    const sizes: number[] = []
    decoder.ondequeue = () => sizes.push(decoder.decodeQueueSize)
    decoder.configure(config)
    for (let index = 0; index < 18; index++) decoder.decode(keyChunk())
    fake.emit(configured())
    expect(sizes).toEqual([])
    await turnOfEventLoop()
    expect(sizes).toEqual([2])
  })

  it('comes for a queue that is reset', async () => {
    const { decoder } = makeDecoder()
    const events: string[] = []
    decoder.addEventListener('dequeue', ({ type }) => events.push(type))
    decoder.configure(config)
    decoder.decode(keyChunk())
    decoder.reset()
    expect(decoder.decodeQueueSize).toBe(0)
    await turnOfEventLoop()
    expect(events).toEqual(['dequeue'])
  })

  it('does not come for an empty queue that is reset', async () => {
    const { decoder } = makeDecoder()
    const listener = vi.fn()
    decoder.ondequeue = listener
    decoder.configure(config)
    decoder.reset()
    await turnOfEventLoop()
    expect(listener).not.toHaveBeenCalled()
  })

  it('reaches a handler in its place among the listeners, and only while it is set', async () => {
    const { decoder } = makeDecoder()
    const order: string[] = []
    decoder.ondequeue = () => order.push('never')
    decoder.addEventListener('dequeue', () => order.push('listener'))
    decoder.ondequeue = () => order.push('handler')
    decoder.configure(config)
    decoder.decode(keyChunk())
    decoder.reset()
    await turnOfEventLoop()
    expect(order).toEqual(['handler', 'listener'])
    decoder.ondequeue = 5 as never
    expect(decoder.ondequeue).toBeNull()
  })
})

describe('outputs', () => {
  it('let all microtasks run before the next', async () => {
    const order: string[] = []
    const { decoder } = makeDecoder((frame) => {
      const name = frame.timestamp
      order.push(`output ${name}`)
      frame.close()
      void Promise.resolve()
        .then(() => {})
        .then(() => order.push(`reaction ${name}`))
    })
    decoder.configure(config)
    fake.emit(configured(), frameEvent(1), frameEvent(2), frameEvent(3))
    await turnOfEventLoop()
    expect(order).toEqual(['output 1', 'reaction 1', 'output 2', 'reaction 2', 'output 3', 'reaction 3'])
  })

  it('come before the flush that they belong to is resolved', async () => {
    const { decoder, log } = makeDecoder()
    decoder.configure(config)
    const flush = decoder.flush().then(() => log.frames.length)
    fake.emit(configured())
    fake.emit(frameEvent(1), frameEvent(2), flushed())
    expect(await flush).toBe(2)
  })

  it('that wait when the decoder is reset are freed, not delivered', async () => {
    const { decoder, log } = makeDecoder((frame, { reset }) => {
      frame.close()
      Reflect.apply(reset, decoder, [])
    })
    decoder.configure(config)
    fake.emit(configured(), frameEvent(1), frameEvent(2), frameEvent(3))
    await turnOfEventLoop()
    expect(log.frames).toHaveLength(1)
    expect(fake.openPictures.size).toBe(0)
  })

  it('are freed before reset() returns', () => {
    const open: number[] = []
    const { decoder } = makeDecoder((frame) => {
      frame.close()
      decoder.reset()
      open.push(fake.openPictures.size)
    })
    decoder.configure(config)
    fake.emit(configured(), frameEvent(1), frameEvent(2), frameEvent(3))
    expect(open).toEqual([0])
  })

  it('of a generation before the reset are freed, not delivered', async () => {
    const { decoder, log } = makeDecoder()
    decoder.configure(config)
    fake.emit(configured())
    decoder.reset()
    decoder.configure(config)
    fake.emit(frameEvent(1, 0), configured(0), configured(1), frameEvent(2, 1))
    await turnOfEventLoop()
    expect(log.frames.map(({ timestamp }) => timestamp)).toEqual([2])
    expect(fake.openPictures.size).toBe(0)
  })

  it('of a closed decoder are freed, not delivered', async () => {
    const { decoder, log } = makeDecoder()
    decoder.configure(config)
    fake.emit(configured())
    decoder.close()
    fake.emit(frameEvent(1), frameEvent(1, 1))
    await turnOfEventLoop()
    expect(log.frames).toHaveLength(0)
    expect(fake.openPictures.size).toBe(0)
  })

  it('go on when the callback throws, which is an uncaught exception', async () => {
    const uncaught: unknown[] = []
    const listeners = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', (error) => uncaught.push(error.message))
    const { decoder, log } = makeDecoder((frame) => {
      frame.close()
      throw new Error(`at ${frame.timestamp}`)
    })
    decoder.configure(config)
    fake.emit(configured(), frameEvent(1), frameEvent(2))
    await turnOfEventLoop()
    process.removeAllListeners('uncaughtException')
    for (const listener of listeners) process.on('uncaughtException', listener)
    expect(log.frames).toHaveLength(2)
    expect(uncaught).toEqual(['at 1', 'at 2'])
    expect(log.errors).toHaveLength(0)
  })

  it('have the orientation, aspect ratio and colour of their own configuration', async () => {
    const { decoder, log } = makeDecoder(() => {})
    decoder.configure(config)
    fake.emit(configured())
    decoder.configure({
      ...config,
      rotation: 90,
      flip: true,
      displayAspectWidth: 16,
      displayAspectHeight: 9,
      colorSpace: { primaries: 'bt2020' },
    })
    fake.emit(frameEvent(1), configured(), frameEvent(2))
    await turnOfEventLoop()
    const [first, second] = log.frames
    expect(first).toMatchObject({ rotation: 0, flip: false, displayWidth: 64, displayHeight: 48 })
    expect(first!.colorSpace.toJSON()).toMatchObject({ primaries: 'bt709', transfer: 'bt709', fullRange: false })
    expect(second).toMatchObject({ rotation: 90, flip: true, displayWidth: 48, displayHeight: 85 })
    expect(second!.colorSpace.toJSON()).toMatchObject({ primaries: 'bt2020', transfer: 'bt709', matrix: 'bt709' })
  })
})

describe('flush()', () => {
  it('rejects with AbortError when the decoder is reset or closed', async () => {
    for (const end of ['reset', 'close'] as const) {
      const { decoder } = makeDecoder()
      decoder.configure(config)
      const flush = decoder.flush()
      decoder[end]()
      await expect(flush).rejects.toMatchObject({ name: 'AbortError' })
    }
  })

  it('rejects with InvalidStateError, and does not throw, when the decoder is not configured', async () => {
    const { decoder } = makeDecoder()
    await expect(decoder.flush()).rejects.toMatchObject({ name: 'InvalidStateError' })
    await expect(VideoDecoder.prototype.flush.call({} as never)).rejects.toBeInstanceOf(TypeError)
  })

  it('demands a key chunk next', async () => {
    const { decoder } = makeDecoder()
    decoder.configure(config)
    fake.emit(configured())
    decoder.decode(keyChunk())
    const delta = new EncodedVideoChunk({ type: 'delta', timestamp: 1, data: KEY_FRAME })
    decoder.decode(delta)
    const flush = decoder.flush()
    expect(() => decoder.decode(delta)).toThrow(expect.objectContaining({ name: 'DataError' }))
    fake.emit(flushed())
    await flush
  })
})

describe('an error', () => {
  it('closes the decoder, rejects flushes with the same exception, and is told once', async () => {
    const { decoder, log } = makeDecoder()
    decoder.configure(config)
    fake.emit(configured())
    const flush = decoder.flush()
    fake.emit(failed(StatusCode.encoding), frameEvent(1))
    const error = await flush.catch((exception: unknown) => exception)
    expect(decoder.state).toBe('closed')
    expect(log.errors).toEqual([error])
    expect(log.errors[0]).toBeInstanceOf(DOMException)
    expect(log.errors[0]).toMatchObject({ name: 'EncodingError', message: 'broken' })
    expect(fake.openPictures.size).toBe(0)
    expect(() => decoder.close()).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
  })

  it('of a generation before the reset is nobody’s', () => {
    const { decoder, log } = makeDecoder()
    decoder.configure(config)
    decoder.reset()
    fake.emit(failed(StatusCode.encoding, 0))
    expect(decoder.state).toBe('unconfigured')
    expect(log.errors).toHaveLength(0)
  })
})

describe('a configuration that is not supported', () => {
  const unsupported = { codec: 'bogus' }
  const notSupported = expect.objectContaining({ name: 'NotSupportedError' })

  it('closes the decoder in a task', async () => {
    const { decoder, log } = makeDecoder()
    decoder.configure(unsupported)
    expect(decoder.state).toBe('configured')
    await turnOfEventLoop()
    expect(decoder.state).toBe('closed')
    expect(log.errors).toEqual([notSupported])
  })

  it('is forgotten when the decoder is reset before', async () => {
    const { decoder, log } = makeDecoder()
    decoder.configure(unsupported)
    decoder.reset()
    await turnOfEventLoop()
    expect(decoder.state).toBe('unconfigured')
    expect(log.errors).toHaveLength(0)
  })

  it('closes the decoder after the outputs of what came before it', async () => {
    const { decoder, log } = makeDecoder()
    decoder.configure(config)
    fake.emit(configured())
    decoder.decode(keyChunk())
    decoder.configure(unsupported)
    await turnOfEventLoop()
    expect(decoder.state).toBe('configured')
    fake.emit(frameEvent(1), done(1), flushed())
    await turnOfEventLoop()
    expect(log.frames).toHaveLength(1)
    expect(log.errors).toEqual([notSupported])
  })
})

describe('a decoder that nobody refers to', () => {
  async function collected(reference: WeakRef<object>): Promise<boolean> {
    for (let attempt = 0; attempt < 20 && reference.deref(); attempt++) {
      await delay(5)
      globalThis.gc!()
    }
    return !reference.deref()
  }

  function forget(prepare: (decoder: Decoder) => void): WeakRef<object> {
    const decoder = new VideoDecoder({ output: (frame) => frame.close(), error: () => {} })
    prepare(decoder)
    return new WeakRef(decoder)
  }

  it('is collected when it is idle', async () => {
    const reference = forget((decoder) => {
      decoder.configure(config)
      fake.emit(configured())
    })
    expect(await collected(reference)).toBe(true)
  })

  it('lives while work is under way', async () => {
    const reference = forget((decoder) => {
      decoder.configure(config)
      fake.emit(configured())
      decoder.decode(keyChunk())
    })
    expect(await collected(reference)).toBe(false)
    fake.emit(done(1))
    expect(await collected(reference)).toBe(true)
  })
})
