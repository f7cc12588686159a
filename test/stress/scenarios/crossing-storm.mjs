// Frames and sound bounce between threads that are terminated at many different moments.
import { once } from 'node:events'
import { isMainThread, MessageChannel, parentPort, Worker, workerData } from 'node:worker_threads'
import '../../../dist/worker.js'
import { AudioData } from '../../../dist/index.js'
import { assertNothingLives, makeFrame, sleep, VideoFrame } from './support.mjs'

const makeSound = () => {
  const data = new Float32Array(960)
  const format = { format: 'f32', sampleRate: 48_000, numberOfFrames: 480, numberOfChannels: 2 }
  return new AudioData({ ...format, timestamp: 0, data, transfer: [data.buffer] })
}

const makeAdoptedFrame = () => {
  const data = new Uint8Array(64 * 64 * 4)
  const init = { format: 'RGBA', codedWidth: 64, codedHeight: 64, timestamp: 0, transfer: [data.buffer] }
  return new VideoFrame(data, init)
}

/** Sends back what comes, by turns transferred, and cloned and closed. */
function bounce(port) {
  let turn = 0
  port.on('message', (message) => {
    const media = Array.isArray(message) ? message[0] : message
    if (turn++ % 2) {
      port.postMessage(media, [media])
    } else {
      port.postMessage([media])
      media.close()
    }
  })
}

function terminateAll(workers, milliseconds) {
  return Promise.all(
    workers.map(async (worker, index) => {
      await once(worker, 'message')
      await sleep(milliseconds + index * 2)
      await worker.terminate()
    }),
  )
}

if (isMainThread) {
  for (let round = 0; round < 10; round++) {
    const { port1, port2 } = new MessageChannel()
    const workers = [port1, port2].map(
      (port) => new Worker(new URL(import.meta.url), { workerData: { port }, transferList: [port] }),
    )
    await terminateAll(workers, round * 3)
  }
  await assertNothingLives()
} else {
  const { port } = workerData
  parentPort.postMessage('ready')
  bounce(port)
  for (const make of [() => makeFrame(0), makeAdoptedFrame, makeSound]) {
    for (let i = 0; i < 3; i++) {
      const media = make()
      port.postMessage(media, [media])
    }
  }
}
