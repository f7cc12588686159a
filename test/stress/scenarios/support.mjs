// What the scenarios share. Each scenario is a program of its own: it passes when it exits by itself with the status
// that exit-codes.mjs gives it. That lets the same files run under a sanitizer.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { counters, EncodedVideoChunk, VideoDecoder, VideoEncoder, VideoFrame } from '../../../dist/index.js'
import { i420Picture } from '../../helpers/pictures.js'

export { assert, counters, EncodedVideoChunk, sleep, VideoDecoder, VideoEncoder, VideoFrame }

export const encoderConfig = {
  codec: 'avc1.42001f',
  width: 320,
  height: 240,
  bitrate: 500_000,
  framerate: 30,
  latencyMode: 'realtime',
}

const pictures = new Map()

/** Picture `index` of the moving scene; eight different ones are made, once. */
function picture(width, height, index) {
  const key = `${width}x${height}:${index % 8}`
  if (!pictures.has(key)) pictures.set(key, i420Picture(width, height, index % 8))
  return pictures.get(key)
}

export function timestampOf(index) {
  return Math.round((index * 1e6) / 30)
}

export function makeFrame(index, { width, height } = encoderConfig, timestamp = timestampOf(index)) {
  return new VideoFrame(picture(width, height, index), {
    format: 'I420',
    codedWidth: width,
    codedHeight: height,
    timestamp,
  })
}

/** Encodes `count` frames without waiting and closes each. */
export function encodeFrames(encoder, count, { from = 0, width, height, timestamp } = {}) {
  const size = { width: width ?? encoderConfig.width, height: height ?? encoderConfig.height }
  for (let index = from; index < from + count; index++) {
    const frame = makeFrame(index, size, timestamp?.(index))
    encoder.encode(frame)
    frame.close()
  }
}

/** An encoder that collects what it is told; configured unless `config` is null. */
export function makeEncoder(config = encoderConfig, { onChunk } = {}) {
  const chunks = []
  const metadata = []
  const errors = []
  const encoder = new VideoEncoder({
    output(chunk, data) {
      chunks.push(chunk)
      metadata.push(data)
      onChunk?.(chunk, data)
    },
    error(error) {
      errors.push(error)
    },
  })
  if (config) encoder.configure(config)
  return { encoder, chunks, metadata, errors }
}

/** A decoder that collects timestamps and closes the frames; configured unless `config` is null. */
export function makeDecoder(config, { onFrame } = {}) {
  const timestamps = []
  const errors = []
  const decoder = new VideoDecoder({
    output(frame) {
      timestamps.push(frame.timestamp)
      onFrame?.(frame)
      frame.close()
    },
    error(error) {
      errors.push(error)
    },
  })
  if (config) decoder.configure(config)
  return { decoder, timestamps, errors }
}

/** `count` frames as chunks, with the decoder configuration for them. */
export async function encodeClip(count, config = encoderConfig) {
  const { encoder, chunks, metadata, errors } = makeEncoder(config)
  encodeFrames(encoder, count, config)
  await encoder.flush()
  encoder.close()
  assert.deepEqual(errors, [])
  assert.equal(chunks.length, count)
  return { chunks, decoderConfig: metadata[0].decoderConfig }
}

/** A copy of the chunk with its bytes changed by `change`. */
export function alterChunk(chunk, change) {
  const data = new Uint8Array(chunk.byteLength)
  chunk.copyTo(data)
  return new EncodedVideoChunk({ type: chunk.type, timestamp: chunk.timestamp, data: change(data) ?? data })
}

const live = [
  'frames',
  'pictures',
  'inFlight',
  'audioData',
  'audioBuffers',
  'packets',
  'buffers',
  'bytes',
  'codecs',
  'captureSources',
  'captureReaders',
  'inputs',
  'outputs',
  'pictureBytes',
  'imageBytes',
  'frameInfoEntries',
  'callbackData',
  'encodeTasks',
]

/** The live counters that are not zero. */
export function liveCounters() {
  const now = counters()
  return Object.fromEntries(live.filter((name) => (now[name] ?? 0) !== 0).map((name) => [name, now[name]]))
}

/** Waits for the asynchronous tear-down to end: fails when a live counter is not zero by then. */
export async function assertNothingLives(milliseconds = 20_000) {
  const end = performance.now() + milliseconds
  while (Object.keys(liveCounters()).length > 0 && performance.now() < end) {
    globalThis.gc?.()
    await sleep(10)
  }
  assert.deepEqual(liveCounters(), {})
}

export async function assertAborted(promise) {
  await assert.rejects(promise, { name: 'AbortError' })
}

export async function until(condition, what, milliseconds = 20_000) {
  const end = performance.now() + milliseconds
  while (!condition()) {
    assert.ok(performance.now() < end, `timed out waiting for ${what}`)
    await sleep(2)
  }
}
