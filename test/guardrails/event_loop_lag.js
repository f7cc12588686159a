// Encodes 1080p and fails when the JavaScript thread is held up.
//
//   node --expose-gc test/guardrails/event_loop_lag.js [--frames 300]
//
// monitorEventLoopDelay() starts a timer of `resolution` milliseconds and records the time between its firings: an idle
// loop shows the resolution, so that is taken off. A stall is one sample however long it lasts, hence the
// short resolution and the separate limit on the maximum. The interval that is open when the monitor is
// enabled, reset or disabled is lost, hence the pauses around the work. Other programs on the machine can only lengthen
// delays, never shorten them: the best of three attempts counts.
import { once } from 'node:events'
import { availableParallelism, loadavg } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { i420Picture, rgbaPicture } from '../helpers/pictures.js'
import { conclude, loadBuild, numberArgument, refuse } from './support.js'

const width = 1920
const height = 1080
const resolution = 1
const maxP99 = 8
const maxDelay = 50
const attempts = 3
const frameCount = numberArgument('frames', 300)

const build = await loadBuild()
const { VideoEncoder, VideoFrame } = build

/** Loop delay in milliseconds while `work` runs: the 50th and 99th percentile and the maximum. */
async function loopDelay(work) {
  const histogram = monitorEventLoopDelay({ resolution })
  histogram.enable()
  await sleep(20)
  await work()
  await sleep(20)
  histogram.disable()
  const delay = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - resolution)
  return { p50: delay(histogram.percentile(50)), p99: delay(histogram.percentile(99)), max: delay(histogram.max) }
}

/** A monitor that does not see a stall made on purpose would pass anything. */
async function refuseWhenBlind() {
  const { max } = await loopDelay(() => {
    const end = performance.now() + maxDelay + 30
    while (performance.now() < end);
  })
  if (max < maxDelay) refuse(`monitorEventLoopDelay() saw ${max.toFixed(1)} ms of a stall of ${maxDelay + 30} ms`)
}

async function encode(format, pictures) {
  let packets = 0
  const encoder = new VideoEncoder({
    output() {
      packets++
    },
    error(error) {
      console.error(`FAIL the encoder reported ${error.name}: ${error.message}`)
      process.exit(1)
    },
  })
  encoder.configure({ codec: 'avc1.640028', width, height, bitrate: 4_000_000, framerate: 30, latencyMode: 'realtime' })
  const start = performance.now()
  for (let index = 0; index < frameCount; index++) {
    while (encoder.encodeQueueSize >= 4) await once(encoder, 'dequeue')
    const frame = new VideoFrame(pictures[index % pictures.length], {
      format,
      codedWidth: width,
      codedHeight: height,
      timestamp: Math.round((index * 1e6) / 30),
    })
    encoder.encode(frame)
    frame.close()
    // A program that makes or receives frames comes back to the event loop between them.
    await new Promise(setImmediate)
  }
  await encoder.flush()
  encoder.close()
  return { packets, fps: (frameCount * 1000) / (performance.now() - start) }
}

/** Encodes once and prints the delays; returns what is wrong with them. */
async function attempt(format, pictures) {
  let result
  const { p50, p99, max } = await loopDelay(async () => {
    result = await encode(format, pictures)
  })
  const figures = `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms (at most ${maxP99}), max ${max.toFixed(2)} ms (at most ${maxDelay})`
  console.log(`1080p from ${format}: ${frameCount} frames, ${result.fps.toFixed(0)} fps, loop delay ${figures}`)
  const wrong = []
  if (result.packets !== frameCount) wrong.push(`${format}: ${frameCount} frames gave ${result.packets} packets`)
  if (p99 > maxP99) wrong.push(`${format}: loop delay p99 is ${p99.toFixed(2)} ms`)
  if (max > maxDelay) wrong.push(`${format}: the longest loop delay is ${max.toFixed(2)} ms`)
  return wrong
}

const failures = []
await refuseWhenBlind()
for (const [format, makePicture] of [
  ['I420', i420Picture],
  ['RGBA', rgbaPicture],
]) {
  const steps = Array.from({ length: 6 }, (_, index) => makePicture(width, height, index))
  const pictures = [...steps, ...steps.slice(1, -1).reverse()]
  let wrong
  for (let count = 0; count < attempts; count++) {
    wrong = await attempt(format, pictures)
    if (wrong.length === 0) break
  }
  failures.push(...wrong)
}
if (failures.length > 0) console.log(`load average ${loadavg()[0].toFixed(1)} on ${availableParallelism()} processors`)
conclude(failures)
