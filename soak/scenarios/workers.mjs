// A pool of buffers that go round between this thread, which draws, and a worker, which encodes: 720p at 30 frames a second.
import { once } from 'node:events'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { VideoEncoder } from '../../dist/index.js'
import { connectToPool, TransferableBufferPool } from '../../dist/pool.js'
import { paced, timestampOf } from '../pace.mjs'

const [width, height] = [1280, 720]

export const hasOutputForEachInput = true

export async function run({ progress, fail, until }) {
  const worker = new Worker(new URL(import.meta.url))
  worker.on('error', fail)
  worker.on('message', (message) => {
    if (message.outputs) progress.outputs += message.outputs
  })
  // A machine may stop for a while; what is lost is noticed at the end.
  const pool = new TransferableBufferPool({ byteLength: width * height * 4, reclaimAfter: 300_000 })
  const connection = pool.connect(worker)
  await paced(30, until, async (index) => {
    const buffer = await pool.acquire()
    new Uint32Array(buffer).fill(0xff000000 | (index * 0x010305))
    worker.postMessage({ buffer, timestamp: timestampOf(index) }, [buffer])
    progress.inputs++
  })
  worker.postMessage('end')
  await pool.drain()
  const { lost, allocations, hitRate } = pool.metrics
  if (lost > 0) fail(new Error(`${lost} buffers were lost`))
  if (allocations > 8) fail(new Error(`${allocations} buffers were made for eight`))
  if (progress.inputs > 200 && hitRate < 0.95) fail(new Error(`hit rate ${hitRate}`))
  connection.close()
  pool.close()
  await once(worker, 'exit')
}

if (!isMainThread) {
  const home = connectToPool(parentPort)
  const encoder = new VideoEncoder({
    output: () => parentPort.postMessage({ outputs: 1 }),
    error(error) {
      throw error
    },
  })
  encoder.configure({ codec: 'avc1.42001f', width, height, bitrate: 2e6, framerate: 30, latencyMode: 'realtime' })
  parentPort.on('message', async (message) => {
    if (message === 'end') {
      await encoder.flush()
      encoder.close()
      while (home.inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 5))
      home.close()
      parentPort.close()
    } else if (message.buffer) {
      const init = { format: 'RGBA', codedWidth: width, codedHeight: height, timestamp: message.timestamp }
      const frame = home.createFrame(message.buffer, init)
      encoder.encode(frame)
      frame.close()
    }
  })
}
