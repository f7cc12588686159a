// Workers are terminated while they decode images.
import { once } from 'node:events'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { ImageDecoder } from '../../../dist/index.js'
import { makeImageFiles } from '../../helpers/image-files.mjs'
import { assert, assertNothingLives, sleep } from './support.mjs'

async function terminateAfter(milliseconds, files) {
  const worker = new Worker(new URL(import.meta.url), { workerData: files })
  await once(worker, 'message')
  await sleep(milliseconds)
  assert.equal(await worker.terminate(), 1)
}

/** Works until it is terminated. */
async function work(files) {
  parentPort.postMessage('busy')
  for (;;) {
    const decoders = files.map(({ type, data }) => new ImageDecoder({ type, data }))
    await Promise.all(decoders.map(async (decoder) => (await decoder.decode()).image.close()))
    for (const decoder of decoders.slice(1)) decoder.close()
  }
}

if (isMainThread) {
  const files = [...makeImageFiles().values()]
  for (let round = 0; round < 8; round++) {
    await Promise.all([0, 1, 2].map((index) => terminateAfter(round * 3 + index * 4, files)))
  }
  await assertNothingLives()
} else {
  await work(workerData)
}
