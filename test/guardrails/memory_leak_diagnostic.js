// Runs four scenarios that queue frames without ever waiting, each once to warm up and once to measure, and names the
// suspect when memory that was queued is not given back to the system.
//
//   node --expose-gc test/guardrails/memory_leak_diagnostic.js [--frames 1000]
import { rgbaPicture } from '../helpers/pictures.js'
import {
  conclude,
  liveObjects,
  loadBuild,
  megabytes,
  numberArgument,
  restingMemory,
  untilNothingLives,
} from './support.js'

const width = 640
const height = 480
const maxGrowth = 10 * 2 ** 20
const frameCount = numberArgument('frames', 1_000)

const build = await loadBuild()
const { VideoEncoder, VideoFrame } = build
const pictures = Array.from({ length: 8 }, (_, index) => rgbaPicture(width, height, index))

function makeFrame(index) {
  return new VideoFrame(pictures[index % pictures.length], {
    format: 'RGBA',
    codedWidth: width,
    codedHeight: height,
    timestamp: Math.round((index * 1e6) / 30),
  })
}

function makeEncoder() {
  const encoder = new VideoEncoder({
    output() {},
    error(error) {
      console.error(`FAIL the encoder reported ${error.name}: ${error.message}`)
      process.exit(1)
    },
  })
  encoder.configure({ codec: 'avc1.42001f', width, height, bitrate: 2_000_000, framerate: 30, latencyMode: 'realtime' })
  return encoder
}

function encodeAll(encoder, afterEach = () => {}) {
  for (let index = 0; index < frameCount; index++) {
    const frame = makeFrame(index)
    encoder.encode(frame)
    frame.close()
    afterEach(index)
  }
}

const scenarios = [
  {
    name: 'frames only',
    suspect: 'the memory of VideoFrame: its constructor, close(), or the buffer pool',
    run() {
      for (let index = 0; index < frameCount; index++) makeFrame(index).close()
    },
  },
  {
    name: 'encode, no flush',
    suspect: 'what close() drops: queued frames, frame_info_, or the encoder itself',
    run() {
      const encoder = makeEncoder()
      encodeAll(encoder)
      encoder.close()
    },
  },
  {
    name: 'encode, flush each 100',
    suspect: 'flush(): its promises, or what the encoder keeps from one flush to the next',
    async run() {
      const encoder = makeEncoder()
      const flushes = []
      encodeAll(encoder, (index) => {
        if (index % 100 === 99) flushes.push(encoder.flush())
      })
      await Promise.all([...flushes, encoder.flush()])
      encoder.close()
    },
  },
  {
    name: 'encode, one flush',
    suspect: 'the way of an encoded packet: AVPacket, event queue, EncodedVideoChunk',
    async run() {
      const encoder = makeEncoder()
      encodeAll(encoder)
      await encoder.flush()
      encoder.close()
    },
  },
]

const failures = []
console.log(`${frameCount} frames of ${width}x${height} RGBA in each scenario, one warm-up pass before it`)
for (const { name, suspect, run } of scenarios) {
  await run()
  await untilNothingLives(build)
  const before = await restingMemory()
  await run()
  const left = await untilNothingLives(build)
  const growth = (await restingMemory()) - before
  console.log(`${name.padEnd(24)} ${megabytes(growth).padStart(9)}   at rest ${megabytes(before)}`)
  if (left !== '') failures.push(`${name}: still alive after close(): ${left}. Suspect: ${suspect}`)
  if (growth >= maxGrowth) failures.push(`${name}: memory grew by ${megabytes(growth)}. Suspect: ${suspect}`)
}
if (failures.length > 0)
  console.log(`counters ${JSON.stringify(build.counters())}; alive: ${liveObjects(build) || 'nothing'}`)
conclude(failures)
