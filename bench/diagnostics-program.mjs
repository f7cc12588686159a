// What the allocation tracker costs: microseconds for a small frame made and closed, and for one that is encoded.
import { VideoEncoder, VideoFrame } from '../dist/index.js'

const [width, height] = [320, 180]
const pixels = new Uint8Array(width * height * 4).fill(90)
const init = { format: 'RGBA', codedWidth: width, codedHeight: height, timestamp: 0 }

function makeFrames(count) {
  const start = performance.now()
  for (let index = 0; index < count; index++) new VideoFrame(pixels, init).close()
  return ((performance.now() - start) * 1000) / count
}

async function encodeFrames(count) {
  const encoder = new VideoEncoder({
    output() {},
    error(error) {
      throw error
    },
  })
  encoder.configure({ codec: 'avc1.42001f', width, height, bitrate: 5e5, framerate: 30, latencyMode: 'realtime' })
  const start = performance.now()
  for (let index = 0; index < count; index++) {
    while (encoder.encodeQueueSize >= 4) await new Promise((resolve) => (encoder.ondequeue = resolve))
    const frame = new VideoFrame(pixels, { ...init, timestamp: index * 33_333 })
    encoder.encode(frame)
    frame.close()
  }
  await encoder.flush()
  const time = ((performance.now() - start) * 1000) / count
  encoder.close()
  return time
}

if (process.argv.includes('--track')) {
  const { enableAllocationTracking } = await import('../dist/diagnostics.js')
  enableAllocationTracking(true)
}
makeFrames(2000)
await encodeFrames(100)
const make = Math.min(...Array.from({ length: 5 }, () => makeFrames(4000)))
const encode = Math.min(await encodeFrames(600), await encodeFrames(600))
console.log(JSON.stringify({ make, encode }))
