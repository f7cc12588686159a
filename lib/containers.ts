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
export {
  type AudioTrackOptions,
  type ChunkMetadata,
  Muxer,
  type MuxerOptions,
  type MuxerResult,
  type MuxerTrack,
  type VideoTrackOptions,
} from './containers/muxer.js'
export type { TrackOptions } from './containers/muxer-track.js'
export type { DemuxerSource, RandomAccessSource } from './containers/source.js'
export type { MuxerTarget, RandomAccessTarget } from './containers/target.js'
export type { AudioTrack, Disposition, OtherTrack, Track, VideoTrack } from './containers/track.js'
