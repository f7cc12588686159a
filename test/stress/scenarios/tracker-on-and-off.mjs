// Allocation tracking is turned on and off, and reports are made, while codecs of four workers and the main thread run.
import { once } from 'node:events'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { enableAllocationTracking, getAllocationReport } from '../../../dist/diagnostics.js'
import { assert, assertNothingLives, encodeClip, encoderConfig, makeDecoder, sleep } from './support.mjs'

async function encodeAndDecode() {
  const { chunks, decoderConfig } = await encodeClip(60, encoderConfig)
  const { decoder, timestamps, errors } = makeDecoder(decoderConfig)
  for (const chunk of chunks) decoder.decode(chunk)
  await decoder.flush()
  decoder.close()
  assert.deepEqual(errors, [])
  return timestamps.length
}

if (isMainThread) {
  const workers = Array.from({ length: 4 }, () => new Worker(new URL(import.meta.url)))
  const results = workers.map((worker) => once(worker, 'message'))
  let running = true
  const all = Promise.all(results).finally(() => (running = false))
  for (let turn = 0; running; turn++) {
    enableAllocationTracking(turn % 2 === 0)
    assert.ok(getAllocationReport('text').includes('allocations'))
    if (turn % 20 === 0) assert.equal(await encodeAndDecode(), 60)
    await sleep(turn % 5)
  }
  assert.deepEqual((await all).flat(), [60, 60, 60, 60])
  enableAllocationTracking(true)
  assert.equal(await encodeAndDecode(), 60)
  await Promise.all(workers.map((worker) => worker.terminate()))
  await assertNothingLives()
  const { live, groups } = getAllocationReport()
  assert.deepEqual(live, [])
  assert.ok(groups.some(({ source }) => source.startsWith('VideoDecoder #')))
} else {
  enableAllocationTracking(true)
  const count = await encodeAndDecode()
  parentPort.postMessage(count)
}
