/** Frames whose buffers go home by themselves. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { counters, VideoEncoder } from '../../lib/index.js'
import { TransferableBufferPool } from '../../lib/pool.js'

const width = 320
const height = 240
const init = (index = 0) => ({
  format: 'RGBA' as const,
  codedWidth: width,
  codedHeight: height,
  timestamp: index * 33_333,
})

function makePool(options = {}): TransferableBufferPool {
  return new TransferableBufferPool({ byteLength: width * height * 4, capacity: 4, ...options })
}

async function acquire(pool: TransferableBufferPool): Promise<ArrayBuffer> {
  const buffer = await pool.acquire()
  if (!buffer) throw new Error('no buffer')
  return buffer
}

async function available(pool: TransferableBufferPool, count: number): Promise<void> {
  for (let turn = 0; turn < 500 && pool.metrics.available < count; turn++) await sleep(10)
  expect(pool.metrics.available).toBe(count)
}

describe('a buffer in a frame', () => {
  test('comes home when the frame and its clones are closed', async () => {
    const pool = makePool()
    const buffer = await acquire(pool)
    new Uint8Array(buffer).fill(99)
    const frame = pool.createFrame(buffer, init())
    expect(buffer.byteLength).toBe(0)
    const clone = frame.clone()
    frame.close()
    await sleep(20)
    expect(pool.metrics).toMatchObject({ inFlight: 1, available: 0 })
    clone.close()
    await available(pool, 1)
    expect(new Uint8Array(await acquire(pool)).every((byte) => byte === 99)).toBe(true)
  })

  test('comes home when the encoder has consumed the frame', async () => {
    const pool = makePool()
    let chunks = 0
    const encoder = new VideoEncoder({
      output: () => chunks++,
      error: (error) => {
        throw error
      },
    })
    encoder.configure({ codec: 'avc1.42001f', width, height, bitrate: 500_000, framerate: 30, latencyMode: 'realtime' })
    for (let index = 0; index < 100; index++) {
      const buffer = await acquire(pool)
      new Uint8Array(buffer).fill(index)
      const frame = pool.createFrame(buffer, init(index))
      encoder.encode(frame)
      frame.close()
    }
    await encoder.flush()
    encoder.close()
    await pool.drain()
    expect(chunks).toBe(100)
    expect(pool.metrics).toMatchObject({ acquired: 100, released: 100, inFlight: 0, lost: 0 })
    expect(pool.metrics.allocations).toBeLessThanOrEqual(4)
    expect(counters()).toMatchObject({ frames: 0, pictures: 0 })
  })

  test('comes home when the encoder is closed with the frame still queued', async () => {
    const pool = makePool()
    const encoder = new VideoEncoder({ output() {}, error() {} })
    encoder.configure({ codec: 'avc1.42001f', width, height })
    for (let index = 0; index < 4; index++) {
      const frame = pool.createFrame(await acquire(pool), init(index))
      encoder.encode(frame)
      frame.close()
    }
    encoder.close()
    await available(pool, 4)
  })

  test('comes home when the frame was forgotten', async () => {
    const pool = makePool()
    await (async () => void pool.createFrame(await acquire(pool), init()))()
    for (let turn = 0; turn < 100 && pool.metrics.available === 0; turn++) {
      global.gc!()
      await sleep(10)
    }
    expect(pool.metrics.available).toBe(1)
  })

  test('comes home also when its layout makes a copy necessary', async () => {
    const pool = makePool({ byteLength: 64 * 64 * 4 })
    const layout = [
      { offset: 1, stride: 128 },
      { offset: 1 + 128 * 64, stride: 64 },
      { offset: 1 + 128 * 64 + 64 * 32, stride: 64 },
    ]
    const tenBit = { format: 'I420P10' as const, codedWidth: 64, codedHeight: 64, timestamp: 0 }
    const frame = pool.createFrame(await acquire(pool), { ...tenBit, layout })
    await available(pool, 1)
    frame.close()
  })

  test('stays with the caller when the frame cannot be made', async () => {
    const pool = makePool()
    const buffer = await acquire(pool)
    expect(() => pool.createFrame(buffer, { ...init(), codedWidth: 5000 })).toThrow(TypeError)
    expect(() => pool.createFrame(new ArrayBuffer(width * height * 4), init())).toThrow(
      expect.objectContaining({ name: 'InvalidStateError' }),
    )
    expect(buffer.byteLength).toBe(width * height * 4)
    expect(pool.release(buffer)).toBe(true)
  })
})

test('a renderer and an encoder in two threads run without new buffers', async () => {
  const pool = makePool()
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads')
     const { VideoEncoder } = require(${JSON.stringify(require.resolve('../../dist/index.cjs'))})
     const { connectToPool } = require(${JSON.stringify(require.resolve('../../dist/pool.cjs'))})
     const remote = connectToPool(parentPort)
     let chunks = 0
     const encoder = new VideoEncoder({ output: () => chunks++, error: (error) => { throw error } })
     encoder.configure({ codec: 'avc1.42001f', width: ${width}, height: ${height}, latencyMode: 'realtime' })
     parentPort.on('message', async (message) => {
       if (message.buffer) {
         const frame = remote.createFrame(message.buffer, message.init)
         encoder.encode(frame)
         frame.close()
       } else if (message === 'end') {
         await encoder.flush()
         encoder.close()
         while (remote.inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 5))
         parentPort.postMessage({ chunks })
       }
     })`,
    { eval: true },
  )
  const connection = pool.connect(worker)
  for (let index = 0; index < 200; index++) {
    const buffer = await acquire(pool)
    new Uint8Array(buffer).fill(index)
    worker.postMessage({ buffer, init: init(index) }, [buffer])
  }
  const result = new Promise<{ chunks: number }>((resolve, reject) => {
    worker.on('message', (message) => 'chunks' in message && resolve(message))
    worker.on('error', reject)
  })
  worker.postMessage('end')
  expect((await result).chunks).toBe(200)
  await pool.drain()
  expect(pool.metrics).toMatchObject({ acquired: 200, released: 200, lost: 0, foreign: 0, mismatched: 0, available: 4 })
  expect(pool.metrics.hitRate).toBeGreaterThan(0.95)
  connection.close()
  await worker.terminate()
})
