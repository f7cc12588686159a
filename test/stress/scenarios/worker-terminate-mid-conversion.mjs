// Workers are terminated while other threads convert pictures whose memory belongs to them.
import { once } from 'node:events'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { assertNothingLives, sleep, VideoFrame } from './support.mjs'

const [width, height] = [1280, 720]

function convert() {
  const data = new Uint8Array(width * height * 4).fill(100)
  const init = { format: 'RGBA', codedWidth: width, codedHeight: height, timestamp: 0, transfer: [data.buffer] }
  const frame = new VideoFrame(data, init)
  const copied = frame.copyTo(new Uint8Array(width * height * 4), { format: 'BGRA', colorSpace: 'display-p3' })
  frame.close()
  return copied
}

if (isMainThread) {
  for (let round = 0; round < 10; round++) {
    const worker = new Worker(new URL(import.meta.url))
    await once(worker, 'message')
    await sleep(round * 3)
    await worker.terminate()
  }
  await assertNothingLives()
} else {
  parentPort.postMessage('busy')
  for (;;) await Promise.all([convert(), convert(), convert()])
}
