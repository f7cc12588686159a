// Borrows the memory of audio data again and again, checks every sample, and fails on an error, a sample that is wrong,
// an array that outlives its data, or a heap that grew.
//
//   node --expose-gc test/guardrails/borrow_soak.js [--count 30000] [--rate 100]
//
// `--rate` is how many a second; without it they come as fast as they can.
import { setTimeout as sleep } from 'node:timers/promises'
import v8 from 'node:v8'
import { conclude, loadBuild, numberArgument, untilNothingLives } from './support.js'

// Compiled code comes and goes by some kilobytes, which would hide a leak, or look like one.
v8.setFlagsFromString('--no-opt')
v8.setFlagsFromString('--no-sparkplug')

const count = numberArgument('count', 30_000)
const rate = numberArgument('rate', Number.MAX_SAFE_INTEGER)
const { AudioData, ...build } = await loadBuild()
const { borrowPlanes } = await import(new URL('../../dist/zero-copy.js', import.meta.url))

// Ten milliseconds of stereo at 48 kHz.
const init = { sampleRate: 48_000, numberOfFrames: 480, numberOfChannels: 2 }
const tone = Float32Array.from({ length: 960 }, (_, index) => Math.sin(index / 7))

const failures = []
let wrong = 0
let outlived = 0

function borrowOne(index) {
  const isPlanar = index % 2 === 1
  tone[0] = index % 1000
  const data = new AudioData({
    ...init,
    format: isPlanar ? 'f32-planar' : 'f32',
    timestamp: index * 10_000,
    data: tone,
    // Half of them copied by the constructor into pool memory, half adopted.
    ...(index % 4 < 2 && adopted()),
  })
  const clone = index % 3 === 0 ? data.clone() : undefined
  const planes = borrowPlanes(data)
  check(planes)
  data.close()
  if (clone) {
    const [first] = borrowPlanes(clone)
    if (first.buffer !== planes[0].buffer) wrong++
    check(planes)
    clone.close()
  }
  if (planes.some((plane) => plane.length !== 0)) outlived++
}

function adopted() {
  const data = tone.slice()
  return { data, transfer: [data.buffer] }
}

function check(planes) {
  let at = 0
  for (const plane of planes) for (const sample of plane) if (sample !== tone[at++]) wrong++
  if (at !== tone.length) wrong++
}

async function run(from, to) {
  const start = performance.now()
  for (let index = from; index < to; index++) {
    try {
      borrowOne(index)
    } catch (error) {
      failures.push(`borrow ${index}: ${error}`)
      return
    }
    const due = start + ((index - from + 1) * 1000) / rate
    if (due > performance.now()) await sleep(due - performance.now())
    else if (index % 100 === 99) await sleep(0)
  }
}

/** Bytes in use once collection brings no more: finalizers and what they free take several turns. */
async function heap() {
  let lowest = Infinity
  for (let fruitless = 0; fruitless < 10; fruitless++) {
    globalThis.gc()
    await sleep(20)
    const { heapUsed } = process.memoryUsage()
    if (heapUsed < lowest) fruitless = 0
    lowest = Math.min(lowest, heapUsed)
  }
  return lowest
}

const parts = 6
const resting = []
const start = performance.now()
for (let part = 0; part < parts; part++) {
  await run(Math.floor((count * part) / parts), Math.floor((count * (part + 1)) / parts))
  resting.push(await heap())
}
const seconds = (performance.now() - start) / 1000
const delta = resting.pop() - Math.max(...resting)

console.log(`borrowed ${count} in ${seconds.toFixed(1)} s`)
console.log(
  `heap     ${resting.map((bytes) => (bytes / 1024).toFixed(1)).join(', ')} kB, then ${delta} bytes (at most 0)`,
)
if (wrong > 0) failures.push(`${wrong} samples were wrong`)
if (outlived > 0) failures.push(`${outlived} arrays outlived their data`)
if (delta > 0) failures.push(`the heap grew by ${delta} bytes`)
const left = await untilNothingLives(build)
if (left !== '') failures.push(`still alive: ${left}`)
conclude(failures)
