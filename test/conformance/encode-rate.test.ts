import { describe, expect, it } from 'vitest'
import { VideoFrame } from '../../lib/index.js'
import { encodeAll, makeFrames, timestampOf } from '../helpers/codecs.js'
import { i420Picture } from '../helpers/pictures.js'

const width = 640
const height = 360
const bitrate = 1_500_000
const seconds = 10

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

function* frames(fps: number, timestamp: (index: number) => number = (index) => timestampOf(index, fps)) {
  for (let index = 0; index < seconds * fps; index++) {
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
  const { chunks } = await encodeAll({ codec: 'avc1.64001f', width, height, bitrate, ...config }, source)
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
