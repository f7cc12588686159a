// 360p H.264 to VP8 at 60 frames a second, with a new pair of codecs every 20 seconds.
import { VideoDecoder, VideoEncoder } from '../../dist/index.js'
import { makeClip } from '../clip.mjs'
import { paced, queueHasRoom } from '../pace.mjs'

const [width, height] = [640, 360]

export const hasOutputForEachInput = true

export async function run({ progress, fail, until }) {
  const clip = await makeClip({ codec: 'avc1.42001f', width, height })
  let encoder
  let decoder
  const open = () => {
    encoder = new VideoEncoder({ output: () => progress.outputs++, error: fail })
    encoder.configure({ codec: 'vp8', width, height, bitrate: 1e6, framerate: 60, latencyMode: 'realtime' })
    decoder = new VideoDecoder({
      output(frame) {
        encoder.encode(frame)
        frame.close()
      },
      error: fail,
    })
    decoder.configure(clip.config)
  }
  const finish = async () => {
    await decoder.flush()
    await encoder.flush()
    decoder.close()
    encoder.close()
    if (progress.outputs !== progress.inputs) fail(new Error(`${progress.inputs} in, ${progress.outputs} out`))
  }
  open()
  await paced(60, until, async (index) => {
    if (index % 1200 === 0 && index > 0) {
      await finish()
      open()
    }
    await queueHasRoom(decoder)
    await queueHasRoom(encoder)
    decoder.decode(clip.chunkAt(index))
    progress.inputs++
  })
  await finish()
}
