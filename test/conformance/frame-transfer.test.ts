import { describe, expect, it } from 'vitest'
import { VideoFrame } from '../../lib/index.js'
import { pixelsOf } from '../helpers/codecs.js'

const width = 32
const height = 16
const size = width * height * 4

describe('the transfer member of VideoFrameBufferInit', () => {
  const init = (transfer: ArrayBuffer[]) => ({
    format: 'RGBA' as const,
    codedWidth: width,
    codedHeight: height,
    timestamp: 0,
    transfer,
  })

  it('detaches the buffer', () => {
    const data = new Uint8Array(size).fill(7)
    const frame = new VideoFrame(data, init([data.buffer]))
    expect(data.byteLength).toBe(0)
    frame.close()
  })

  it('keeps the pixels', async () => {
    const data = new Uint8Array(size).fill(7)
    const frame = new VideoFrame(data, init([data.buffer]))
    expect(await pixelsOf(frame)).toEqual(new Uint8Array(size).fill(7))
    frame.close()
  })

  it('keeps the pixels of clones when the first frame is closed and collected', async () => {
    const data = new Uint8Array(size).fill(9)
    const first = new VideoFrame(data, init([data.buffer]))
    const clone = first.clone()
    first.close()
    globalThis.gc?.()
    expect(await pixelsOf(clone)).toEqual(new Uint8Array(size).fill(9))
    clone.close()
  })

  it("never harms a neighbour in Node's shared Buffer slab", () => {
    const tinyInit = { format: 'RGBA' as const, codedWidth: 4, codedHeight: 4, timestamp: 0 }
    const data = Buffer.from('x'.repeat(64))
    const neighbour = Buffer.from('still here')
    const attempt = () => new VideoFrame(data, { ...tinyInit, transfer: [data.buffer as ArrayBuffer] })
    try {
      attempt().close()
    } catch (error) {
      expect(error).toMatchObject({ name: expect.stringMatching(/^(DataCloneError|TypeError)$/) })
    }
    expect(neighbour.toString()).toBe('still here')
    expect(Buffer.from('and new ones work').toString()).toBe('and new ones work')
  })

  it('throws DataCloneError for the same buffer twice', () => {
    const data = new Uint8Array(size)
    expect(() => new VideoFrame(data, init([data.buffer, data.buffer]))).toThrow(
      expect.objectContaining({ name: 'DataCloneError' }),
    )
  })

  it('throws DataCloneError for a detached buffer', () => {
    const data = new Uint8Array(size)
    const other = new ArrayBuffer(8)
    structuredClone(other, { transfer: [other] })
    expect(() => new VideoFrame(data, init([other]))).toThrow(expect.objectContaining({ name: 'DataCloneError' }))
  })

  it('copies from a buffer that is not in the list', async () => {
    const data = new Uint8Array(size).fill(3)
    const frame = new VideoFrame(data, init([]))
    data.fill(200)
    expect(await pixelsOf(frame)).toEqual(new Uint8Array(size).fill(3))
    frame.close()
  })
})
