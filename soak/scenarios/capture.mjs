// A live source of sound and pictures that is followed all the time and whose last two seconds are read each second; beside it
// sources that come and go, some to their end, which has to have given all of it, some removed in the midst of it.
import { setTimeout as sleep } from 'node:timers/promises'
import { CaptureBuffers } from '../../dist/capture.js'
import { paced } from '../pace.mjs'

const RATE = 48_000
const FPS = 25
const liveSource = `lavfi:sine=sample_rate=${RATE}[out0];testsrc2=size=320x240:rate=${FPS}[out1]`
/** Of sound or of pictures alone: FFmpeg 5.1 leaks a picture each time that a graph with both is closed. */
const passingSource = (index, seconds) =>
  index % 2 === 0
    ? `lavfi:sine=frequency=${300 + (index % 50)}:sample_rate=${RATE}:duration=${seconds}`
    : `lavfi:testsrc2=size=320x240:rate=${FPS}:duration=${seconds},drawbox=x=${index % 100}`

/** @returns {Promise<{ samples: number, pictures: number, broken: number }>} what came; `broken`: places where sound did not go on */
async function follow(reader) {
  const seen = { samples: 0, pictures: 0, broken: 0 }
  let expected
  for await (const media of reader.follow({ last: 5 })) {
    if (media.numberOfFrames === undefined) {
      seen.pictures++
    } else {
      if (expected !== undefined && Math.abs(media.timestamp - expected) > 2) seen.broken++
      expected = media.timestamp + (media.numberOfFrames * 1e6) / media.sampleRate
      seen.samples += media.numberOfFrames
    }
    media.close()
  }
  return seen
}

/** Two seconds of a source, to its end: an input is a picture, or what of sound lasts as long. */
async function passing(index, progress, fail) {
  const seconds = 2
  const source = passingSource(index, seconds)
  const isRemoved = index % 3 === 2
  const sampleRate = index % 4 === 0 ? RATE : 16_000
  const reader = CaptureBuffers.allocateIfNeeded(source, { seconds: 5, sampleRate }).openReader()
  const following = follow(reader)
  if (isRemoved) await sleep(700)
  else await following
  CaptureBuffers.remove(source)
  const { samples, pictures, broken } = await following
  reader.close()
  if (broken > 0) fail(new Error(`sound was interrupted ${broken} times`))
  if (isRemoved) return
  progress.inputs += seconds * FPS
  progress.outputs += pictures + Math.round(samples / (sampleRate / FPS))
}

export const hasOutputForEachInput = true

export async function run({ progress, fail, until }) {
  const source = liveSource
  const buffer = CaptureBuffers.allocateIfNeeded(source, { seconds: 10 })
  await buffer.live()
  const begin = performance.now()
  const follower = buffer.openReader()
  const following = follow(follower)
  const reader = buffer.openReader()
  const passings = []
  await paced(1, until, async (second) => {
    if (second % 5 === 0) passings.push(passing(second / 5, progress, fail).catch(fail))
    if (second < 3) return
    progress.inputs++
    const { audio, video } = await reader.readLast(2)
    const isWhole = audio.length === 1 && audio[0].numberOfFrames === 2 * RATE && Math.abs(video.length - 2 * FPS) <= 1
    if (isWhole) progress.outputs++
    else
      fail(new Error(`two seconds were ${audio.map((data) => data.numberOfFrames)} samples, ${video.length} pictures`))
    for (const media of [...audio, ...video]) media.close()
  })
  await Promise.all(passings)
  const seconds = (performance.now() - begin) / 1000
  CaptureBuffers.remove(source)
  const seen = await following
  const { lost } = follower
  follower.close()
  reader.close()
  if (lost.audioFrames + lost.videoFrames > 0)
    fail(new Error(`lost ${lost.audioFrames} samples, ${lost.videoFrames} pictures`))
  if (seen.broken > 0) fail(new Error(`sound was interrupted ${seen.broken} times`))
  if (Math.abs(seen.samples / RATE - seconds) > 2 || Math.abs(seen.pictures / FPS - seconds) > 2) {
    fail(new Error(`${seconds.toFixed(1)} seconds gave ${seen.samples} samples and ${seen.pictures} pictures`))
  }
}
