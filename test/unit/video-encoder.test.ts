import { beforeEach, describe, expect, it, vi } from 'vitest'
import { EventKind, type NativeEvent } from '../../lib/native.js'
import type { VideoEncoder as Encoder } from '../../lib/video-encoder.js'
import type { EncodedVideoChunkMetadata } from '../../lib/video-encoder-output.js'
import type { VideoFrame as Frame } from '../../lib/video-frame.js'
import { FakeBinding, turnOfEventLoop } from '../helpers/fake-binding.js'

let fake: FakeBinding
let VideoEncoder: typeof Encoder
let VideoFrame: typeof Frame

beforeEach(async () => {
  fake = new FakeBinding()
  vi.resetModules()
  vi.doMock('../../lib/binding.js', () => ({ loadBinding: () => fake.binding }))
  ;({ VideoEncoder } = await import('../../lib/video-encoder.js'))
  ;({ VideoFrame } = await import('../../lib/video-frame.js'))
})

const config = { codec: 'avc1.42001f', width: 64, height: 48 }
const AVCC = [1, 0x42, 0, 0x1f, 0xff, 0xe0, 0]
const name = (value: string) => expect.objectContaining({ name: value })

const makeFrame = (init: object = {}) =>
  new VideoFrame(new Uint8Array(64 * 48 * 1.5), {
    format: 'I420',
    codedWidth: 64,
    codedHeight: 48,
    timestamp: 0,
    ...init,
  })

const configured = (): NativeEvent => [EventKind.configured, 1, 0]
const outputConfig = (last = 0): NativeEvent => [
  EventKind.outputConfig,
  1,
  0,
  new Uint8Array([...AVCC, last]).buffer,
  1,
  1,
  1,
  0,
]
const chunk = (timestamp: number, temporalLayerId = 0, alphaSideData: ArrayBuffer | null = null): NativeEvent => [
  EventKind.chunk,
  1,
  0,
  new ArrayBuffer(3),
  true,
  timestamp,
  5,
  temporalLayerId,
  alphaSideData,
]

function makeEncoder() {
  const metadata: EncodedVideoChunkMetadata[] = []
  const encoder = new VideoEncoder({
    output: (_, data) => metadata.push(data),
    error: (error) => {
      throw error
    },
  })
  return { encoder, metadata }
}

describe('encode()', () => {
  it('gives native code its own reference to the picture, for as long as it takes', () => {
    const { encoder } = makeEncoder()
    encoder.configure(config)
    const frame = makeFrame()
    encoder.encode(frame)
    frame.close()
    expect(fake.openPictures.size).toBe(1)
    fake.emit(configured())
    expect(fake.callsOf('encodeVideo')).toHaveLength(1)
    expect(fake.openPictures.size).toBe(0)
  })

  it('gives up the pictures that wait when the encoder is reset or closed', () => {
    for (const end of ['reset', 'close'] as const) {
      const { encoder } = makeEncoder()
      encoder.configure(config)
      for (let index = 0; index < 5; index++) {
        const frame = makeFrame()
        encoder.encode(frame)
        frame.close()
      }
      encoder[end]()
      expect(fake.openPictures.size).toBe(0)
    }
  })

  it('is saturated by four frames', () => {
    const { encoder } = makeEncoder()
    encoder.configure(config)
    fake.emit(configured())
    const frame = makeFrame()
    for (let index = 0; index < 6; index++) encoder.encode(frame)
    expect(encoder.encodeQueueSize).toBe(2)
    expect(fake.callsOf('encodeVideo')).toHaveLength(4)
  })

  it('passes timing, rectangle, colour and options on', () => {
    const { encoder } = makeEncoder()
    encoder.configure({ ...config, bitrateMode: 'quantizer' })
    fake.emit(configured())
    const visibleRect = { x: 2, y: 4, width: 32, height: 16 }
    encoder.encode(makeFrame({ timestamp: -5, duration: 7, visibleRect }), { keyFrame: true, avc: { quantizer: 33 } })
    const [, , ...rest] = fake.callsOf('encodeVideo')[0]!
    expect(rest).toEqual([0, 2, 4, 32, 16, 1, 1, 1, 0, -5, 7, true, 33])
  })

  it('uses the quantizer in the quantizer mode alone', () => {
    const { encoder } = makeEncoder()
    encoder.configure(config)
    fake.emit(configured())
    encoder.encode(makeFrame(), { avc: { quantizer: 99 } })
    expect(fake.callsOf('encodeVideo')[0]!.at(-1)).toBe(-1)
  })

  it('refuses what is no open frame with a TypeError', () => {
    const { encoder } = makeEncoder()
    encoder.configure(config)
    const closed = makeFrame()
    closed.close()
    expect(() => encoder.encode(closed)).toThrow(TypeError)
    expect(() => encoder.encode({} as never)).toThrow('expected a VideoFrame for frame but received an object')
    expect(() => encoder.encode(makeFrame(), 5 as never)).toThrow(TypeError)
  })

  it('refuses frames when it is not configured', () => {
    const { encoder } = makeEncoder()
    expect(() => encoder.encode(makeFrame())).toThrow(name('InvalidStateError'))
  })

  it('keeps to the orientation of the first frame since configure()', () => {
    const { encoder } = makeEncoder()
    encoder.configure(config)
    encoder.encode(makeFrame({ rotation: 90 }))
    expect(() => encoder.encode(makeFrame())).toThrow(name('DataError'))
    expect(() => encoder.encode(makeFrame({ rotation: 90, flip: true }))).toThrow(name('DataError'))
    encoder.encode(makeFrame({ rotation: 450 }))
    encoder.configure(config)
    encoder.encode(makeFrame())
  })
})

describe('the decoder configuration', () => {
  it('comes with the first chunk, and again when it has changed', async () => {
    const { encoder, metadata } = makeEncoder()
    encoder.configure(config)
    fake.emit(configured(), outputConfig(), chunk(1), chunk(2), outputConfig(), chunk(3), outputConfig(1), chunk(4))
    await turnOfEventLoop()
    expect(metadata.map(({ decoderConfig }) => decoderConfig !== undefined)).toEqual([true, false, false, true])
    expect(metadata[0]!.decoderConfig).toEqual({
      codec: 'avc1.42001f',
      codedWidth: 64,
      codedHeight: 48,
      description: new Uint8Array([...AVCC, 0]).buffer,
      colorSpace: { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false },
      rotation: 0,
      flip: false,
    })
  })

  it('is not the worse for what the callback does to it', async () => {
    const { encoder, metadata } = makeEncoder()
    encoder.configure(config)
    fake.emit(configured(), outputConfig(), chunk(1))
    await turnOfEventLoop()
    structuredClone(metadata[0], { transfer: [metadata[0]!.decoderConfig!.description!] })
    fake.emit(outputConfig(), chunk(2))
    await turnOfEventLoop()
    expect(metadata[1]).toEqual({})
  })

  it('has the size and orientation of the configuration that is in effect', async () => {
    const { encoder, metadata } = makeEncoder()
    encoder.configure(config)
    encoder.encode(makeFrame({ rotation: 90 }))
    fake.emit(configured(), outputConfig())
    encoder.configure({ ...config, width: 32, displayWidth: 100 })
    encoder.encode(makeFrame({ flip: true }))
    fake.emit(chunk(1), configured(), outputConfig(), chunk(2))
    await turnOfEventLoop()
    expect(metadata[0]!.decoderConfig).toMatchObject({ codedWidth: 64, rotation: 90, flip: false })
    expect(metadata[0]!.decoderConfig).not.toHaveProperty('displayAspectWidth')
    expect(metadata[1]!.decoderConfig).toMatchObject({
      codedWidth: 32,
      displayAspectWidth: 100,
      displayAspectHeight: 48,
      rotation: 0,
      flip: true,
    })
  })
})

describe('the metadata of a chunk', () => {
  it('has the temporal layer with several of them, whatever else it has', async () => {
    const { encoder, metadata } = makeEncoder()
    encoder.configure({ ...config, scalabilityMode: 'L1T2' })
    fake.emit(configured(), outputConfig(), chunk(1), chunk(2, 1))
    await turnOfEventLoop()
    expect(metadata).toEqual([
      { decoderConfig: expect.anything(), svc: { temporalLayerId: 0 } },
      { svc: { temporalLayerId: 1 } },
    ])
  })

  it.each([undefined, 'L1T1'])('has no layer with the scalability mode %s', async (scalabilityMode) => {
    const { encoder, metadata } = makeEncoder()
    encoder.configure({ ...config, ...(scalabilityMode && { scalabilityMode }) })
    fake.emit(configured(), outputConfig(), chunk(1))
    await turnOfEventLoop()
    expect(metadata[0]).not.toHaveProperty('svc')
  })

  it('has the layer of the configuration that is in effect', async () => {
    const { encoder, metadata } = makeEncoder()
    encoder.configure({ ...config, scalabilityMode: 'L1T3' })
    fake.emit(configured(), outputConfig(), chunk(1, 2))
    encoder.configure(config)
    fake.emit(chunk(2, 1), configured(), outputConfig(), chunk(3))
    await turnOfEventLoop()
    expect(metadata.map(({ svc }) => svc)).toEqual([{ temporalLayerId: 2 }, { temporalLayerId: 1 }, undefined])
  })

  it('has the alpha that was encoded', async () => {
    const { encoder, metadata } = makeEncoder()
    const alpha = new ArrayBuffer(7)
    encoder.configure({ ...config, codec: 'vp8', alpha: 'keep' })
    fake.emit(configured(), chunk(1, 0, alpha), chunk(2))
    await turnOfEventLoop()
    expect(metadata).toEqual([{ alphaSideData: alpha }, {}])
  })
})

describe('isConfigSupported()', () => {
  it('asks native code to open the encoder', async () => {
    const support = VideoEncoder.isConfigSupported({ ...config, future: 1 } as never)
    expect(fake.callsOf('probeVideoEncoder')).toHaveLength(1)
    fake.emit([EventKind.job, undefined as never, 0, '', null])
    expect(await support).toEqual({
      supported: true,
      config: expect.not.objectContaining({ future: 1 }),
    })
  })

  it('rejects when the configuration is not valid, and does not throw', async () => {
    await expect(VideoEncoder.isConfigSupported({ codec: '' } as never)).rejects.toBeInstanceOf(TypeError)
    await expect(VideoEncoder.isConfigSupported(undefined as never)).rejects.toBeInstanceOf(TypeError)
  })

  it('says no to what is not supported', async () => {
    expect(await VideoEncoder.isConfigSupported({ ...config, codec: 'bogus' })).toMatchObject({ supported: false })
  })
})

describe('the interface', () => {
  it('has the shape that Web IDL gives it', () => {
    const members = ['close', 'configure', 'encode', 'encodeQueueSize', 'flush', 'ondequeue', 'reset', 'state']
    expect(Object.keys(VideoEncoder.prototype).sort()).toEqual(members)
    expect(Object.keys(VideoEncoder)).toEqual(['isConfigSupported'])
    expect(Object.getPrototypeOf(VideoEncoder)).toBe(EventTarget)
    expect(VideoEncoder.prototype.encode).toHaveLength(1)
    expect(String(makeEncoder().encoder)).toBe('[object VideoEncoder]')
    expect(() => Reflect.get(VideoEncoder.prototype, 'state')).toThrow(TypeError)
  })

  it('needs both callbacks', () => {
    expect(() => new VideoEncoder({} as never)).toThrow(TypeError)
    expect(() => new VideoEncoder({ output: () => {}, error: 5 } as never)).toThrow(TypeError)
    expect(() => Reflect.apply(VideoEncoder, undefined, [{ output: () => {}, error: () => {} }])).toThrow(TypeError)
  })
})
