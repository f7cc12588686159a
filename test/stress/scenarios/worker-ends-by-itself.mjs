// A worker that leaves its codecs open ends by itself once they are idle.
import { once } from 'node:events'
import { isMainThread, Worker } from 'node:worker_threads'
import { assert, assertNothingLives, encodeFrames, makeEncoder } from './support.mjs'

if (isMainThread) {
  for (let round = 0; round < 4; round++) {
    const worker = new Worker(new URL(import.meta.url))
    assert.deepEqual(await once(worker, 'exit'), [0])
  }
  await assertNothingLives()
} else {
  const { encoder } = makeEncoder()
  encodeFrames(encoder, 5)
  await encoder.flush()
}
