// What must hold for each encoder alike.

import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import {
  type EncodedVideoChunk,
  type EncodedVideoChunkMetadata,
  VideoEncoder,
  type VideoEncoderConfig,
} from '../../lib/index.js'
import { encodeAll, makeFrame, timestampOf } from '../helpers/codecs.js'
import { allConfigurations, denialOf, encoderConfigOf } from '../helpers/matrix.js'

const size = { width: 176, height: 144 }
const frameSize = { codedWidth: size.width, codedHeight: size.height }
const configurations = allConfigurations()
  .filter((configuration) => configuration.size.width === size.width && !denialOf(configuration))
  .map((configuration) => ({
    ...configuration,
    codec: configuration.stream.codec,
    config: encoderConfigOf(configuration),
  }))
const realtime = configurations.filter(({ latencyMode }) => latencyMode === 'realtime')
const layered = [
  ['avc1.42001f', 'L1T3'],
  ['vp8', 'L1T3'],
  ['vp09.00.31.08', 'L1T3'],
  ['av01.0.05M.08', 'L1T3'],
].map(([codec, scalabilityMode]) => ({
  codec: codec!,
  bitrateMode: scalabilityMode!,
  config: {
    codec: codec!,
    scalabilityMode: scalabilityMode!,
    ...size,
    bitrate: 500_000,
    latencyMode: 'realtime' as const,
  },
}))

/** Encodes frames one by one, each after the chunk of the one before has come; returns the chunks. */
async function encodeInLockstep(config: VideoEncoderConfig, count: number): Promise<EncodedVideoChunk[]> {
  const chunks: EncodedVideoChunk[] = []
  const arrivals = new EventTarget()
  const encoder = new VideoEncoder({
    output(chunk: EncodedVideoChunk) {
      chunks.push(chunk)
      arrivals.dispatchEvent(new Event('chunk'))
    },
    error(error: DOMException) {
      throw error
    },
  })
  encoder.configure(config)
  for (let index = 0; index < count; index++) {
    const arrival = once(arrivals, 'chunk', { signal: AbortSignal.timeout(10_000) })
    const frame = makeFrame(index, frameSize)
    encoder.encode(frame, { keyFrame: index === 5 })
    frame.close()
    await arrival
  }
  encoder.close()
  return chunks
}

describe('realtime encoding gives each chunk before the next frame is sent', () => {
  it.each([...realtime, ...layered])('$codec, $bitrateMode', async ({ config }) => {
    const chunks = await encodeInLockstep(config, 8)
    expect(chunks.map(({ timestamp }) => timestamp)).toEqual(chunks.map((_, index) => timestampOf(index)))
    expect(chunks.map(({ type }) => type)).toEqual(chunks.map((_, index) => (index % 5 === 0 ? 'key' : 'delta')))
  })
})

/** A new scene every 25 pictures. */
function* sceneChanges(count: number) {
  for (let index = 0; index < count; index++) {
    yield makeFrame(Math.floor(index / 25) * 400 + index, { ...frameSize, timestamp: timestampOf(index) })
  }
}

describe('realtime encoding makes no key frame that nobody asked for, over 300 frames with changes of scene', () => {
  const variable = realtime.filter(({ bitrateMode, stream }) => bitrateMode === 'variable' && stream.chroma === 420)
  it.each([...variable, ...layered])('$codec, $bitrateMode', async ({ config }) => {
    const { chunks } = await encodeAll(config, sceneChanges(300))
    expect(chunks.map(({ type }) => type).lastIndexOf('key')).toBe(0)
  })
})

describe('decoderConfig comes when it changed, and not otherwise', () => {
  const oneOfEach = configurations.filter(
    ({ bitrateMode, stream }) => bitrateMode === 'variable' && stream.chroma === 420,
  )

  it.each(oneOfEach)('$codec in $latencyMode mode', async ({ config }) => {
    const sent: { width: number; timestamp: number }[] = []
    const encoder = new VideoEncoder({
      output({ timestamp }: EncodedVideoChunk, metadata?: EncodedVideoChunkMetadata) {
        const { decoderConfig } = metadata ?? {}
        if (decoderConfig) sent.push({ width: decoderConfig.codedWidth, timestamp })
      },
      error(error: DOMException) {
        throw error
      },
    })
    const encode = (from: number, count: number) => {
      for (let index = from; index < from + count; index++) {
        const frame = makeFrame(index, frameSize)
        encoder.encode(frame, { keyFrame: index === from + 2 })
        frame.close()
      }
    }
    encoder.configure(config)
    encode(0, 5)
    encoder.configure({ ...config, bitrate: 700_000 })
    encode(5, 5)
    encoder.configure({ ...config, width: 160, height: 128 })
    encode(10, 5)
    await encoder.flush()
    encoder.close()
    expect(sent).toEqual([
      { width: 176, timestamp: timestampOf(0) },
      { width: 160, timestamp: timestampOf(10) },
    ])
  })
})

describe('rotation and flip', () => {
  it.each([...new Map(configurations.map((c) => [c.stream.family, c])).values()])(
    'of $codec are those of the first frame since configure(), and go into decoderConfig',
    async ({ config }) => {
      const seen: { rotation: number; flip: boolean }[] = []
      const encoder = new VideoEncoder({
        output(_: EncodedVideoChunk, metadata?: EncodedVideoChunkMetadata) {
          if (!metadata?.decoderConfig) return
          const { rotation, flip } = metadata.decoderConfig
          seen.push({ rotation, flip })
        },
        error(error: DOMException) {
          throw error
        },
      })
      const encode = (orientation: { rotation: number; flip: boolean }) => {
        const frame = makeFrame(0, { ...frameSize, ...orientation } as never)
        try {
          encoder.encode(frame)
        } finally {
          frame.close()
        }
      }
      encoder.configure(config)
      encode({ rotation: 90, flip: false })
      for (const other of [
        { rotation: 0, flip: false },
        { rotation: 90, flip: true },
      ]) {
        expect(() => encode(other)).toThrow(expect.objectContaining({ name: 'DataError' }))
      }
      encode({ rotation: 90, flip: false })
      encoder.configure(config)
      encode({ rotation: 0, flip: true })
      await encoder.flush()
      encoder.close()
      expect(seen).toEqual([
        { rotation: 90, flip: false },
        { rotation: 0, flip: true },
      ])
    },
  )
})
