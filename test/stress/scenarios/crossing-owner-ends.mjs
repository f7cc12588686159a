// A thread sends frames of every kind of memory and ends, by itself or by force, while the main thread encodes from them
// and converts them.
import { once } from 'node:events'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import '../../../dist/worker.js'
import { i420Picture } from '../../helpers/pictures.js'
import {
  assert,
  assertNothingLives,
  encodeClip,
  encoderConfig,
  makeDecoder,
  makeEncoder,
  makeFrame,
  sleep,
  VideoFrame,
} from './support.mjs'

const { width, height } = encoderConfig
const ownFrames = 6
const clipLength = 8

function makeAdoptedFrame(index) {
  const data = i420Picture(width, height, index)
  const init = { format: 'I420', codedWidth: width, codedHeight: height, timestamp: index, transfer: [data.buffer] }
  return new VideoFrame(data, init)
}

async function sendFrames() {
  const { decoder } = makeDecoder(workerData.decoderConfig, { onFrame: (frame) => parentPort.postMessage(frame) })
  for (const chunk of workerData.chunks) decoder.decode(chunk)
  await decoder.flush()
  decoder.close()
  for (let index = 0; index < ownFrames; index++) {
    const frame = index % 2 ? makeFrame(index) : makeAdoptedFrame(index)
    // Half of them are cloned: then this thread holds them, too, when it ends.
    parentPort.postMessage(frame, index < 3 ? [frame] : [])
  }
}

async function useFrames(decoderConfig, chunks, end) {
  const worker = new Worker(new URL(import.meta.url), { workerData: { decoderConfig, chunks } })
  const { encoder, chunks: encoded, errors } = makeEncoder()
  const pixels = new Uint8Array(width * height * 4)
  let received = 0
  const copies = []
  worker.on('message', (frame) => {
    encoder.encode(frame)
    copies.push(frame.copyTo(pixels, { format: 'RGBA', colorSpace: 'display-p3' }))
    frame.close()
    received++
  })
  await end(worker)
  await Promise.all(copies)
  await encoder.flush()
  encoder.close()
  assert.deepEqual(errors, [])
  assert.equal(encoded.length, received)
  return received
}

if (isMainThread) {
  const { decoderConfig, chunks } = await encodeClip(clipLength)
  const byItself = (worker) => once(worker, 'exit')
  assert.equal(await useFrames(decoderConfig, chunks, byItself), clipLength + ownFrames)
  for (let delay = 0; delay < 12; delay++) {
    const byForce = async (worker) => {
      await once(worker, 'message')
      await sleep(delay)
      await worker.terminate()
    }
    assert.ok((await useFrames(decoderConfig, chunks, byForce)) > 0)
  }
  await assertNothingLives()
} else {
  await sendFrames()
}
