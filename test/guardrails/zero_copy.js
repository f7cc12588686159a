// Checks what borrowing native memory promises: the same bytes without a copy, gone with the last owner, clear errors on
// misuse, copies where the runtime forbids arrays over native memory, and in the end nothing left.
//
//   node --expose-gc test/guardrails/zero_copy.js
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { conclude, loadBuild, untilNothingLives } from './support.js'

const { AudioData, EncodedVideoChunk, VideoFrame, ...build } = await loadBuild()
const { borrowBytes, borrowPlanes } = await import(new URL('../../dist/zero-copy.js', import.meta.url))
const isForbidden = process.env.WEBCODECS_NATIVE_NO_EXTERNAL_BUFFERS !== undefined
const failures = []

function expect(isTrue, message) {
  console.log(`${isTrue ? 'ok  ' : 'FAIL'} ${message}${isForbidden ? ' (copies)' : ''}`)
  if (!isTrue) failures.push(message)
}

/** The name of what is thrown. */
function thrown(call) {
  try {
    call()
  } catch (error) {
    return error.name
  }
  return 'nothing'
}

const [width, height] = [640, 360]
const pixels = Uint8Array.from({ length: width * height * 1.5 }, (_, index) => (index * 7) % 251)
const frameOf = (data, more) =>
  new VideoFrame(data, { format: 'I420', codedWidth: width, codedHeight: height, timestamp: 0, ...more })

// --- In ----------------------------------------------------------------------------------------------------------------

const given = pixels.slice()
const before = build.counters().bytes
const adopted = frameOf(given, { transfer: [given.buffer] })
expect(given.byteLength === 0, 'transfer takes the memory of the ArrayBuffer')
expect(build.counters().bytes === before, 'and allocates none')
expect(borrowPlanes(adopted)[0].data[5] === pixels[5], 'native code reads it in place')
adopted.close()
expect(thrown(() => frameOf(given, { transfer: [given.buffer] })) !== 'nothing', 'memory cannot be given away twice')

// --- Out ---------------------------------------------------------------------------------------------------------------

const frame = frameOf(pixels)
const clone = frame.clone()
const [luma] = borrowPlanes(frame)
const sameRows = Array.from({ length: luma.rows }, (_, row) =>
  luma.data
    .subarray(row * luma.stride, row * luma.stride + width)
    .every((value, x) => value === pixels[row * width + x]),
)
expect(sameRows.every(Boolean), 'the planes are what the frame was made of')
expect(borrowPlanes(clone)[0].data.buffer === luma.data.buffer, 'a clone lends the same memory')
frame.close()
frame.close()
expect(luma.data.length > 0, 'an open clone keeps it, however often the frame is closed')
expect(thrown(() => borrowPlanes(frame)) === 'InvalidStateError', 'a closed frame lends nothing')
clone.close()
expect(luma.data.length === 0, 'after the last close() the arrays are empty')

const audio = new AudioData({
  format: 'f32-planar',
  sampleRate: 48_000,
  numberOfFrames: 480,
  numberOfChannels: 2,
  timestamp: 0,
  data: Float32Array.from({ length: 960 }, (_, index) => index),
})
const [left, right] = borrowPlanes(audio)
expect(left[1] === 1 && right[0] === 480, 'samples are lent by channel')
audio.close()
expect(left.length === 0 && right.length === 0, 'until the data is closed')
expect(thrown(() => borrowPlanes(audio)) === 'InvalidStateError', 'closed data lends nothing')

const chunk = new EncodedVideoChunk({ type: 'key', timestamp: 0, data: pixels.subarray(0, 100) })
const lent = borrowBytes(chunk)
expect(lent[99] === pixels[99], 'the bytes of a chunk are lent')
expect(borrowBytes(chunk).buffer === lent.buffer, 'always the same')

// --- What is not ours --------------------------------------------------------------------------------------------------

for (const value of [undefined, null, 1, {}, pixels, pixels.buffer, Object.create(VideoFrame.prototype)]) {
  if (thrown(() => borrowPlanes(value)) !== 'TypeError') failures.push(`borrowPlanes(${String(value)}) does not throw`)
  if (thrown(() => borrowBytes(value)) !== 'TypeError') failures.push(`borrowBytes(${String(value)}) does not throw`)
}
expect(failures.length === 0, 'what is no frame, data or chunk is refused')

// --- Forgotten frames --------------------------------------------------------------------------------------------------

const holder = { array: (() => borrowPlanes(frameOf(pixels))[0].data)() }
for (let turn = 0; turn < 5; turn++) {
  globalThis.gc()
  await new Promise((resolve) => setTimeout(resolve, 10))
}
expect(holder.array[7] === pixels[7], 'the arrays of a forgotten frame keep its memory')
if (!isForbidden) expect(build.counters().buffers === 1, 'which is that of the frame')
holder.array = undefined
expect((await untilNothingLives(build)) === '', 'and goes with them')

if (!isForbidden) {
  const file = fileURLToPath(import.meta.url)
  const env = { ...process.env, WEBCODECS_NATIVE_NO_EXTERNAL_BUFFERS: '1' }
  try {
    execFileSync(process.execPath, ['--expose-gc', file], { env, stdio: 'inherit' })
  } catch {
    failures.push('copies instead of loans: see above')
  }
}
conclude(failures)
