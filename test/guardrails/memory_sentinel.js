// Encodes or decodes for as long as asked, as a careful program would (everything closed, never more than a few inputs
// in the queue), and fails when resident memory grows, or when a sample of what came out is not what went in.
//
//   node --expose-gc test/guardrails/memory_sentinel.js [--frames 10000] [--work encode|decode|audio]
//                    [--codec h264|hevc|vp8|vp9|av1] [--latency realtime|quality]
//
// `--frames` counts packets of sound when the work is audio.
import { makeAudioLoad } from './memory_sentinel/audio.js'
import { makeDecodeLoad } from './memory_sentinel/decode.js'
import { makeEncodeLoad } from './memory_sentinel/encode.js'
import {
  choiceArgument,
  conclude,
  loadBuild,
  megabytes,
  numberArgument,
  peakMemory,
  restingMemory,
  untilNothingLives,
} from './support.js'

const maxPictureGrowth = 50 * 2 ** 20
const targetGrowth = 15 * 2 ** 20
const targetPeak = 400 * 2 ** 20
const frameCount = numberArgument('frames', 10_000)
const warmUpCount = Math.max(1, Math.min(1_000, Math.floor(frameCount / 5)))

const codecs = {
  h264: 'avc1.42001f',
  hevc: 'hvc1.1.6.L93.B0',
  vp8: 'vp8',
  vp9: 'vp09.00.30.08',
  av1: 'av01.0.04M.08',
}
const loads = { encode: makeEncodeLoad, decode: makeDecodeLoad, audio: makeAudioLoad }

const work = choiceArgument('work', Object.keys(loads))
const codec = choiceArgument('codec', Object.keys(codecs))
const latencyMode = choiceArgument('latency', ['realtime', 'quality'])

const build = await loadBuild()
const failures = []
const fail = (message) => failures.push(message)
// `run(from, to)` gives inputs; `finish()` waits for the outputs; `check()` tells what is wrong with them.
const { maxGrowth = maxPictureGrowth, ...load } = await loads[work](build, {
  frameCount,
  codec: codecs[codec],
  latencyMode,
  fail,
})

const start = performance.now()
await load.run(0, warmUpCount)
const before = await restingMemory()
await load.run(warmUpCount, frameCount)
await load.finish()
const seconds = (performance.now() - start) / 1000
const after = await restingMemory()
const peak = peakMemory()

const growth = after - before
console.log(`frames   ${frameCount} ${load.what(codec)}, ${(frameCount / seconds).toFixed(0)} a second`)
console.log(
  `growth   ${megabytes(growth)} after ${warmUpCount} frames of warm-up (target under ${megabytes(targetGrowth)}, fails at ${megabytes(maxGrowth)})`,
)
console.log(`peak RSS ${megabytes(peak)} (target under ${megabytes(targetPeak)})`)
if (growth >= maxGrowth) fail(`memory grew by ${megabytes(growth)}`)
if (growth >= targetGrowth) console.log(`note     growth misses its target`)
if (peak >= targetPeak) console.log(`note     peak RSS misses its target`)

console.log(`sample   ${await load.check()}`)
const left = await untilNothingLives(build)
if (left !== '') fail(`still alive after close(): ${left}`)
conclude(failures)
