// A hundred buffers of sound a second: each encoded by Opus, its packet decoded, and the decoded samples borrowed.
import { AudioData, AudioDecoder, AudioEncoder } from '../../dist/index.js'
import { borrowPlanes } from '../../dist/zero-copy.js'
import { paced, queueHasRoom } from '../pace.mjs'

const shape = { sampleRate: 48_000, numberOfChannels: 2 }
const tone = Float32Array.from({ length: 960 }, (_, index) => 0.5 * Math.sin(index / 15))

/** Buffers of a machine that stalls for a second. */
const stalled = 100

export async function run({ progress, fail, minutes, until }) {
  let loudest = 0
  const decoder = new AudioDecoder({
    output(data) {
      progress.outputs++
      for (const plane of borrowPlanes(data)) loudest = Math.max(loudest, Math.abs(plane[plane.length >> 1]))
      data.close()
    },
    error: fail,
  })
  const encoder = new AudioEncoder({
    output(chunk, metadata) {
      if (metadata?.decoderConfig && decoder.state === 'unconfigured') decoder.configure(metadata.decoderConfig)
      decoder.decode(chunk)
    },
    error: fail,
  })
  encoder.configure({ codec: 'opus', bitrate: 96_000, ...shape })
  const encode = async (index) => {
    const init = { ...shape, format: 'f32', numberOfFrames: 480, timestamp: index * 10_000, data: tone }
    const data = new AudioData(init)
    await queueHasRoom(encoder)
    encoder.encode(data)
    data.close()
    progress.inputs++
  }
  // What piles up when the machine stalls piles up here first: the heaps of C and of JavaScript keep its room.
  const atFirst = minutes > 5 ? stalled : 0
  for (let index = 0; index < atFirst; index++) await encode(index)
  await paced(100, until, (index) => encode(atFirst + index))
  await encoder.flush()
  await decoder.flush()
  if (loudest < 0.1) fail(new Error(`the sound that came back is silent: ${loudest}`))
  encoder.close()
  decoder.close()
}
