import { Demuxer } from '../dist/containers.js'
import { EncodedVideoChunk } from '../dist/index.js'

/** The video of a file: its decoder configuration, its duration in µs, and its packets, to be had at a later time too. */
export async function demux(path) {
  const demuxer = await Demuxer.open(path)
  const [track] = demuxer.videoTracks
  const chunks = []
  let end = 0
  for await (const { chunk } of demuxer.packets({ tracks: [track] })) {
    const { type, timestamp, duration } = chunk
    const data = new Uint8Array(chunk.byteLength)
    chunk.copyTo(data)
    end = Math.max(end, timestamp + (duration ?? 0))
    chunks.push({ at: (offset) => new EncodedVideoChunk({ type, data, timestamp: timestamp + offset, duration }) })
  }
  demuxer.close()
  return { config: track.decoderConfig, chunks, duration: end }
}
