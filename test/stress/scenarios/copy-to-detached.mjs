// A destination that goes away during a pending conversion: the promise rejects with TypeError, and whoever owns the
// memory then never sees it change.

import { i420Picture } from '../../helpers/pictures.js'
import { assert, assertNothingLives, sleep, VideoFrame } from './support.mjs'

const width = 3840
const height = 2160
const size = width * height * 4
const frame = new VideoFrame(i420Picture(width, height, 0), {
  format: 'I420',
  codedWidth: width,
  codedHeight: height,
  timestamp: 0,
})

/** Starts a conversion into `destination`, takes the memory away with `take`, and returns what `take` returned. */
async function copyAndTake(destination, take) {
  const copied = frame.copyTo(destination, { format: 'RGBA' })
  const moved = take()
  await assert.rejects(copied, TypeError)
  return moved
}

function assertUntouched(buffer) {
  const bytes = new Uint8Array(buffer)
  assert.equal(bytes.length, size)
  assert.ok(bytes.every((byte) => byte === 0xa5))
}

const filled = () => new Uint8Array(size).fill(0xa5)

// Transferred by structuredClone.
{
  const view = filled()
  assertUntouched(await copyAndTake(view, () => structuredClone(view.buffer, { transfer: [view.buffer] })))
}
// Transferred through a MessagePort.
{
  const view = filled()
  const { port1, port2 } = new MessageChannel()
  const received = new Promise((resolve) => (port2.onmessage = ({ data }) => resolve(data)))
  await copyAndTake(view.buffer, () => port1.postMessage(view.buffer, [view.buffer]))
  assertUntouched(await received)
  port1.close()
}
// Transferred and collected: its memory is gone when the conversion ends.
{
  let view = filled()
  await copyAndTake(view, () => {
    structuredClone(view.buffer, { transfer: [view.buffer] })
    view = undefined
    globalThis.gc?.()
  })
  globalThis.gc?.()
}
// Detached by the growth of a WebAssembly memory, which keeps its contents.
{
  const memory = new WebAssembly.Memory({ initial: Math.ceil(size / 65536), maximum: Math.ceil(size / 65536) + 16 })
  const view = new Uint8Array(memory.buffer, 0, size).fill(0xa5)
  await copyAndTake(view, () => memory.grow(1))
  assertUntouched(memory.buffer.slice(0, size))
}
// A destination nobody took away receives the picture, also when the frame is closed meanwhile.
{
  const view = filled()
  const clone = frame.clone()
  const copied = clone.copyTo(view, { format: 'RGBA' })
  clone.close()
  await copied
  assert.equal(view[3], 255)
  assert.equal(view.at(-1), 255)
}
// A copy that nobody awaits, with nothing else that refers to it.
frame.copyTo(filled(), { format: 'RGBA' })
await sleep(0)
frame.close()
await assertNothingLives()
