import { once } from 'node:events'
import { Comparison, height, makeFrame, minPsnr, timestampOf, width } from './pictures.js'

const sampleLength = 10

/** RGBA pictures through an encoder; now and then a run of packets is kept, and decoded in the end. */
export function makeEncodeLoad(build, { frameCount, codec, latencyMode, fail }) {
  const samplePeriod = Math.max(10, Math.floor(frameCount / 10))
  let packets = 0
  let decoderConfig
  const sample = []
  const encoder = new build.VideoEncoder({
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
  encoder.configure({ codec, width, height, bitrate: 3_000_000, framerate: 30, latencyMode })
  return {
    what: (name) => `of ${width}x${height} RGBA to ${name}, ${latencyMode}`,
    async run(from, to) {
      for (let index = from; index < to; index++) {
        while (encoder.encodeQueueSize >= 4) await once(encoder, 'dequeue')
        const frame = makeFrame(build, index)
        encoder.encode(frame, { keyFrame: index % samplePeriod === 0 })
        frame.close()
      }
    },
    async finish() {
      await encoder.flush()
      encoder.close()
      if (packets !== frameCount) fail(`${frameCount} frames gave ${packets} packets`)
    },
    check: () => checkSample(build, { sample, decoderConfig, frameCount, fail }),
  }
}

/** Decodes the sampled packets, run by run, and compares each picture with the one that was encoded. */
async function checkSample({ VideoDecoder }, { sample, decoderConfig, frameCount, fail }) {
  const index = new Map(Array.from({ length: frameCount }, (_, i) => [timestampOf(i), i]))
  const comparison = new Comparison()
  let last = Promise.resolve()
  const decoder = new VideoDecoder({
    output(frame) {
      last = last.then(async () => {
        await comparison.add(frame, index.get(frame.timestamp))
        frame.close()
      })
    },
    error: (error) => fail(`the decoder reported ${error.name}: ${error.message}`),
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
  const { count, worst } = comparison
  if (count !== sample.length) fail(`${sample.length} sampled packets gave ${count} frames`)
  if (worst < minPsnr) fail(`a decoded picture differs from its source: ${worst.toFixed(1)} dB`)
  return `${count} of ${sample.length} packets decoded, worst PSNR ${worst.toFixed(1)} dB (at least ${minPsnr})`
}
