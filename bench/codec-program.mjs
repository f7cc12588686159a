// The program that is timed against the ffmpeg command line: encodes or decodes one case and prints what it used as
// JSON. Arguments: the case and its source as JSON, and optionally the file to write the stream to.
import { once } from 'node:events'
import { open, writeFile } from 'node:fs/promises'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { VideoDecoder, VideoEncoder, VideoFrame } from '../dist/index.js'
import { bytesPerFrame, framerate } from './source.mjs'
import { streamFile } from './stream-file.mjs'

const [codecCase, source] = JSON.parse(process.argv[2])
const output = process.argv[3]
const timestampOf = (index) => Math.round((index * 1e6) / framerate)
// The monitor wakes the thread each time: a thousand times a second, where nothing is asked of the delay, would cost up to
// a tenth of the speed that is measured.
const delayResolution = codecCase.targets.maxDelayP99 === undefined ? 20 : 1

function fail(error) {
  console.error(error)
  process.exit(1)
}

/** Frames of the raw file, over and over, each read while the one before is encoded. */
async function* rawFrames({ path, frames }, frameBytes, count) {
  const file = await open(path)
  const buffers = [new Uint8Array(frameBytes), new Uint8Array(frameBytes)]
  const read = (index) => file.read(buffers[index % 2], 0, frameBytes, (index % frames) * frameBytes)
  let pending = read(0)
  for (let index = 0; index < count; index++) {
    await pending
    if (index + 1 < count) pending = read(index + 1)
    yield buffers[index % 2]
  }
  await file.close()
}

async function encode({ codec, encoder: library, width, height, bitrate, latencyMode, format, frames }) {
  const chunks = []
  let outputs = 0
  const encoder = new VideoEncoder({
    output(chunk) {
      outputs++
      if (output) chunks.push(chunk)
    },
    error: fail,
  })
  encoder.configure({
    codec,
    encoder: library,
    width,
    height,
    bitrate,
    framerate,
    latencyMode,
    avc: { format: 'annexb' },
    hevc: { format: 'annexb' },
  })
  const init = { format, codedWidth: width, codedHeight: height }
  if (format === 'I420') init.colorSpace = { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false }
  let index = 0
  for await (const pixels of rawFrames(source, bytesPerFrame({ width, height, format }), frames)) {
    while (encoder.encodeQueueSize >= 4) await once(encoder, 'dequeue')
    const frame = new VideoFrame(pixels, { ...init, timestamp: timestampOf(index++) })
    encoder.encode(frame)
    frame.close()
  }
  await encoder.flush()
  encoder.close()
  if (output) await writeFile(output, streamFile(codecCase, framerate, chunks.map(bytesOf)))
  return outputs
}

function bytesOf(chunk) {
  const data = new Uint8Array(chunk.byteLength)
  chunk.copyTo(data)
  return data
}

async function readClip() {
  const { demux } = await import('./demux.mjs')
  return demux(source.path)
}

async function decode({ width, height, frames, copyTo }) {
  const { config, chunks, duration } = await readClip()
  const pixels = copyTo ? Array.from({ length: 3 }, () => new Uint8Array(width * height * 4)) : []
  const copies = pixels.map(() => Promise.resolve())
  let outputs = 0
  const decoder = new VideoDecoder({
    output(frame) {
      const slot = outputs++ % Math.max(1, pixels.length)
      if (!copyTo) {
        frame.close()
        return
      }
      copies[slot] = copies[slot]
        .then(() => frame.copyTo(pixels[slot], { format: 'RGBA' }))
        .then(() => frame.close(), fail)
    },
    error: fail,
  })
  decoder.configure(config)
  for (let index = 0; index < frames; index++) {
    while (decoder.decodeQueueSize >= 8) await once(decoder, 'dequeue')
    // No more pictures wait to be copied than there are buffers.
    if (copyTo) await copies[outputs % pixels.length]
    decoder.decode(chunks.at(index % chunks.length).at(Math.floor(index / chunks.length) * duration))
  }
  await decoder.flush()
  await Promise.all(copies)
  decoder.close()
  return outputs
}

const delay = monitorEventLoopDelay({ resolution: delayResolution })
delay.enable()
const before = performance.eventLoopUtilization()
const outputs = await (codecCase.kind === 'encode' ? encode : decode)(codecCase)
const { utilization } = performance.eventLoopUtilization(before)
delay.disable()
if (outputs !== codecCase.frames) fail(new Error(`${codecCase.frames} frames gave ${outputs} outputs`))
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
const milliseconds = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - delayResolution)
console.log(
  JSON.stringify({
    utilization,
    delayP50: milliseconds(delay.percentile(50)),
    delayP99: milliseconds(delay.percentile(99)),
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    peakBytes: maxRSS * 1024,
  }),
)
