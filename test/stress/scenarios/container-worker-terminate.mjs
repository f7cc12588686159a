// Workers are terminated while they open, read and wait for bytes.
import { once } from 'node:events'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { Demuxer } from '../../../dist/containers.js'
import { makeContainer, silentServer } from './container-support.mjs'
import { assert, assertNothingLives, sleep } from './support.mjs'

async function read(source) {
  const demuxer = await Demuxer.open(source)
  for await (const _ of demuxer.packets()) await sleep(0)
  demuxer.close()
}

async function work({ bytes, url }) {
  const slow = async function* () {
    for (let at = 0; at < bytes.length; at += 5000) {
      yield bytes.subarray(at, at + 5000)
      await sleep(2)
    }
  }
  Demuxer.open(url).catch(() => {})
  parentPort.postMessage('busy')
  for (;;) await Promise.all([read(bytes), read(slow()), read(new Blob([bytes]))])
}

if (isMainThread) {
  const bytes = makeContainer()
  const server = await silentServer()
  for (let round = 0; round < 8; round++) {
    const workers = [0, 1, 2].map(
      () => new Worker(new URL(import.meta.url), { workerData: { bytes, url: server.url } }),
    )
    await Promise.all(workers.map((worker) => once(worker, 'message')))
    await sleep(round * 12)
    assert.deepEqual(await Promise.all(workers.map((worker) => worker.terminate())), [1, 1, 1])
  }
  server.close()
  await read(bytes)
  await assertNothingLives()
} else {
  await work(workerData)
}
