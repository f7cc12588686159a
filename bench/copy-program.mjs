// Prints, in microseconds, what copyTo() of a 1080p I420 frame costs until its promise is fulfilled, in its own format and
// as RGBA, and what Uint8Array.set of the same bytes costs. 12 frames in rotation, the four in turn; medians of single
// calls.
import { VideoFrame } from '../dist/index.js'

const width = 1920
const height = 1080
const rounds = 60
const i420Bytes = (width * height * 3) / 2
const rgbaBytes = width * height * 4
const fill = (bytes, seed) => Uint8Array.from({ length: bytes }, (_, index) => (index * 7 + (index >> 9) + seed) & 255)
const sources = Array.from({ length: 12 }, (_, index) => fill(i420Bytes, index))
const rgba = sources.map((_, index) => fill(rgbaBytes, index))
const frames = sources.map(
  (source, timestamp) => new VideoFrame(source, { format: 'I420', codedWidth: width, codedHeight: height, timestamp }),
)
const destination = new Uint8Array(rgbaBytes).fill(1)
const i420Destination = destination.subarray(0, i420Bytes)

const times = { memcpy: [], copy: [], memcpyRgba: [], convert: [] }

async function time(name, work) {
  const start = performance.now()
  await work()
  times[name].push((performance.now() - start) * 1000)
}

for (let round = 0; round < rounds; round++) {
  for (const source of sources) await time('memcpy', () => i420Destination.set(source))
  for (const frame of frames) await time('copy', () => frame.copyTo(i420Destination))
  for (const source of rgba) await time('memcpyRgba', () => destination.set(source))
  for (const frame of frames) await time('convert', () => frame.copyTo(destination, { format: 'RGBA' }))
  await new Promise(setImmediate)
}
for (const frame of frames) frame.close()

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1]
// The first quarter warms up.
console.log(
  JSON.stringify(
    Object.fromEntries(Object.entries(times).map(([name, all]) => [name, median(all.slice(all.length >> 2))])),
  ),
)
