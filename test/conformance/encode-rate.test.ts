import { describe, expect, it } from 'vitest'
import { VideoFrame } from '../../lib/index.js'
import { encodeAll, makeFrames, timestampOf } from '../helpers/codecs.js'
import { i420Picture } from '../helpers/pictures.js'

const width = 320
const height = 180
const bitrate = 375_000
const seconds = 10
const annexb = { hevc: { format: 'annexb' } } as const

/** Grain that is new in each picture, so that either mode has to save to keep to the rate. */
function addGrain(picture: Uint8Array, seed: number): Uint8Array {
  let state = seed + 1
  for (let i = 0; i < width * height; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    picture[i]! += (state >>> 29) - 4
  }
  return picture
}

const pictures = Array.from({ length: 40 }, (_, index) => addGrain(i420Picture(width, height, index), index))
const there = pictures.concat(pictures.slice(1, -1).reverse())

function* frames(
  fps: number,
  timestamp: (index: number) => number = (index) => timestampOf(index, fps),
  count = seconds * fps,
) {
  for (let index = 0; index < count; index++) {
    yield new VideoFrame(there[index % there.length]!, {
      format: 'I420',
      codedWidth: width,
      codedHeight: height,
      timestamp: timestamp(index),
    })
  }
}

/** Measured bits per second over `bitrate`. */
async function ratio(config: Partial<Parameters<typeof encodeAll>[0]>, source: Iterable<VideoFrame>): Promise<number> {
  const { chunks } = await encodeAll({ codec: 'avc1.64001f', ...annexb, width, height, bitrate, ...config }, source)
  return (chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0) * 8) / seconds / bitrate
}

describe.each(['realtime', 'quality'] as const)('10 seconds in %s mode', (latencyMode) => {
  it('at a variable bitrate keep the rate (-15 to +10 %)', async () => {
    const measured = await ratio({ latencyMode, bitrateMode: 'variable', framerate: 30 }, frames(30))
    expect(measured).toBeGreaterThan(0.85)
    expect(measured).toBeLessThan(1.1)
  })

  it('at a constant bitrate keep the rate (within 10 %)', async () => {
    const measured = await ratio({ latencyMode, bitrateMode: 'constant', framerate: 30 }, frames(30))
    expect(measured).toBeGreaterThan(0.9)
    expect(measured).toBeLessThan(1.1)
  })
})

describe('rate control goes by the timestamps', () => {
  it('when the configuration names no framerate', async () => {
    const measured = await ratio({ latencyMode: 'realtime' }, frames(15))
    expect(measured).toBeGreaterThan(0.85)
    expect(measured).toBeLessThan(1.1)
  })

  it('when the frames come at half the rate that was configured', async () => {
    const measured = await ratio({ latencyMode: 'realtime', framerate: 60 }, frames(30))
    expect(measured).toBeGreaterThan(0.85)
    expect(measured).toBeLessThan(1.1)
  })

  it('when the frames come at a variable rate', async () => {
    const uneven = (index: number) => timestampOf(index) + (index % 3) * 9_000
    const measured = await ratio({ latencyMode: 'realtime', framerate: 30 }, frames(30, uneven))
    expect(measured).toBeGreaterThan(0.85)
    expect(measured).toBeLessThan(1.1)
  })
})

describe.each(['hvc1.1.6.L120.B0', 'vp8', 'vp09.00.31.08', 'av01.0.05M.08'])('%s keeps the rate', (codec) => {
  it('at half the frame rate that was configured', async () => {
    const measured = await ratio({ codec, latencyMode: 'realtime', framerate: 30 }, frames(15))
    expect(measured).toBeGreaterThan(0.85)
    expect(measured).toBeLessThan(1.1)
  })
})

it.each(['hvc1.1.6.L120.B0', 'av01.0.05M.08'])(
  '%s keeps the rate in quality mode without a framerate',
  async (codec) => {
    const measured = await ratio({ codec, latencyMode: 'quality' }, frames(12))
    expect(measured).toBeGreaterThan(0.85)
    expect(measured).toBeLessThan(1.1)
  },
)

it.each(['avc1.64001f', 'hvc1.1.6.L120.B0', 'vp09.00.31.08'])(
  '%s does not spend the bits of a pause on the seconds behind it',
  async (codec) => {
    const config = { codec, ...annexb, width, height, bitrate, latencyMode: 'realtime', framerate: 30 } as const
    const thirdSecond = async (pause: number) => {
      const shift = (index: number) => timestampOf(index) + (index < 60 ? 0 : pause)
      const { chunks } = await encodeAll(config, frames(30, shift, 90))
      return chunks.slice(60).reduce((sum, chunk) => sum + chunk.byteLength, 0)
    }
    expect(await thirdSecond(1_900_000)).toBeLessThan(1.1 * (await thirdSecond(0)))
  },
)

it('a higher bitrate gives a larger stream', async () => {
  const size = async (rate: number) => {
    const { chunks } = await encodeAll(
      { codec: 'avc1.42001f', width: 320, height: 240, bitrate: rate, latencyMode: 'realtime' },
      makeFrames(60),
    )
    return chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0)
  }
  expect(await size(1_000_000)).toBeGreaterThan(2 * (await size(250_000)))
})
