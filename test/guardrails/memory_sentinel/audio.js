import { once } from 'node:events'

const [sampleRate, numberOfFrames, numberOfChannels] = [48_000, 480, 2]
const frequency = 440
const amplitude = 0.5
const maxLevelError = 0.1
// Packets are small.
const maxGrowth = 10 * 2 ** 20

/** Sound through an Opus encoder and a decoder; the level of what comes back is compared with that of the tone. */
export function makeAudioLoad(build, { frameCount, fail }) {
  const onError = (error) => {
    console.error(`FAIL the codec reported ${error.name}: ${error.message}`)
    process.exit(1)
  }
  const plane = new Float32Array(8 * numberOfFrames)
  let samples = 0
  let squares = 0
  const decoder = new build.AudioDecoder({
    output(data) {
      data.copyTo(plane, { planeIndex: 0, format: 'f32-planar' })
      for (let at = 0; at < data.numberOfFrames; at++) squares += plane[at] ** 2
      samples += data.numberOfFrames
      data.close()
    },
    error: onError,
  })
  const encoder = new build.AudioEncoder({
    output(chunk, metadata) {
      if (decoder.state === 'unconfigured') decoder.configure(metadata.decoderConfig)
      decoder.decode(chunk)
    },
    error: onError,
  })
  encoder.configure({ codec: 'opus', sampleRate, numberOfChannels, bitrate: 96_000 })
  const tone = new Float32Array(numberOfFrames * numberOfChannels)
  return {
    maxGrowth,
    what: () => `packets of ${numberOfFrames} frames through Opus and back`,
    async run(from, to) {
      for (let index = from; index < to; index++) {
        while (encoder.encodeQueueSize >= 4) await once(encoder, 'dequeue')
        for (let at = 0; at < tone.length; at++) {
          const time = (index * numberOfFrames + (at >> 1)) / sampleRate
          tone[at] = amplitude * Math.sin(2 * Math.PI * frequency * time)
        }
        const init = { format: 'f32', sampleRate, numberOfFrames, numberOfChannels, data: tone }
        const data = new build.AudioData({ ...init, timestamp: index * 10_000 })
        encoder.encode(data)
        data.close()
      }
    },
    async finish() {
      await encoder.flush()
      await decoder.flush()
      encoder.close()
      decoder.close()
    },
    async check() {
      const expected = frameCount * numberOfFrames
      // Opus fills its last packet up.
      if (samples < expected || samples > expected + 2 * 960)
        fail(`${expected} frames of sound came back as ${samples}`)
      const level = Math.sqrt(squares / samples) / (amplitude / Math.SQRT2)
      if (Math.abs(level - 1) > maxLevelError) fail(`the sound came back at ${level.toFixed(2)} of its level`)
      return `${samples} samples came back, at ${level.toFixed(3)} of their level (1 ± ${maxLevelError})`
    },
  }
}
