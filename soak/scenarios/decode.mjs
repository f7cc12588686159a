// 1080p H.264 at 30 frames a second through a decoder, every frame copied out as RGBA.
import { VideoDecoder } from '../../dist/index.js'
import { makeClip } from '../clip.mjs'
import { paced, queueHasRoom } from '../pace.mjs'

export const hasOutputForEachInput = true

export async function run({ progress, fail, until }) {
  const clip = await makeClip({ codec: 'avc1.640028', width: 1920, height: 1080 })
  const pixels = new Uint8Array(1920 * 1080 * 4)
  let copied = Promise.resolve()
  const decoder = new VideoDecoder({
    output(frame) {
      progress.outputs++
      copied = copied.then(() => frame.copyTo(pixels, { format: 'RGBA' })).then(() => frame.close(), fail)
    },
    error: fail,
  })
  decoder.configure(clip.config)
  await paced(30, until, async (index) => {
    await queueHasRoom(decoder)
    decoder.decode(clip.chunkAt(index))
    progress.inputs++
    await copied
  })
  await decoder.flush()
  await copied
  decoder.close()
}
