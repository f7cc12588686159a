// Plants a leak, memory that is taken anew again and again, and frames that are forgotten, and fails unless the tracker finds each,
// with its line; then checks that a clean program gets a clean report, and that turned off the tracker notes nothing.
//
//   node --expose-gc test/guardrails/allocation_tracker.js
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { conclude, loadBuild, untilNothingLives } from './support.js'

const build = await loadBuild()
const { enableAllocationTracking, getAllocationReport } = await import(
  new URL('../../dist/diagnostics.js', import.meta.url)
)
const [width, height] = [320, 180]
const count = 150
const failures = []

function expect(isTrue, message) {
  console.log(`${isTrue ? 'ok  ' : 'FAIL'} ${message}`)
  if (!isTrue) failures.push(message)
}

const makeFrame = (timestamp, rows = height) =>
  new build.VideoFrame(new Uint8Array(width * rows * 4), {
    format: 'RGBA',
    codedWidth: width,
    codedHeight: rows,
    timestamp,
  })

/** The entry whose stack begins in this function. */
const from = (entries, name) => entries.find(({ stack }) => stack.some((line) => line.includes(name)))

async function collect() {
  for (let turn = 0; turn < 10; turn++) {
    globalThis.gc()
    await sleep(10)
  }
}

// --- A leak: frames that are kept and never closed --------------------------------------------------------------------

const kept = []
function leakFrames() {
  for (let index = 0; index < count; index++) kept.push(makeFrame(index))
}

enableAllocationTracking(true)
leakFrames()
const leak = from(getAllocationReport().groups, 'leakFrames')
expect(leak?.live === count && leak.source === 'VideoFrame' && leak.kind === 'copy', 'a leak is found by its line')
expect(leak?.liveBytes === count * width * height * 4, 'with its bytes')
expect(getAllocationReport('text').includes('leakFrames'), 'the text names it')
expect(JSON.parse(getAllocationReport('json')).live.length >= count, 'the JSON has every live allocation')

// --- The same source takes new memory again and again ------------------------------------------------------------------

function allocateAgainAndAgain() {
  // Never the same size, so that no pool can serve it.
  for (let index = 0; index < count; index++) kept.push(makeFrame(index, height + index))
}
allocateAgainAndAgain()
expect(from(getAllocationReport().repeated, 'allocateAgainAndAgain') !== undefined, 'repeated allocations are found')
for (const frame of kept.splice(0)) frame.close()
expect(from(getAllocationReport().groups, 'leakFrames').live === 0, 'what is closed is not alive any more')

// --- Frames that are forgotten -------------------------------------------------------------------------------------------

function forgetFrames() {
  for (let index = 0; index < count; index++) makeFrame(index)
}
forgetFrames()
await collect()
const forgotten = from(getAllocationReport().forgotten, 'forgetFrames')
expect(forgotten?.count === count && forgotten.interface === 'VideoFrame', 'frames collected without close() are found')

// --- A clean program, in this thread and in another ----------------------------------------------------------------------

async function encodeCleanly() {
  const encoder = new build.VideoEncoder({ output() {}, error: (error) => failures.push(String(error)) })
  encoder.configure({ codec: 'avc1.42001f', width, height, latencyMode: 'realtime' })
  for (let index = 0; index < count; index++) {
    const frame = makeFrame(index * 33_333)
    encoder.encode(frame)
    frame.close()
    while (encoder.encodeQueueSize > 2) await sleep(1)
  }
  await encoder.flush()
  encoder.close()
}

enableAllocationTracking(false)
enableAllocationTracking(true)
await encodeCleanly()
const left = await untilNothingLives(build)
const clean = getAllocationReport()
expect(left === '' && clean.live.length === 0, 'nothing is alive after a clean program')
expect(clean.repeated.length === 0 && clean.forgotten.length === 0, 'and nothing is blamed')
const encoding = clean.groups.filter(({ source }) => source.startsWith('VideoEncoder #'))
const pictures = encoding.filter(({ kind }) => kind === 'picture').reduce((sum, group) => sum + group.count, 0)
expect(pictures === count, 'what the encoder took is named after it')
expect(
  encoding.some(({ stack }) => stack.some((line) => line.includes('encodeCleanly'))),
  'and has the line that asked for it, from another thread as well',
)

const worker = new Worker(
  `const { workerData } = require('node:worker_threads')
   import(workerData).then(({ VideoFrame }) => {
     const data = new Uint8Array(16 * 16 * 4)
     new VideoFrame(data, { format: 'RGBA', codedWidth: 16, codedHeight: 16, timestamp: 0 }).close()
   })`,
  { eval: true, workerData: new URL('../../dist/index.js', import.meta.url).href },
)
await new Promise((resolve, reject) => worker.on('exit', resolve).on('error', reject))
expect(
  getAllocationReport().groups.some(({ source }) => source.startsWith('VideoFrame of thread ')),
  'allocations of other threads are in the report',
)

// --- Off -----------------------------------------------------------------------------------------------------------------

enableAllocationTracking(false)
const { groups } = getAllocationReport()
leakFrames()
for (const frame of kept.splice(0)) frame.close()
expect(getAllocationReport().groups.length === groups.length, 'turned off, it notes nothing')
conclude(failures)
