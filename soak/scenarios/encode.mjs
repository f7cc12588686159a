// 1080p RGBA at 30 frames a second through a realtime encoder, which is configured anew now and then.
import { VideoEncoder, VideoFrame } from '../../dist/index.js'
import { rgbaPicture } from '../../test/helpers/pictures.js'
import { paced, queueHasRoom, timestampOf } from '../pace.mjs'

const [width, height] = [1920, 1080]
const config = { codec: 'avc1.640028', width, height, bitrate: 4e6, framerate: 30, latencyMode: 'realtime' }

export const hasOutputForEachInput = true

export async function run({ progress, fail, until }) {
  const pictures = Array.from({ length: 8 }, (_, index) => rgbaPicture(width, height, index))
  const encoder = new VideoEncoder({ output: () => progress.outputs++, error: fail })
  encoder.configure(config)
  await paced(30, until, async (index) => {
    if (index % 3000 === 2999) {
      await encoder.flush()
      if (progress.outputs !== index) fail(new Error(`${index} frames gave ${progress.outputs} chunks`))
      encoder.configure(config)
    }
    const init = { format: 'RGBA', codedWidth: width, codedHeight: height, timestamp: timestampOf(index) }
    await queueHasRoom(encoder)
    const frame = new VideoFrame(pictures[index % pictures.length], init)
    encoder.encode(frame)
    frame.close()
    progress.inputs++
  })
  await encoder.flush()
  encoder.close()
}
