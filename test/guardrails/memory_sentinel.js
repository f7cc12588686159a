// Encodes many RGBA frames as a careful program would (every frame closed, never more than a few in the queue) and
// fails when resident memory grows.
//
//   node --expose-gc test/guardrails/memory_sentinel.js [--frames 10000] [--latency realtime|quality]
import { once } from 'node:events'
import { layoutOf, psnr, rgbaPicture } from '../helpers/pictures.js'
import {
  conclude,
  loadBuild,
  megabytes,
  numberArgument,
  peakMemory,
  refuse,
  restingMemory,
  untilNothingLives,
} from './support.js'

const width = 640
const height = 480
const maxGrowth = 50 * 2 ** 20
const targetGrowth = 15 * 2 ** 20
const targetPeak = 400 * 2 ** 20
const frameCount = numberArgument('frames', 10_000)
const warmUpCount = Math.max(1, Math.min(1_000, Math.floor(frameCount / 5)))
const samplePeriod = Math.max(10, Math.floor(frameCount / 10))
const sampleLength = 10
const minSamplePsnr = 32

const latencyAt = process.argv.indexOf('--latency')
const latencyMode = latencyAt < 0 ? 'realtime' : process.argv[latencyAt + 1]
if (latencyMode !== 'realtime' && latencyMode !== 'quality') refuse('--latency wants realtime or quality')

const build = await loadBuild()
const { VideoEncoder, VideoDecoder, VideoFrame } = build

// The scene moves forwards and back again, so that consecutive pictures always differ by one step.
const steps = Array.from({ length: 12 }, (_, index) => rgbaPicture(width, height, index))
const pictures = [...steps, ...steps.slice(1, -1).reverse()]
const pictureOf = (index) => pictures[index % pictures.length]
const timestampOf = (index) => Math.round((index * 1e6) / 30)

let packets = 0
let decoderConfig
const sample = []
const failures = []
const encoder = new VideoEncoder({
  output(chunk, metadata) {
    if (metadata?.decoderConfig) decoderConfig = metadata.decoderConfig
    if (packets % samplePeriod < sampleLength) sample.push(chunk)
    packets++
  },
  error(error) {
    console.error(`FAIL the encoder reported ${error.name}: ${error.message}`)
    process.exit(1)
  },
})
encoder.configure({ codec: 'avc1.42001f', width, height, bitrate: 3_000_000, framerate: 30, latencyMode })

async function encode(from, to) {
  for (let index = from; index < to; index++) {
    while (encoder.encodeQueueSize >= 4) await once(encoder, 'dequeue')
    const frame = new VideoFrame(pictureOf(index), {
      format: 'RGBA',
      codedWidth: width,
      codedHeight: height,
      timestamp: timestampOf(index),
    })
    encoder.encode(frame, { keyFrame: index % samplePeriod === 0 })
    frame.close()
  }
}

const start = performance.now()
await encode(0, warmUpCount)
const before = await restingMemory()
await encode(warmUpCount, frameCount)
await encoder.flush()
const seconds = (performance.now() - start) / 1000
const after = await restingMemory()
const peak = peakMemory()
encoder.close()

const growth = after - before
console.log(
  `frames   ${frameCount} of ${width}x${height} RGBA, ${latencyMode}, ${(frameCount / seconds).toFixed(0)} fps`,
)
console.log(
  `growth   ${megabytes(growth)} after ${warmUpCount} frames of warm-up (target under ${megabytes(targetGrowth)}, fails at ${megabytes(maxGrowth)})`,
)
console.log(`peak RSS ${megabytes(peak)} (target under ${megabytes(targetPeak)})`)
if (packets !== frameCount) failures.push(`${frameCount} frames gave ${packets} packets`)
if (growth >= maxGrowth) failures.push(`memory grew by ${megabytes(growth)}`)
if (growth >= targetGrowth) console.log(`note     growth misses its target`)
if (peak >= targetPeak) console.log(`note     peak RSS misses its target`)

const { decoded, worst } = await decodeSample()
console.log(
  `sample   ${decoded} of ${sample.length} packets decoded, worst PSNR ${worst.toFixed(1)} dB (at least ${minSamplePsnr})`,
)
if (decoded !== sample.length) failures.push(`${sample.length} sampled packets gave ${decoded} frames`)
if (worst < minSamplePsnr) failures.push(`a decoded picture differs from its source: ${worst.toFixed(1)} dB`)

const left = await untilNothingLives(build)
if (left !== '') failures.push(`still alive after close(): ${left}`)
conclude(failures)

/** Decodes the sampled packets, run by run, and compares each picture with the one that was encoded. */
async function decodeSample() {
  const index = new Map(Array.from({ length: frameCount }, (_, i) => [timestampOf(i), i]))
  const { size } = layoutOf('RGBA', width, height)
  const pixels = new Uint8Array(size)
  let decoded = 0
  let worst = Infinity
  let last = Promise.resolve()
  const decoder = new VideoDecoder({
    output(frame) {
      decoded++
      last = last.then(async () => {
        await frame.copyTo(pixels, { format: 'RGBA' })
        const expected = pictureOf(index.get(frame.timestamp))
        worst = Math.min(worst, psnr(expected, pixels))
        frame.close()
      })
    },
    error(error) {
      failures.push(`the decoder reported ${error.name}: ${error.message}`)
    },
  })
  decoder.configure(decoderConfig)
  for (const chunk of sample) {
    while (decoder.decodeQueueSize >= 4) await once(decoder, 'dequeue')
    decoder.decode(chunk)
    await last
  }
  await decoder.flush()
  await last
  decoder.close()
  return { decoded, worst }
}
