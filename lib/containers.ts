/** `webcodecs-native/containers`: reads and writes containers by libavformat, for everything that it knows. */
export {
  type AudioPacket,
  type DemuxedPacket,
  Demuxer,
  type DemuxerOptions,
  type OtherPacket,
  type PacketsOptions,
  type VideoPacket,
} from './containers/demuxer.js'
export type { DemuxerSource, RandomAccessSource } from './containers/source.js'
export type { AudioTrack, Disposition, OtherTrack, Track, VideoTrack } from './containers/track.js'
