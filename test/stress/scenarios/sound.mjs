// Sound for the audio scenarios; not one itself.
import assert from 'node:assert/strict'
import { AudioData, AudioEncoder } from '../../../dist/index.js'

/** Data number `index` of a hum: 100 ms of f32-planar. */
export function makeSound(index, { sampleRate = 48000, numberOfChannels = 2 } = {}) {
  const numberOfFrames = sampleRate / 10
  const data = new Float32Array(numberOfFrames * numberOfChannels)
  for (let sample = 0; sample < data.length; sample++) data[sample] = 0.3 * Math.sin(sample / (20 + (index % 7)))
  const timestamp = index * 100_000
  return new AudioData({ format: 'f32-planar', sampleRate, numberOfFrames, numberOfChannels, timestamp, data })
}

/** Encodes `count` pieces without waiting and closes each. */
export function encodeSounds(encoder, count, config, from = 0) {
  for (let index = from; index < from + count; index++) {
    const data = makeSound(index, config)
    encoder.encode(data)
    data.close()
  }
}

/** An encoder that collects chunks as plain objects, which are easily changed. */
export function makeAudioEncoder(config) {
  const chunks = []
  const configs = []
  const errors = []
  const encoder = new AudioEncoder({
    output(chunk, { decoderConfig }) {
      if (decoderConfig) configs.push(decoderConfig)
      const data = new Uint8Array(chunk.byteLength)
      chunk.copyTo(data)
      chunks.push({ type: chunk.type, timestamp: chunk.timestamp, data })
    },
    error: (error) => errors.push(error),
  })
  if (config) encoder.configure(config)
  return { encoder, chunks, configs, errors }
}

/** So many seconds, encoded, with the decoder configuration for them. */
export async function encodeTones(config, seconds) {
  const { encoder, chunks, configs, errors } = makeAudioEncoder(config)
  encodeSounds(encoder, Math.round(seconds * 10), config)
  await encoder.flush()
  encoder.close()
  assert.deepEqual(errors, [])
  return { config: configs[0], chunks }
}
