import { once } from 'node:events'
import { beforeAll, describe, expect, it } from 'vitest'
import { EncodedVideoChunk, VideoDecoder, type VideoFrame } from '../../lib/index.js'
import type { Encoded } from '../helpers/codecs.js'
import { baseConfig, bytesOf, encodeAll, makeFrames } from '../helpers/codecs.js'

interface Watched {
  decoder: VideoDecoder
  timestamps: number[]
  errors: DOMException[]
}

function watch(onFrame?: (watched: Watched) => void): Watched {
  const watched: Watched = {
    timestamps: [],
    errors: [],
    decoder: new VideoDecoder({
      output(frame: VideoFrame) {
        watched.timestamps.push(frame.timestamp)
        frame.close()
        onFrame?.(watched)
      },
      error(error: DOMException) {
        watched.errors.push(error)
      },
    }),
  }
  return watched
}

let clip: Encoded
beforeAll(async () => {
  clip = await encodeAll(baseConfig, makeFrames(20))
})

function decode(decoder: VideoDecoder, count: number): void {
  for (const chunk of clip.chunks.slice(0, count)) decoder.decode(chunk)
}

const named = (name: string) => expect.objectContaining({ name })

describe('the first chunk', () => {
  it('after configure() must be a key chunk: DataError', () => {
    const { decoder } = watch()
    decoder.configure(clip.config)
    expect(() => decoder.decode(clip.chunks[1]!)).toThrow(named('DataError'))
    decoder.close()
  })

  it('after flush() must be a key chunk: DataError', async () => {
    const { decoder } = watch()
    decoder.configure(clip.config)
    decode(decoder, 2)
    await decoder.flush()
    expect(() => decoder.decode(clip.chunks[2]!)).toThrow(named('DataError'))
    decoder.close()
  })

  it('after reset() and configure() must be a key chunk: DataError', () => {
    const { decoder } = watch()
    decoder.configure(clip.config)
    decode(decoder, 2)
    decoder.reset()
    decoder.configure(clip.config)
    expect(() => decoder.decode(clip.chunks[2]!)).toThrow(named('DataError'))
    decoder.close()
  })

  it('that throws DataError leaves the decoder usable', async () => {
    const { decoder, timestamps } = watch()
    decoder.configure(clip.config)
    expect(() => decoder.decode(clip.chunks[1]!)).toThrow()
    decode(decoder, 3)
    await decoder.flush()
    expect(timestamps).toHaveLength(3)
    decoder.close()
  })
})

describe('a broken chunk', () => {
  const decodeBroken = async (data: Uint8Array) => {
    const { decoder, errors } = watch()
    decoder.configure(clip.config)
    decoder.decode(new EncodedVideoChunk({ type: 'key', timestamp: 0, data }))
    const flushed = decoder.flush().then(
      () => 'resolved',
      (error: DOMException) => error.name,
    )
    return { outcome: await flushed, errors, state: decoder.state }
  }

  it.each([
    ['an empty one', new Uint8Array(0)],
    ['one of noise', Uint8Array.from({ length: 200 }, (_, index) => (index * 89 + 7) % 256)],
  ])('(%s) is reported as an EncodingError and closes the decoder', async (_, data) => {
    const { outcome, errors, state } = await decodeBroken(data)
    expect(outcome).toBe('EncodingError')
    expect(errors).toEqual([named('EncodingError')])
    expect(errors[0]).toBeInstanceOf(DOMException)
    expect(state).toBe('closed')
  })
})

describe('flush()', () => {
  it('settles after the frames of all chunks before it', async () => {
    const { decoder, timestamps } = watch()
    decoder.configure(clip.config)
    decode(decoder, 20)
    await decoder.flush()
    expect(timestamps).toEqual(clip.chunks.map(({ timestamp }) => timestamp))
    decoder.close()
  })

  it.each(['reset', 'close'] as const)('rejects with AbortError when %s() comes', async (method) => {
    const { decoder } = watch()
    decoder.configure(clip.config)
    decode(decoder, 20)
    const flushed = decoder.flush()
    decoder[method]()
    await expect(flushed).rejects.toMatchObject({ name: 'AbortError' })
    if (decoder.state !== 'closed') decoder.close()
  })

  it('rejects with InvalidStateError when nothing is configured', async () => {
    await expect(watch().decoder.flush()).rejects.toMatchObject({ name: 'InvalidStateError' })
  })
})

describe('decodeQueueSize and dequeue', () => {
  it('counts what decode() queued and falls to 0', async () => {
    const { decoder } = watch()
    decoder.configure(clip.config)
    decode(decoder, 10)
    expect(decoder.decodeQueueSize).toBeGreaterThan(0)
    await decoder.flush()
    expect(decoder.decodeQueueSize).toBe(0)
    decoder.close()
  })

  it('fires dequeue when the queue got shorter', async () => {
    const { decoder } = watch()
    decoder.configure(clip.config)
    decode(decoder, 10)
    await once(decoder as never, 'dequeue')
    expect(decoder.decodeQueueSize).toBeLessThan(10)
    decoder.close()
  })
})

describe('callbacks', () => {
  it('may close the decoder: no frame follows', async () => {
    const { decoder, timestamps } = watch(({ decoder }) => decoder.close())
    decoder.configure(clip.config)
    decode(decoder, 10)
    await expect(decoder.flush()).rejects.toMatchObject({ name: 'AbortError' })
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(timestamps).toHaveLength(1)
  })

  it('run the microtasks of one output before the next', async () => {
    const order: string[] = []
    const { decoder } = watch(({ timestamps }) => {
      const number = timestamps.length
      order.push(`output ${number}`)
      queueMicrotask(() => order.push(`microtask ${number}`))
    })
    decoder.configure(clip.config)
    decode(decoder, 4)
    await decoder.flush()
    expect(order).toEqual([1, 2, 3, 4].flatMap((number) => [`output ${number}`, `microtask ${number}`]))
    decoder.close()
  })
})

describe('the configuration', () => {
  const firstFrame = async <T>(config: object, take: (frame: VideoFrame) => T): Promise<T> => {
    const taken: T[] = []
    const decoder = new VideoDecoder({
      output(frame: VideoFrame) {
        taken.push(take(frame))
        frame.close()
      },
      error(error: DOMException) {
        throw error
      },
    })
    decoder.configure({ ...clip.config, ...config })
    decode(decoder, 1)
    await decoder.flush()
    decoder.close()
    return taken[0]!
  }

  it('gives frames its display aspect ratio', async () => {
    const display = await firstFrame(
      { displayAspectWidth: 8, displayAspectHeight: 3 },
      ({ displayWidth, displayHeight }) => ({ displayWidth, displayHeight }),
    )
    expect(display).toEqual({ displayWidth: 640, displayHeight: 240 })
  })

  it('gives frames its rotation and flip', async () => {
    const orientation = await firstFrame({ rotation: 90, flip: true }, ({ rotation, flip }) => ({ rotation, flip }))
    expect(orientation).toEqual({ rotation: 90, flip: true })
  })

  it('gives frames its colour space', async () => {
    const colorSpace = { primaries: 'smpte170m', transfer: 'smpte170m', matrix: 'smpte170m', fullRange: true }
    expect(await firstFrame({ colorSpace }, (frame) => frame.colorSpace.toJSON())).toEqual(colorSpace)
  })

  it('may be replaced between chunks', async () => {
    const { decoder, timestamps } = watch()
    decoder.configure(clip.config)
    decode(decoder, 5)
    decoder.configure({ ...clip.config, optimizeForLatency: true })
    decode(decoder, 5)
    await decoder.flush()
    expect(timestamps).toHaveLength(10)
    decoder.close()
  })

  it('need not have a description when chunks are Annex B', async () => {
    const annexb = await encodeAll({ ...baseConfig, avc: { format: 'annexb' } }, makeFrames(5))
    const { decoder, timestamps } = watch()
    decoder.configure({ codec: baseConfig.codec })
    for (const chunk of annexb.chunks) decoder.decode(chunk)
    await decoder.flush()
    expect(timestamps).toHaveLength(5)
    decoder.close()
  })

  it('does not keep the chunk: its data may change after decode()', async () => {
    const data = bytesOf(clip.chunks[0]!)
    const { decoder, timestamps, errors } = watch()
    decoder.configure(clip.config)
    decoder.decode(new EncodedVideoChunk({ type: 'key', timestamp: 0, data }))
    data.fill(0)
    await decoder.flush()
    expect([timestamps.length, errors.length]).toEqual([1, 0])
    decoder.close()
  })
})
