import { once } from 'node:events'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import {
  assert,
  assertNothingLives,
  encodeClip,
  encodeFrames,
  encoderConfig,
  makeDecoder,
  makeEncoder,
  sleep,
} from './support.mjs'

const size = { width: 640, height: 360 }

if (isMainThread) {
  for (let round = 0; round < 8; round++) {
    const worker = new Worker(new URL(import.meta.url))
    await once(worker, 'message')
    await sleep(round * 7)
    assert.equal(await worker.terminate(), 1)
  }
  await assertNothingLives()
  // The process still encodes.
  await encodeClip(5)
  await assertNothingLives()
} else {
  const clip = await encodeClip(30)
  const { encoder } = makeEncoder({ ...encoderConfig, ...size })
  const { decoder } = makeDecoder(clip.decoderConfig)
  parentPort.postMessage('busy')
  for (let from = 0; ; from += 10) {
    encodeFrames(encoder, 10, { from, ...size })
    for (const chunk of clip.chunks) decoder.decode(chunk)
    await sleep(5)
  }
}
