import { describe, expect, it } from 'vitest'
import {
  type EncodedVideoChunk,
  type EncodedVideoChunkMetadata,
  type VideoDecoderConfig,
  VideoEncoder,
  type VideoEncoderConfig,
  VideoFrame,
} from '../../lib/index.js'
import { decodeAll, makeFrame, timestampOf } from '../helpers/codecs.js'
import { i420Picture } from '../helpers/pictures.js'

const base = { width: 320, height: 240, framerate: 30, latencyMode: 'realtime' } as const
const codecs = ['avc1.42001f', 'hvc1.1.6.L93.B0', 'vp8', 'vp09.00.10.08', 'av01.0.04M.08']
const framesOfEach = 60

interface Output {
  chunk: EncodedVideoChunk
  metadata: EncodedVideoChunkMetadata
}

/** Encodes 60 frames under each configuration, one after the other, without a flush in between. */
async function encodeUnder(configs: VideoEncoderConfig[]): Promise<Output[]> {
  const outputs: Output[] = []
  let failure: unknown
  const encoder = new VideoEncoder({
    output: (chunk, metadata) => outputs.push({ chunk, metadata: metadata ?? {} }),
    error: (error) => (failure = error),
  })
  for (const [part, config] of configs.entries()) {
    encoder.configure(config)
    for (let index = 0; index < framesOfEach; index++) {
      const { width, height } = config
      const timestamp = timestampOf(part * framesOfEach + index)
      const frame = makeFrame(index + part * framesOfEach, { codedWidth: width, codedHeight: height, timestamp })
      encoder.encode(frame)
      frame.close()
    }
  }
  await encoder.flush().catch((error: unknown) => {
    throw failure ?? error
  })
  encoder.close()
  return outputs
}

const bytes = (outputs: Output[]) => outputs.reduce((sum, { chunk }) => sum + chunk.byteLength, 0)
const timestamps = (count: number) => Array.from({ length: count }, (_, index) => timestampOf(index))
const inOrder = (outputs: Output[]) => outputs.map(({ chunk }) => chunk.timestamp)

describe.each(codecs)('configure() while %s is encoded', (codec) => {
  it('at another bitrate goes on without a key frame', async () => {
    const rates = [400_000, 120_000, 400_000]
    const outputs = await encodeUnder(rates.map((bitrate) => ({ ...base, codec, bitrate })))
    expect(inOrder(outputs)).toEqual(timestamps(3 * framesOfEach))
    expect(outputs.filter(({ chunk }) => chunk.type === 'key')).toEqual([outputs[0]])
    expect(outputs.filter(({ metadata }) => metadata.decoderConfig)).toEqual([outputs[0]])
    // What follows the change is of the new rate, and at once.
    const settled = rates.map((_, part) => bytes(outputs.slice(part * framesOfEach + 30, (part + 1) * framesOfEach)))
    expect(settled[1]).toBeLessThan(0.6 * settled[0]!)
    expect(settled[2]).toBeGreaterThan(1.6 * settled[1]!)
    const config = outputs[0]!.metadata.decoderConfig as VideoDecoderConfig
    const decoded = await decodeAll(
      config,
      outputs.map(({ chunk }) => chunk),
      (frame) => frame.timestamp,
    )
    expect(decoded).toEqual(timestamps(3 * framesOfEach))
  })

  it('at another size begins a new stream behind the old one', async () => {
    const outputs = await encodeUnder([
      { ...base, codec, bitrate: 500_000 },
      { ...base, codec, bitrate: 500_000, width: 352, height: 288 },
    ])
    expect(inOrder(outputs)).toEqual(timestamps(2 * framesOfEach))
    const keys = outputs.filter(({ chunk }) => chunk.type === 'key')
    expect(keys).toEqual([outputs[0], outputs[framesOfEach]])
    expect(keys.map(({ metadata }) => metadata.decoderConfig?.codedWidth)).toEqual([320, 352])
  })
})

it('configure() with another codec brings out all of the codec before', async () => {
  const quality = { width: 320, height: 240, framerate: 30, bitrate: 500_000, latencyMode: 'quality' } as const
  const outputs = await encodeUnder([
    { ...quality, codec: 'avc1.4d001f' },
    { ...quality, codec: 'vp09.00.10.08' },
  ])
  const sorted = inOrder(outputs)
    .slice(0, framesOfEach)
    .sort((a, b) => a - b)
  expect(sorted).toEqual(timestamps(framesOfEach))
  expect(outputs[framesOfEach]!.metadata.decoderConfig?.codec).toBe('vp09.00.10.08')
})

/** The moving scene as its own alpha. */
function pictureWithAlpha(index: number): Uint8Array {
  const picture = i420Picture(320, 240, index)
  const data = new Uint8Array(picture.length + 320 * 240)
  data.set(picture)
  data.set(picture.subarray(0, 320 * 240), picture.length)
  return data
}

it.each(['vp8', 'vp09.00.10.08'])('the bitrate of %s is that of the picture and its alpha together', async (codec) => {
  const bitrate = 400_000
  const outputs: Output[] = []
  const encoder = new VideoEncoder({
    output: (chunk, metadata) => outputs.push({ chunk, metadata: metadata ?? {} }),
    error(error) {
      throw error
    },
  })
  encoder.configure({ ...base, codec, bitrate, alpha: 'keep' })
  for (let index = 0; index < 300; index++) {
    const init = { format: 'I420A', codedWidth: 320, codedHeight: 240, timestamp: timestampOf(index) } as const
    const frame = new VideoFrame(pictureWithAlpha(index), init)
    encoder.encode(frame)
    frame.close()
  }
  await encoder.flush()
  encoder.close()
  const alphaBytes = outputs.reduce((sum, { metadata }) => sum + (metadata.alphaSideData?.byteLength ?? 0), 0)
  expect(alphaBytes).toBeGreaterThan(0)
  const ratio = ((bytes(outputs) + alphaBytes) * 8) / 10 / bitrate
  expect(ratio).toBeGreaterThan(0.8)
  expect(ratio).toBeLessThan(1.25)
})
