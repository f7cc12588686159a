import { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input } from 'mediabunny'
import { EncodedVideoChunk } from '../dist/index.js'

/** The video of a file: its decoder configuration, its duration in µs, and its packets, to be had at a later time too. */
export async function demux(path) {
  const input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS })
  const track = await input.getPrimaryVideoTrack()
  const config = await track.getDecoderConfig()
  const chunks = []
  let duration = 0
  for await (const { type, data, microsecondTimestamp, microsecondDuration } of new EncodedPacketSink(
    track,
  ).packets()) {
    duration = Math.max(duration, microsecondTimestamp + microsecondDuration)
    chunks.push({
      at: (offset) =>
        new EncodedVideoChunk({ type, data, timestamp: microsecondTimestamp + offset, duration: microsecondDuration }),
    })
  }
  input.dispose()
  return { config, chunks, duration }
}
