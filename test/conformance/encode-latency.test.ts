import { describe, expect, it } from 'vitest'
import { baseConfig, encodeAll, makeFrames, timestampOf } from '../helpers/codecs.js'
import { parseStream } from '../helpers/h264.js'

describe('latencyMode: realtime', () => {
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
