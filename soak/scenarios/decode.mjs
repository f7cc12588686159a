// 1080p H.264 at 30 frames a second through a decoder, every frame copied out as RGBA.
import { VideoDecoder } from '../../dist/index.js'
import { makeClip } from '../clip.mjs'
import { paced, queueHasRoom } from '../pace.mjs'

/** Frames that pile up when the machine stalls: what native code lets wait, and some that JavaScript has. */
const stalled = 24

export const hasOutputForEachInput = true

export async function run({ progress, fail, minutes, until }) {
  const clip = await makeClip({ codec: 'avc1.640028', width: 1920, height: 1080 })
  const pixels = new Uint8Array(1920 * 1080 * 4)
  let goOn
  let copied = new Promise((resolve) => (goOn = resolve))
  // Runs of a few minutes are no time for what was there at the beginning to be forgotten, nor judged so strictly.
  const atFirst = minutes > 5 ? stalled : 1
  const decoder = new VideoDecoder({
    output(frame) {
      if (++progress.outputs === atFirst) goOn()
      copied = copied.then(() => frame.copyTo(pixels, { format: 'RGBA' })).then(() => frame.close(), fail)
    },
    error: fail,
  })
  decoder.configure(clip.config)
  const decode = async (index) => {
    await queueHasRoom(decoder)
    decoder.decode(clip.chunkAt(index))
    progress.inputs++
  }
  // libavcodec keeps room for as many frames as were ever out at once. What piles up when the machine stalls piles up here
  // first, and not somewhere on the way.
  let first = 0
  while (progress.outputs < atFirst) await decode(first++)
  await copied
  await paced(30, until, async (index) => {
    await decode(first + index)
    await copied
  })
  await decoder.flush()
  await copied
  decoder.close()
}
