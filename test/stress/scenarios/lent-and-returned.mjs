// Buffers that come home from frames and planes that are borrowed, while threads are terminated in the middle of it.
import { once } from 'node:events'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { TransferableBufferPool } from '../../../dist/pool.js'
import { borrowPlanes } from '../../../dist/zero-copy.js'
import { assert, assertNothingLives, encoderConfig, makeEncoder, sleep } from './support.mjs'

const { width, height } = encoderConfig
const init = (index) => ({ format: 'RGBA', codedWidth: width, codedHeight: height, timestamp: index * 33_333 })

async function encodeFromPool(frames, onFrame = () => {}) {
  const pool = new TransferableBufferPool({ byteLength: width * height * 4, capacity: 4 })
  const { encoder, chunks } = makeEncoder()
  for (let index = 0; index < frames; index++) {
    const buffer = await pool.acquire()
    new Uint8Array(buffer).fill(index)
    const frame = pool.createFrame(buffer, init(index))
    const [{ data }] = borrowPlanes(frame)
    encoder.encode(frame)
    assert.equal(data[width], index & 255)
    // Some are forgotten, for the collector to find.
    if (index % 10 !== 9) frame.close()
    else globalThis.gc?.()
    onFrame(index)
  }
  await encoder.flush()
  encoder.close()
  return chunks.length
}

if (isMainThread) {
  assert.equal(await encodeFromPool(60), 60)
  for (let round = 0; round < 8; round++) {
    const workers = [0, 1, 2].map(() => new Worker(new URL(import.meta.url)))
    await Promise.all(workers.map((worker) => once(worker, 'message')))
    await sleep(round * 5)
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
  await assertNothingLives()
} else {
  for (;;) await encodeFromPool(40, (index) => index === 3 && parentPort.postMessage('busy'))
}
