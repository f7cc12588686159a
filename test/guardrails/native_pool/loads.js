// The steady states that the pool is made for. Each prepares, and returns what does one step.
import { once } from 'node:events'
import { rgbaPicture } from '../../helpers/pictures.js'

const [width, height] = [1920, 1080]
const timestampOf = (index) => Math.round((index * 1e6) / 30)

function fail(error) {
  console.error(`FAIL ${error.name}: ${error.message}`)
  process.exit(1)
}

function videoEncoder({ VideoEncoder }, output) {
  const encoder = new VideoEncoder({ output, error: fail })
  encoder.configure({ codec: 'avc1.640028', width, height, bitrate: 4e6, framerate: 30, latencyMode: 'realtime' })
  return encoder
}

/** 1080p from RGBA, as a careful program encodes it. */
function encode(build, waitsAt = 4) {
  const pictures = Array.from({ length: 4 }, (_, index) => rgbaPicture(width, height, index))
  const encoder = videoEncoder(build, () => {})
  return {
    get queueSize() {
      return encoder.encodeQueueSize
    },
    async step(index) {
      while (encoder.encodeQueueSize >= waitsAt) await once(encoder, 'dequeue')
      const init = { format: 'RGBA', codedWidth: width, codedHeight: height, timestamp: timestampOf(index) }
      const frame = new build.VideoFrame(pictures[index % pictures.length], init)
      encoder.encode(frame)
      frame.close()
    },
    async end() {
      await encoder.flush()
      encoder.close()
      // 33 MB that would count as kept for as long as something refers to this load.
      pictures.length = 0
    },
  }
}

/** The same where frames come in bursts, and pile up, as they do on a busy machine. */
function encodeBursts(build) {
  const load = encode(build, Number.POSITIVE_INFINITY)
  const bursts = [4, 12, 1, 9, 2, 15]
  let left = bursts[0]
  let next = 1
  return {
    end: load.end,
    async step(index) {
      await load.step(index)
      if (--left > 0) return
      left = bursts[next++ % bursts.length]
      while (load.queueSize > next % 3) await new Promise((resolve) => setTimeout(resolve, 5))
    },
  }
}

/** 1080p decoded, and every frame copied out as RGBA. */
async function decode(build) {
  const chunks = []
  let config
  const encoder = videoEncoder(build, (chunk, metadata) => {
    config ??= metadata.decoderConfig
    const data = new Uint8Array(chunk.byteLength)
    chunk.copyTo(data)
    chunks.push({ type: chunk.type, data })
  })
  for (let index = 0; index < 30; index++) {
    const init = { format: 'RGBA', codedWidth: width, codedHeight: height, timestamp: timestampOf(index) }
    const frame = new build.VideoFrame(rgbaPicture(width, height, index), init)
    encoder.encode(frame)
    frame.close()
  }
  await encoder.flush()
  encoder.close()
  const pixels = new Uint8Array(width * height * 4)
  let copied = Promise.resolve()
  const decoder = new build.VideoDecoder({
    output(frame) {
      copied = copied.then(() => frame.copyTo(pixels, { format: 'RGBA' })).then(() => frame.close(), fail)
    },
    error: fail,
  })
  decoder.configure(config)
  return {
    async step(index) {
      while (decoder.decodeQueueSize >= 4) await once(decoder, 'dequeue')
      decoder.decode(new build.EncodedVideoChunk({ ...chunks[index % chunks.length], timestamp: timestampOf(index) }))
      await copied
    },
    async end() {
      await decoder.flush()
      await copied
      decoder.close()
    },
  }
}

/** A hundred packets of sound a second, encoded, decoded and copied out; every other second of another rate, resampled. */
function audio(build) {
  const shape = { numberOfChannels: 2, format: 'f32' }
  const tone = Float32Array.from({ length: 960 }, (_, index) => 0.5 * Math.sin(index / 15))
  const samples = new Float32Array(4096)
  const decoder = new build.AudioDecoder({
    output(data) {
      data.copyTo(samples, { planeIndex: 0, format: 'f32-planar' })
      data.close()
    },
    error: fail,
  })
  decoder.configure({ codec: 'opus', sampleRate: 48_000, numberOfChannels: 2 })
  const encoders = [48_000, 44_100].map((sampleRate) => {
    const encoder = new build.AudioEncoder({ output: (chunk) => decoder.decode(chunk), error: fail })
    encoder.configure({ codec: 'opus', bitrate: 96_000, sampleRate, numberOfChannels: 2 })
    return { encoder, sampleRate }
  })
  const start = performance.now()
  return {
    async step(index) {
      const { encoder, sampleRate } = encoders[Math.floor(index / 100) % 2]
      const init = { ...shape, sampleRate, numberOfFrames: sampleRate / 100, timestamp: index * 10_000, data: tone }
      const data = new build.AudioData(init)
      encoder.encode(data)
      data.close()
      const wait = start + index * 10 - performance.now()
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, wait)))
    },
    async end() {
      for (const { encoder } of encoders) {
        await encoder.flush()
        encoder.close()
      }
      await decoder.flush()
      decoder.close()
    },
  }
}

export const loads = {
  encode: { make: encode, what: 'frames of 1080p RGBA encoded' },
  bursts: { make: encodeBursts, what: 'frames of 1080p RGBA in bursts' },
  decode: { make: decode, what: 'frames of 1080p decoded and copied out' },
  audio: { make: audio, what: 'packets of sound', perFrames: 3 },
}
