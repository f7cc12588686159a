// A short clip that plays over and over.
import { EncodedVideoChunk, VideoEncoder, VideoFrame } from '../dist/index.js'
import { i420Picture } from '../test/helpers/pictures.js'
import { timestampOf } from './pace.mjs'

const length = 60

/** `{ config, chunkAt(index) }`: a decoder configuration, and chunk `index` of an endless stream. */
export async function makeClip({ codec, width, height }) {
  const chunks = []
  let config
  const encoder = new VideoEncoder({
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
  encoder.configure({ codec, width, height, bitrate: 3e6, framerate: 30, latencyMode: 'realtime' })
  for (let index = 0; index < length; index++) {
    const init = { format: 'I420', codedWidth: width, codedHeight: height, timestamp: timestampOf(index) }
    const frame = new VideoFrame(i420Picture(width, height, index), init)
    encoder.encode(frame)
    frame.close()
  }
  await encoder.flush()
  encoder.close()
  return {
    config,
    chunkAt: (index) => new EncodedVideoChunk({ ...chunks[index % length], timestamp: timestampOf(index) }),
  }
}
