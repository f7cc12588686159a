// Captures sources that come and go, and one that stays, and fails when there is not exactly one ring for each source, when memory
// grows, when the steady state allocates, or when something is left.
//
//   node --expose-gc test/guardrails/capture_buffers.js [--seconds 60] [--sources 300]
import { setTimeout as sleep } from 'node:timers/promises'
import { conclude, loadBuild, megabytes, numberArgument, restingMemory, untilNothingLives } from './support.js'

const seconds = numberArgument('seconds', 60)
const sourceCount = numberArgument('sources', 300)
const build = await loadBuild()
const { CaptureBuffers } = await import(new URL('../../dist/capture.js', import.meta.url))
const { counters } = build

const warmUp = 40
const failures = []
const steadySource = 'lavfi:sine=sample_rate=48000[out0];testsrc2=size=320x240:rate=25[out1]'

/** A source of two seconds: of sound, or of pictures. FFmpeg 5.1 leaks a picture with each graph that has both. */
const shortSource = (index) =>
  index % 2 === 0
    ? `lavfi:sine=frequency=${200 + index}:sample_rate=48000:duration=2`
    : `lavfi:testsrc2=size=320x240:rate=25:duration=2,drawbox=x=${index % 100}`

/** A source of two seconds, read to its end by as many callers as like. */
async function captureOne(index) {
  const source = shortSource(index)
  const callers = Array.from({ length: 20 }, async () => CaptureBuffers.allocateIfNeeded(source, { pace: 'fast' }))
  const [buffer] = await Promise.all(callers)
  const reader = buffer.openReader()
  let [samples, pictures] = [0, 0]
  for await (const media of reader.follow({ last: 10 })) {
    if (media.numberOfFrames) samples += media.numberOfFrames
    else pictures++
    media.close()
  }
  const { audio, video } = await reader.readLast(10)
  const [ofSound, ofPictures] = index % 2 === 0 ? [96_000, 0] : [0, 50]
  const lastSamples = audio.map((data) => data.numberOfFrames).join()
  const isWhole = samples === ofSound && pictures === ofPictures
  if (!isWhole || lastSamples !== (ofSound ? '96000' : '') || video.length !== ofPictures) {
    failures.push(`source ${index}: ${samples} samples (${lastSamples}), ${pictures} pictures (${video.length})`)
  }
  for (const media of [...audio, ...video]) media.close()
  // Every other one is removed while it is read.
  if (index % 2 === 0) CaptureBuffers.remove(source)
  reader.close()
  if (index % 2 === 1) CaptureBuffers.remove(source)
}

async function comeAndGo(count, from) {
  const before = counters().captureRings
  for (let index = from; index < from + count && failures.length === 0; index++) await captureOne(index)
  const rings = counters().captureRings - before
  const ofSound = Math.floor((from + count + 1) / 2) - Math.floor((from + 1) / 2)
  if (rings !== ofSound) failures.push(`${ofSound} sources with sound had ${rings} rings`)
}

/** Follows one source, and counts what the pool could not serve from its stock. */
async function stay() {
  const buffer = CaptureBuffers.allocateIfNeeded(steadySource, { seconds: 3 })
  const reader = buffer.openReader()
  let pieces = 0
  let start
  let warm
  for await (const media of reader.follow()) {
    media.close()
    pieces++
    start ??= performance.now()
    const passed = performance.now() - start
    // By now the ring has gone round.
    if (passed > 4000) warm ??= { pieces, rss: process.memoryUsage.rss(), ...counters().pool }
    if (passed > seconds * 1000) break
  }
  const now = counters().pool
  const misses = now.misses - warm.misses
  const growth = process.memoryUsage.rss() - warm.rss
  console.log(
    `steady: ${pieces - warm.pieces} pieces, ${now.hits - warm.hits} pool hits, ${misses} misses, ${megabytes(growth)} growth`,
  )
  if (misses > (now.hits - warm.hits) / 20) failures.push(`the pool had nothing for ${misses} of ${pieces} pieces`)
  if (growth > 8 * 2 ** 20) failures.push(`memory grew by ${megabytes(growth)} in the steady state`)
  if (reader.lost.audioFrames > 0) failures.push(`lost ${reader.lost.audioFrames} samples`)
  reader.close()
  CaptureBuffers.remove(steadySource)
}

// Threads come with heaps of their own, which stay: the first sources are not looked at.
await comeAndGo(warmUp, 0)
await sleep(100)
// A leak grows each time; a heap that one more thread got does so once.
const rounds = 2
let growth = Number.POSITIVE_INFINITY
for (let round = 0; round < rounds && growth > 8 * 2 ** 20; round++) {
  const before = await restingMemory()
  await comeAndGo(sourceCount, warmUp + round * sourceCount)
  growth = (await restingMemory()) - before
  console.log(`sources: ${sourceCount} came and went, ${megabytes(growth)} growth`)
}
// One that kept its ring, or its pictures, would have kept two to six megabytes.
if (growth > 8 * 2 ** 20) failures.push(`memory grew by ${megabytes(growth)} over ${sourceCount} sources`)
await stay()
const left = await untilNothingLives(build)
if (left !== '') failures.push(`still alive: ${left}`)
const { captureSources, captureReaders } = counters()
if (captureSources + captureReaders > 0)
  failures.push(`${captureSources} sources and ${captureReaders} readers are left`)
conclude(failures)
