// Encodes sound to Opus and decodes it again, as a careful program would (all data closed, never more than a few in the
// queues), and fails when resident memory grows.
//
//   node --expose-gc test/guardrails/audio_memory_sentinel.js [--chunks 100000]
import { once } from 'node:events'
import { conclude, loadBuild, megabytes, numberArgument, restingMemory, untilNothingLives } from './support.js'

const maxGrowth = 10 * 2 ** 20
const chunkCount = numberArgument('chunks', 100_000)
const warmUpCount = Math.max(1, Math.min(5_000, Math.floor(chunkCount / 4)))

const build = await loadBuild()
const { AudioData, AudioDecoder, AudioEncoder } = build

// A chunk for each AudioData: 20 ms of stereo.
const numberOfFrames = 960
const shape = { sampleRate: 48_000, numberOfChannels: 2 }
const tone = Float32Array.from({ length: 2 * numberOfFrames }, (_, i) => 0.4 * Math.sin((i % numberOfFrames) / 11))

const counts = { chunks: 0, frames: 0 }
const failures = []
const error = ({ name, message }) => {
  console.error(`FAIL a codec reported ${name}: ${message}`)
  process.exit(1)
}
const decoder = new AudioDecoder({
  output(data) {
    counts.frames += data.numberOfFrames
    data.close()
  },
  error,
})
const encoder = new AudioEncoder({
  output(chunk, { decoderConfig }) {
    if (decoderConfig) decoder.configure(decoderConfig)
    counts.chunks++
    decoder.decode(chunk)
  },
  error,
})
encoder.configure({ ...shape, codec: 'opus', bitrate: 96_000, opus: { complexity: 0 } })

async function encode(from, to) {
  for (let index = from; index < to; index++) {
    while (encoder.encodeQueueSize >= 4) await once(encoder, 'dequeue')
    while (decoder.decodeQueueSize >= 4) await once(decoder, 'dequeue')
    const init = { ...shape, format: 'f32-planar', numberOfFrames, timestamp: index * 20_000, data: tone }
    const data = new AudioData(init)
    encoder.encode(data)
    data.close()
  }
}

const start = performance.now()
await encode(0, warmUpCount)
const before = await restingMemory()
await encode(warmUpCount, chunkCount)
await encoder.flush()
await decoder.flush()
const seconds = (performance.now() - start) / 1000
const growth = (await restingMemory()) - before
encoder.close()
decoder.close()

console.log(`chunks   ${counts.chunks} of Opus encoded and decoded, ${(counts.chunks / seconds).toFixed(0)} a second`)
console.log(`growth   ${megabytes(growth)} after ${warmUpCount} of warm-up (fails at ${megabytes(maxGrowth)})`)
// The last input is followed by what the encoder holds back.
if (counts.chunks !== chunkCount + 1) failures.push(`${chunkCount} inputs gave ${counts.chunks} chunks`)
if (counts.frames < chunkCount * numberOfFrames) failures.push(`only ${counts.frames} frames were decoded`)
if (growth >= maxGrowth) failures.push(`memory grew by ${megabytes(growth)}`)
const left = await untilNothingLives(build)
if (left !== '') failures.push(`still alive after close(): ${left}`)
conclude(failures)
