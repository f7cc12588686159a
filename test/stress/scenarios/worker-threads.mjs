import { once } from 'node:events'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { assert, assertNothingLives, encodeClip, encoderConfig, makeDecoder } from './support.mjs'

if (isMainThread) {
  const workers = Array.from({ length: 4 }, () => new Worker(new URL(import.meta.url)))
  const own = encodeClip(60)
  const results = await Promise.all(workers.map((worker) => once(worker, 'message')))
  await own
  await Promise.all(workers.map((worker) => worker.terminate()))
  assert.deepEqual(results.flat(), [60, 60, 60, 60])
  await assertNothingLives()
} else {
  const { chunks, decoderConfig } = await encodeClip(60, encoderConfig)
  const { decoder, timestamps, errors } = makeDecoder(decoderConfig)
  for (const chunk of chunks) decoder.decode(chunk)
  await decoder.flush()
  decoder.close()
  assert.deepEqual(errors, [])
  parentPort.postMessage(timestamps.length)
}
