// Prints, in microseconds, what a round trip to a worker and back takes: of an empty message, and of a VideoFrame that is
// transferred both ways, at two sizes. The kinds take turns; medians of single trips.
import { once } from 'node:events'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { VideoFrame } from '../dist/index.js'
import '../dist/worker.js'

const rounds = 3000

function makeFrame(width, height) {
  const data = new Uint8Array((width * height * 3) / 2).fill(128)
  return new VideoFrame(data, { format: 'I420', codedWidth: width, codedHeight: height, timestamp: 0, duration: 33 })
}

async function measure() {
  const worker = new Worker(new URL(import.meta.url))
  const messages = { empty: null, small: makeFrame(64, 64), hd: makeFrame(1920, 1080), uhd: makeFrame(3840, 2160) }
  const times = Object.fromEntries(Object.keys(messages).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const name of Object.keys(messages)) {
      const start = performance.now()
      worker.postMessage(messages[name], messages[name] ? [messages[name]] : [])
      const [answer] = await once(worker, 'message')
      times[name].push((performance.now() - start) * 1000)
      messages[name] = answer
    }
  }
  for (const message of Object.values(messages)) message?.close()
  await worker.terminate()
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1]
  // The first quarter warms up.
  return Object.fromEntries(Object.entries(times).map(([name, all]) => [name, median(all.slice(rounds >> 2))]))
}

if (isMainThread) console.log(JSON.stringify(await measure()))
else parentPort.on('message', (message) => parentPort.postMessage(message, message ? [message] : []))
