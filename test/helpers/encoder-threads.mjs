// Prints how many threads a realtime encoder of 720p adds to the process. Argument: the codec, or else VP9.
import { readdirSync } from 'node:fs'
import { VideoEncoder, VideoFrame } from '../../dist/index.js'

const threads = () => readdirSync('/proc/self/task').length
const size = { width: 1280, height: 720 }
const frame = new VideoFrame(new Uint8Array((size.width * size.height * 3) / 2), {
  format: 'I420',
  codedWidth: size.width,
  codedHeight: size.height,
  timestamp: 0,
})
const before = threads()
const encoder = new VideoEncoder({
  output() {},
  error(error) {
    throw error
  },
})
const codec = process.argv[2] ?? 'vp09.00.31.08'
encoder.configure({ codec, ...size, bitrate: 1_000_000, latencyMode: 'realtime' })
encoder.encode(frame)
frame.close()
await encoder.flush()
console.log(threads() - before)
encoder.close()
