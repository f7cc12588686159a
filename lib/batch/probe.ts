/** What is in a file. */
import { AudioDecoder } from '../audio-decoder.js'
import type { VideoColorSpaceInit } from '../color-space.js'
import { VideoDecoder } from '../video-decoder.js'
import { type Job, type JobDescription, parseInput } from './job.js'
import type { AudioTrack, VideoTrack } from './media-io.js'
import { Sources } from './sources.js'
import { Locations } from './storage/locations.js'
import type { S3Options } from './storage/s3.js'

interface ProbedBase {
  id: number
  /** The short name; null for a codec that has none here. */
  codec: string | null
  /** The codec string, or what the container calls the codec. */
  codecString: string
  /** ISO 639-2; "und" when it is not known. */
  language: string
  title: string | null
  /** Seconds; null when the file does not tell. */
  duration: number | null
  /** Bits per second; null when the file does not tell. */
  bitrate: number | null
  /** Whether this build decodes it. */
  decodable: boolean
}

export interface ProbedVideo extends ProbedBase {
  type: 'video'
  /** Pixels as coded. */
  width: number
  height: number
  /** Width and height of one pixel. */
  pixelAspect: { num: number; den: number }
  /** Degrees clockwise to turn the picture by, and whether it is mirrored after it. */
  rotation: number
  flip: boolean
  /** Frames per second, on average over the beginning. */
  framerate: number
  /** As far as the container tells. */
  colorSpace: VideoColorSpaceInit | null
}

export interface ProbedAudio extends ProbedBase {
  type: 'audio'
  sampleRate: number
  numberOfChannels: number
}

export interface ProbeResult {
  path: string
  format: string
  /** Null for what has no end. */
  bytes: number | null
  /** Seconds; null when the file does not tell. */
  duration: number | null
  metadata: Record<string, string>
  tracks: (ProbedVideo | ProbedAudio)[]
}

export interface ProbeOptions {
  /** How the stores of "s3://" addresses are reached. Default: as the environment says. */
  s3?: S3Options | undefined
  /** Ends what is being read from a store. */
  signal?: AbortSignal | undefined
}

/**
 * Reads what a file says of itself, and finds out what of it can be decoded here.
 * @throws InputError, StorageError
 */
export async function probe(input: JobDescription['input'], { s3, signal }: ProbeOptions = {}): Promise<ProbeResult> {
  const locations = new Locations(s3)
  const sources = new Sources(locations, signal)
  try {
    return await probeFrom(sources, parseInput(input))
  } finally {
    await sources.close()
    await locations.close()
  }
}

export async function probeFrom(sources: Sources, description: Job['input']): Promise<ProbeResult> {
  const source = await sources.open(description)
  try {
    const tracks: ProbeResult['tracks'] = []
    for (const track of source.tracks) {
      tracks.push(track.type === 'video' ? await probeVideo(track) : await probeAudio(track))
    }
    const { format, bytes, duration, metadata } = source
    return { path: description.path, format, bytes, duration, metadata: { ...metadata }, tracks }
  } finally {
    source.close()
  }
}

function probeBase(track: VideoTrack | AudioTrack) {
  const { id, codec, language, title, duration, bitrate } = track
  return { id, codec, codecString: track.decoderConfig?.codec ?? track.codecId, language, title, duration, bitrate }
}

async function probeVideo(track: VideoTrack): Promise<ProbedVideo> {
  const { decoderConfig, codedWidth, codedHeight, pixelAspect, rotation, flip, framerate } = track
  return {
    ...probeBase(track),
    type: 'video',
    width: codedWidth,
    height: codedHeight,
    pixelAspect: { ...pixelAspect },
    rotation,
    flip,
    framerate,
    colorSpace: decoderConfig?.colorSpace ?? null,
    decodable: decoderConfig !== null && (await VideoDecoder.isConfigSupported(decoderConfig)).supported,
  }
}

async function probeAudio(track: AudioTrack): Promise<ProbedAudio> {
  const { decoderConfig, sampleRate, numberOfChannels } = track
  return {
    ...probeBase(track),
    type: 'audio',
    sampleRate,
    numberOfChannels,
    decodable: decoderConfig !== null && (await AudioDecoder.isConfigSupported(decoderConfig)).supported,
  }
}
