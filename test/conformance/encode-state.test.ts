import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { type EncodedVideoChunk, VideoEncoder, VideoFrame } from '../../lib/index.js'
import { baseConfig, makeFrame, timestampOf } from '../helpers/codecs.js'

interface Watched {
  encoder: VideoEncoder
  chunks: EncodedVideoChunk[]
  errors: DOMException[]
}

function watch(onChunk?: (watched: Watched) => void): Watched {
  const watched: Watched = {
    chunks: [],
    errors: [],
    encoder: new VideoEncoder({
      output(chunk: EncodedVideoChunk) {
        watched.chunks.push(chunk)
        onChunk?.(watched)
      },
      error(error: DOMException) {
        watched.errors.push(error)
      },
    }),
  }
  return watched
}

function encode(encoder: VideoEncoder, count: number, from = 0): void {
  for (let index = from; index < from + count; index++) {
    const frame = makeFrame(index)
    encoder.encode(frame)
    frame.close()
  }
}

describe('state', () => {
  it('is unconfigured, configured, unconfigured after reset(), closed after close()', () => {
    const { encoder } = watch()
    const states: string[] = [encoder.state]
    encoder.configure(baseConfig)
    states.push(encoder.state)
    encoder.reset()
    states.push(encoder.state)
    encoder.close()
    states.push(encoder.state)
    expect(states).toEqual(['unconfigured', 'configured', 'unconfigured', 'closed'])
  })

  it('is closed when an unsupported configuration was reported', async () => {
    const { encoder, errors } = watch()
    encoder.configure({ ...baseConfig, codec: 'avc1.42000a', width: 1920, height: 1080 })
    await expect.poll(() => errors.map(({ name }) => name)).toEqual(['NotSupportedError'])
    expect(encoder.state).toBe('closed')
  })
})

describe('flush()', () => {
  it('settles after the outputs of all frames before it', async () => {
    const { encoder, chunks } = watch()
    encoder.configure({ ...baseConfig, latencyMode: 'quality' })
    encode(encoder, 12)
    await encoder.flush()
    expect(chunks).toHaveLength(12)
    encoder.close()
  })

  it('leaves the encoder ready for more frames', async () => {
    const { encoder, chunks } = watch()
    encoder.configure({ ...baseConfig, latencyMode: 'quality' })
    encode(encoder, 5)
    await encoder.flush()
    encode(encoder, 5, 5)
    await encoder.flush()
    expect(chunks.map(({ timestamp }) => timestamp).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 10 }, (_, i) => timestampOf(i)),
    )
    encoder.close()
  })

  it('settles in order when called several times', async () => {
    const { encoder, chunks } = watch()
    encoder.configure(baseConfig)
    const seen: number[] = []
    const flushes = [2, 4, 6].map((_, index) => {
      encode(encoder, 2, index * 2)
      return encoder.flush().then(() => seen.push(chunks.length))
    })
    await Promise.all(flushes)
    expect(seen).toEqual([2, 4, 6])
    encoder.close()
  })

  it('settles at once when there is nothing to do', async () => {
    const { encoder } = watch()
    encoder.configure(baseConfig)
    await expect(encoder.flush()).resolves.toBeUndefined()
    encoder.close()
  })

  it('rejects with AbortError when reset() comes', async () => {
    const { encoder } = watch()
    encoder.configure(baseConfig)
    encode(encoder, 5)
    const flushed = encoder.flush()
    encoder.reset()
    await expect(flushed).rejects.toMatchObject({ name: 'AbortError' })
    encoder.close()
  })

  it('rejects with AbortError when close() comes', async () => {
    const { encoder } = watch()
    encoder.configure(baseConfig)
    encode(encoder, 5)
    const flushed = encoder.flush()
    encoder.close()
    await expect(flushed).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('rejects with InvalidStateError when nothing is configured', async () => {
    await expect(watch().encoder.flush()).rejects.toMatchObject({ name: 'InvalidStateError' })
  })

  it('rejects with a DOMException', async () => {
    await expect(watch().encoder.flush()).rejects.toBeInstanceOf(DOMException)
  })
})

describe('methods in the wrong state throw InvalidStateError', () => {
  it('encode() before configure()', () => {
    const frame = makeFrame(0)
    expect(() => watch().encoder.encode(frame)).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
    frame.close()
  })

  it.each(['configure', 'reset', 'close'] as const)('%s() after close()', (method) => {
    const { encoder } = watch()
    encoder.close()
    const call = {
      configure: () => encoder.configure(baseConfig),
      reset: () => encoder.reset(),
      close: () => encoder.close(),
    }[method]
    expect(call).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
  })
})

describe('encode()', () => {
  it('throws TypeError for a closed frame', () => {
    const { encoder } = watch()
    encoder.configure(baseConfig)
    const frame = makeFrame(0)
    frame.close()
    expect(() => encoder.encode(frame)).toThrow(TypeError)
    encoder.close()
  })

  it('keeps the picture of a frame that is closed right after it', async () => {
    const { encoder, chunks } = watch()
    encoder.configure(baseConfig)
    encode(encoder, 1)
    await encoder.flush()
    expect(chunks).toHaveLength(1)
    encoder.close()
  })

  it("leaves the caller's frame open", async () => {
    const { encoder } = watch()
    encoder.configure(baseConfig)
    const frame = makeFrame(0)
    encoder.encode(frame)
    await encoder.flush()
    expect(frame.format).toBe('I420')
    frame.close()
    encoder.close()
  })

  it('does not see what is written into the source buffer afterwards', async () => {
    const { encoder, chunks } = watch()
    encoder.configure(baseConfig)
    const source = new Uint8Array(320 * 240 * 1.5).fill(80)
    const frame = new VideoFrame(source, { format: 'I420', codedWidth: 320, codedHeight: 240, timestamp: 0 })
    encoder.encode(frame)
    source.fill(200)
    frame.close()
    await encoder.flush()
    encoder.close()
    expect(chunks[0]!.byteLength).toBeLessThan(2_000)
  })
})

describe('encodeQueueSize and dequeue', () => {
  it('counts what encode() queued and falls to 0', async () => {
    const { encoder } = watch()
    encoder.configure(baseConfig)
    encode(encoder, 6)
    expect(encoder.encodeQueueSize).toBeGreaterThan(0)
    await encoder.flush()
    expect(encoder.encodeQueueSize).toBe(0)
    encoder.close()
  })

  it('is 0 after reset()', () => {
    const { encoder } = watch()
    encoder.configure(baseConfig)
    encode(encoder, 6)
    encoder.reset()
    expect(encoder.encodeQueueSize).toBe(0)
    encoder.close()
  })

  it('fires dequeue when the queue got shorter', async () => {
    const { encoder } = watch()
    encoder.configure(baseConfig)
    encode(encoder, 3)
    const [event] = await once(encoder as never, 'dequeue')
    expect(event).toBeInstanceOf(Event)
    expect(encoder.encodeQueueSize).toBeLessThan(3)
    encoder.close()
  })

  it('calls ondequeue with the encoder as this', async () => {
    const { encoder } = watch()
    const seen: unknown[] = []
    encoder.ondequeue = function (this: unknown) {
      seen.push(this)
    }
    encoder.configure(baseConfig)
    encode(encoder, 3)
    await encoder.flush()
    await expect.poll(() => seen.length).toBeGreaterThan(0)
    expect(seen[0]).toBe(encoder)
    encoder.close()
  })

  it('fires a last dequeue after which the queue is empty', async () => {
    const { encoder } = watch()
    const sizes: number[] = []
    encoder.ondequeue = () => sizes.push(encoder.encodeQueueSize)
    encoder.configure(baseConfig)
    encode(encoder, 20)
    await encoder.flush()
    await expect.poll(() => sizes.at(-1)).toBe(0)
    encoder.close()
  })
})

describe('callbacks', () => {
  it('may close the encoder: no output follows', async () => {
    const { encoder, chunks } = watch(({ encoder }) => encoder.close())
    encoder.configure(baseConfig)
    encode(encoder, 10)
    await expect(encoder.flush()).rejects.toMatchObject({ name: 'AbortError' })
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(chunks).toHaveLength(1)
  })

  it('may encode', async () => {
    const { encoder, chunks } = watch(({ encoder, chunks }) => {
      if (chunks.length < 5) encode(encoder, 1, chunks.length)
    })
    encoder.configure(baseConfig)
    encode(encoder, 1)
    await expect.poll(() => chunks.length).toBe(5)
    encoder.close()
  })

  it('may reset and configure again', async () => {
    const { encoder, chunks } = watch(({ encoder, chunks }) => {
      if (chunks.length !== 1) return
      encoder.reset()
      encoder.configure(baseConfig)
      encode(encoder, 3, 100)
    })
    encoder.configure(baseConfig)
    encode(encoder, 5)
    await expect
      .poll(() => chunks.map(({ timestamp }) => timestamp))
      .toEqual([0, 100, 101, 102].map((index) => timestampOf(index)))
    encoder.close()
  })

  it('run the microtasks of one output before the next', async () => {
    const order: string[] = []
    const { encoder } = watch(({ chunks }) => {
      const number = chunks.length
      order.push(`output ${number}`)
      queueMicrotask(() => order.push(`microtask ${number}`))
    })
    encoder.configure(baseConfig)
    encode(encoder, 4)
    await encoder.flush()
    expect(order).toEqual([1, 2, 3, 4].flatMap((number) => [`output ${number}`, `microtask ${number}`]))
    encoder.close()
  })
})

describe('configure()', () => {
  it('between frames applies to the frames after it', async () => {
    const { encoder, chunks } = watch()
    encoder.configure({ ...baseConfig, latencyMode: 'quality' })
    encode(encoder, 5)
    encoder.configure({ ...baseConfig, bitrate: 100_000 })
    encode(encoder, 5, 5)
    await encoder.flush()
    expect(chunks.map(({ timestamp }) => timestamp).slice(5)).toEqual(
      [5, 6, 7, 8, 9].map((index) => timestampOf(index)),
    )
    expect(chunks[5]!.type).toBe('key')
    encoder.close()
  })

  it('copies the configuration', async () => {
    const { encoder, chunks, errors } = watch()
    const config = { ...baseConfig }
    encoder.configure(config)
    config.codec = 'nonsense'
    encode(encoder, 1)
    await encoder.flush()
    expect([chunks.length, errors.length]).toEqual([1, 0])
    encoder.close()
  })
})

describe('rotation and flip', () => {
  const configOf = async (orientation: { rotation?: number; flip?: boolean }) => {
    let decoderConfig: VideoDecoderConfig & { rotation?: number; flip?: boolean } = { codec: '' }
    const encoder = new VideoEncoder({
      output(_: EncodedVideoChunk, metadata?: { decoderConfig?: VideoDecoderConfig }) {
        if (metadata?.decoderConfig) decoderConfig = metadata.decoderConfig
      },
      error(error: DOMException) {
        throw error
      },
    })
    encoder.configure(baseConfig)
    const frame = makeFrame(0, orientation as never)
    encoder.encode(frame)
    frame.close()
    await encoder.flush()
    encoder.close()
    return decoderConfig
  }

  it('of the frames is given in decoderConfig', async () => {
    expect(await configOf({ rotation: 90, flip: true })).toMatchObject({ rotation: 90, flip: true })
  })

  it('that differs from that of the first frame is a DataError', () => {
    const { encoder } = watch()
    encoder.configure(baseConfig)
    encode(encoder, 1)
    const turned = makeFrame(1, { rotation: 180 } as never)
    expect(() => encoder.encode(turned)).toThrow(expect.objectContaining({ name: 'DataError' }))
    turned.close()
    encoder.close()
  })
})

describe('isConfigSupported()', () => {
  const supported = async (config: object) =>
    (await VideoEncoder.isConfigSupported({ ...baseConfig, ...config })).supported

  it.each([
    ['High at 1080p', { codec: 'avc1.640028', width: 1920, height: 1080 }],
    ['Baseline in either bitstream format', { avc: { format: 'annexb' } }],
    ['a quantizer', { bitrateMode: 'quantizer' }],
    ['a constant bitrate', { bitrateMode: 'constant' }],
  ])('accepts %s', async (_, config) => {
    expect(await supported(config)).toBe(true)
  })

  it.each([
    ['a size above the level', { codec: 'avc1.42000a', width: 1920, height: 1080 }],
    ['a macroblock rate above the level', { codec: 'avc1.42001f', width: 1280, height: 720, framerate: 60 }],
    ['a bitrate above the level', { codec: 'avc1.42000a', width: 176, height: 144, bitrate: 50_000_000 }],
    ['a scalability mode that it cannot make', { scalabilityMode: 'L3T3' }],
  ])('denies %s', async (_, config) => {
    expect(await supported(config)).toBe(false)
  })
})
