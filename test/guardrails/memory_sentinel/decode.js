import { once } from 'node:events'
import { Comparison, height, makeFrame, minPsnr, sceneLength, timestampOf, width } from './pictures.js'

const samplePeriod = 50

/** A clip through a decoder over and over; every so many frames are compared with what was encoded. */
export async function makeDecodeLoad(build, { frameCount, codec, fail }) {
  const { chunks, config } = await makeClip(build, codec)
  const comparison = new Comparison()
  let frames = 0
  let last = Promise.resolve()
  const decoder = new build.VideoDecoder({
    output(frame) {
      const index = frames++
      if (frame.timestamp !== timestampOf(index)) fail(`frame ${index} has the timestamp ${frame.timestamp}`)
      last = last.then(async () => {
        if (index % samplePeriod === 0) await comparison.add(frame, index)
        frame.close()
      })
    },
    error(error) {
      console.error(`FAIL the decoder reported ${error.name}: ${error.message}`)
      process.exit(1)
    },
  })
  decoder.configure(config)
  return {
    what: (name) => `of ${width}x${height} ${name} decoded`,
    async run(from, to) {
      for (let index = from; index < to; index++) {
        while (decoder.decodeQueueSize >= 4) await once(decoder, 'dequeue')
        const chunk = chunks[index % chunks.length]
        decoder.decode(new build.EncodedVideoChunk({ ...chunk, timestamp: timestampOf(index) }))
        await last
      }
    },
    async finish() {
      await decoder.flush()
      await last
      decoder.close()
      if (frames !== frameCount) fail(`${frameCount} chunks gave ${frames} frames`)
    },
    async check() {
      const { count, worst } = comparison
      if (worst < minPsnr) fail(`a decoded picture differs from its source: ${worst.toFixed(1)} dB`)
      return `${count} frames compared, worst PSNR ${worst.toFixed(1)} dB (at least ${minPsnr})`
    },
  }
}

async function makeClip(build, codec) {
  const chunks = []
  let config
  const encoder = new build.VideoEncoder({
    output(chunk, metadata) {
      config ??= metadata.decoderConfig
      const data = new Uint8Array(chunk.byteLength)
      chunk.copyTo(data)
      chunks.push({ type: chunk.type, data })
    },
    error(error) {
      throw error
    },
  })
  encoder.configure({ codec, width, height, bitrate: 3_000_000, framerate: 30, latencyMode: 'realtime' })
  for (let index = 0; index < 2 * sceneLength; index++) {
    const frame = makeFrame(build, index)
    encoder.encode(frame)
    frame.close()
  }
  await encoder.flush()
  encoder.close()
  return { chunks, config }
}
