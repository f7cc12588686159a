import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { type EncodedVideoChunk, VideoEncoder } from '../../lib/index.js'
import { baseConfig, encodeAll, makeFrame, makeFrames, timestampOf } from '../helpers/codecs.js'
import { parseStream } from '../helpers/h264.js'

/** Encodes frames one by one, each after the chunk of the one before has come; returns the timestamps of the chunks. */
async function encodeInLockstep(config: typeof baseConfig, count: number): Promise<number[]> {
  const timestamps: number[] = []
  const chunks = new EventTarget()
  const encoder = new VideoEncoder({
    output(chunk: EncodedVideoChunk) {
      timestamps.push(chunk.timestamp)
      chunks.dispatchEvent(new Event('chunk'))
    },
    error(error: DOMException) {
      throw error
    },
  })
  encoder.configure(config)
  for (let index = 0; index < count; index++) {
    const chunk = once(chunks, 'chunk', { signal: AbortSignal.timeout(5_000) })
    const frame = makeFrame(index)
    encoder.encode(frame)
    frame.close()
    await chunk
  }
  encoder.close()
  return timestamps
}

describe('latencyMode: realtime', () => {
  it.each(['variable', 'constant', 'quantizer'] as const)(
    'gives each chunk before the next frame is sent (%s bitrate)',
    async (bitrateMode) => {
      const timestamps = await encodeInLockstep({ ...baseConfig, bitrateMode }, 12)
      expect(timestamps).toEqual(Array.from({ length: 12 }, (_, index) => timestampOf(index)))
    },
  )

  it('makes no key frame that nobody asked for, over 600 frames with changes of scene', async () => {
    const { chunks } = await encodeAll({ ...baseConfig, width: 160, height: 96 }, sceneChanges(600))
    expect(chunks.filter((chunk) => chunk.type === 'key')).toHaveLength(1)
  })

  it('does not reorder', async () => {
    const { stream } = await encodeAll({ ...baseConfig, codec: 'avc1.64001f' }, makeFrames(30))
    expect(parseStream(stream).sliceTypes).not.toContain('B')
  })
})

describe('latencyMode: quality', () => {
  it('uses B-frames where the profile has them', async () => {
    const { stream } = await encodeAll({ ...baseConfig, codec: 'avc1.64001f', latencyMode: 'quality' }, makeFrames(60))
    expect(parseStream(stream).sliceTypes).toContain('B')
  })

  it('is the default', async () => {
    const { latencyMode, ...config } = { ...baseConfig, codec: 'avc1.64001f' }
    const { stream } = await encodeAll(config, makeFrames(60))
    expect(parseStream(stream).sliceTypes).toContain('B')
  })

  it('gives chunks in decode order, with the timestamps of their frames', async () => {
    const { chunks } = await encodeAll({ ...baseConfig, codec: 'avc1.64001f', latencyMode: 'quality' }, makeFrames(60))
    const timestamps = chunks.map((chunk) => chunk.timestamp)
    const sorted = [...timestamps].sort((a, b) => a - b)
    expect(timestamps).not.toEqual(sorted)
    expect(sorted).toEqual(Array.from({ length: 60 }, (_, index) => timestampOf(index)))
  })
})

function* sceneChanges(count: number) {
  for (let index = 0; index < count; index++) {
    const scene = Math.floor(index / 50) * 400
    yield makeFrame(scene + index, { codedWidth: 160, codedHeight: 96, timestamp: timestampOf(index) })
  }
}
