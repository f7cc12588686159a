// Prints, in microseconds, what a 1080p I420 picture costs to copy by Uint8Array.set into a reused array, and
// to become a VideoFrame that is closed at once: copied, and with its buffer transferred. 30 sources in rotation, the three
// in turn; medians of single calls.
import { VideoFrame } from '../dist/index.js'

const width = 1920
const height = 1080
const bytes = (width * height * 3) / 2
const rounds = 40
const sources = Array.from({ length: 30 }, (_, index) => new Uint8Array(bytes).fill(index + 1))
const destination = new Uint8Array(bytes).fill(1)
const init = { format: 'I420', codedWidth: width, codedHeight: height, timestamp: 0 }

const times = { set: [], construct: [], transfer: [] }

function time(name, work) {
  const start = performance.now()
  work()
  times[name].push((performance.now() - start) * 1000)
}

for (let round = 0; round < rounds; round++) {
  for (const source of sources) time('set', () => destination.set(source))
  for (const source of sources) time('construct', () => new VideoFrame(source, init).close())
  // A transferred buffer is gone: each call gets one of its own, written before the clock starts.
  for (const source of sources) {
    const data = source.slice()
    time('transfer', () => new VideoFrame(data, { ...init, transfer: [data.buffer] }).close())
  }
  // Others get their turn, as in any program.
  await new Promise(setImmediate)
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1]
// The first quarter warms up.
console.log(
  JSON.stringify(
    Object.fromEntries(Object.entries(times).map(([name, all]) => [name, median(all.slice(all.length >> 2))])),
  ),
)
