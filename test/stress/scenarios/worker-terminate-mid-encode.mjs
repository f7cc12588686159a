// Workers are terminated at many different moments while they call everything that crosses into native code.
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
  makeFrame,
  sleep,
  VideoEncoder,
} from './support.mjs'

async function terminateAfter(milliseconds) {
  const worker = new Worker(new URL(import.meta.url))
  await once(worker, 'message')
  await sleep(milliseconds)
  assert.equal(await worker.terminate(), 1)
}

/** Works until it is terminated. */
async function work() {
  const clip = await encodeClip(10)
  const pixels = new Uint8Array(encoderConfig.width * encoderConfig.height * 4)
  const { encoder } = makeEncoder()
  const { decoder } = makeDecoder(clip.decoderConfig)
  parentPort.postMessage('busy')
  for (let round = 0; ; round++) {
    if (round % 3 === 2) {
      encoder.reset()
      encoder.configure(encoderConfig)
      decoder.configure(clip.decoderConfig)
    }
    encodeFrames(encoder, 5)
    for (const chunk of clip.chunks) decoder.decode(chunk)
    const frame = makeFrame(round)
    frame.copyTo(pixels, { format: 'RGBA' }).finally(() => frame.close())
    VideoEncoder.isConfigSupported({ ...encoderConfig, bitrate: 100_000 + round })
    encoder.flush().catch(() => {})
    await sleep(round % 4)
  }
}

if (isMainThread) {
  for (let round = 0; round < 12; round++) {
    await Promise.all([0, 1, 2, 3].map((index) => terminateAfter(round * 2 + index * 3)))
  }
  await assertNothingLives()
  // The process still encodes.
  await encodeClip(5)
  await assertNothingLives()
} else {
  await work()
}
