/** What a job comes to for the source at hand: which tracks go where, encoded how. Nothing is opened for writing here. */

import type { AudioEncoderConfig } from '../config/audio-encoder-config.js'
import { frameRate } from '../containers/muxer-track.js'
import { VideoDecoder } from '../video-decoder.js'
import { audioCodecNamed, type ChosenVideo, chooseAudio, chooseVideo, videoCodecNamed } from './choose-codec.js'
import { InputError, UnsupportedError } from './errors.js'
import {
  type AudioCodecName,
  type Container,
  type ContainerName,
  containerNamed,
  type VideoCodecName,
} from './formats.js'
import type { Job, ParsedAudio, Rendition } from './job.js'
import type { AudioTrack, ContainerAbilities, MediaSource, VideoTrack } from './media-io.js'
import { abilities } from './open-media.js'
import { planPicture } from './picture-size.js'

/** Seconds between key frames where a job does not say. */
const KEYFRAME_INTERVAL = 5

export interface PlannedVideo {
  readonly track: VideoTrack
  readonly codec: VideoCodecName
  /** Null for packets as they are. */
  readonly encoding: {
    readonly chosen: ChosenVideo
    readonly crop: number | null
    readonly keyframeInterval: number
    readonly framerate: number | undefined
    /** Whether the first picture is shown from 0 on, whenever it comes. */
    readonly beginsAtZero: boolean
  } | null
  /** Of the output's timestamps. */
  readonly ticksPerSecond: number
  /** Of the output, on average where it varies. */
  readonly framerate: number
}

export interface PlannedAudio {
  readonly track: AudioTrack
  readonly codec: AudioCodecName
  /** Null for packets as they are. */
  readonly encoderConfig: AudioEncoderConfig | null
  /** Whether there is silence from 0 on until it begins. */
  readonly beginsAtZero: boolean
}

export interface PlannedRendition {
  readonly rendition: Rendition
  readonly video: PlannedVideo | null
  readonly audio: readonly PlannedAudio[]
  /** What was left out, and why. */
  readonly warnings: readonly string[]
}

/** The container of renditions that are for HLS alone: what its segments can hold. */
const hlsContainer = ({ hls }: Job): ContainerName => (hls?.format === 'ts' ? 'ts' : 'mp4')

/**
 * @throws UnsupportedError, InputError
 */
export async function planRenditions(job: Job, source: MediaSource): Promise<PlannedRendition[]> {
  const planned: PlannedRendition[] = []
  for (const rendition of job.renditions) planned.push(await planRendition(job, rendition, source))
  return planned
}

async function planRendition(job: Job, rendition: Rendition, source: MediaSource): Promise<PlannedRendition> {
  const container = containerNamed(rendition.container ?? hlsContainer(job))
  const named = rendition.output ?? `rendition ${rendition.name}`
  const able = abilities(container.name)
  const video = await planVideo(job, rendition, source, container, able, named)
  const { audio, warnings } = await planAudio(job, rendition, source, container, able, named)
  if (!video && audio.length === 0) {
    const reason = warnings.length > 0 ? ` (${warnings.join('; ')})` : ''
    throw new InputError('no-tracks', `${job.input.path} has nothing that ${named} could hold${reason}`)
  }
  return { rendition, video, audio, warnings }
}

/** The first video track of a source. */
export const videoTrackOf = (source: MediaSource): VideoTrack | undefined =>
  source.tracks.find((track) => track.type === 'video')

async function planVideo(
  job: Job,
  { video: settings }: Rendition,
  source: MediaSource,
  container: Container,
  able: ContainerAbilities,
  named: string,
): Promise<PlannedVideo | null> {
  const track = videoTrackOf(source)
  if (settings === false || container.video === null) return null
  if (!track) {
    if (settings.codec === undefined) return null
    throw new InputError('no-tracks', `${job.input.path}: it has no video track`)
  }
  if ((track.rotation !== 0 || track.flip) && !able.turns) {
    const message = `${named}: ${container.name} files cannot say that the picture is turned by ${track.rotation} degrees`
    throw new UnsupportedError('unsupported-container', message)
  }
  if (settings.codec === 'copy') return copiedVideo(track, container, able, named)
  await requireDecodable(track, job.input.path)
  const { size, crop } = planPicture(settings, track)
  const wanted = { ...settings, codec: settings.codec ?? container.video }
  requireHolds(able, videoCodecNamed(wanted.codec), container, named)
  const chosen = await chooseVideo(wanted, track, size, named, able)
  const framerate = settings.framerate ?? (able.timesPictures ? undefined : exactRate(track.framerate))
  const keyframeInterval = job.hls?.segment ?? settings.keyframeInterval ?? KEYFRAME_INTERVAL
  const ticksPerSecond = framerate === undefined ? track.ticksPerSecond : ticksOf(framerate)
  const encoding = { chosen, crop, keyframeInterval, framerate, beginsAtZero: !able.timesPictures }
  return { track, codec: chosen.codec, encoding, ticksPerSecond, framerate: framerate ?? track.framerate }
}

/** The rate as the container will tell it: one measured on timestamps is not quite it. */
function exactRate(framerate: number): number {
  const [numerator, denominator] = frameRate(framerate)
  return numerator / denominator
}

/** Ticks in which the frames of a rate have whole times: 24 and 23.976 in 24000 alike. */
const ticksOf = (framerate: number): number => Math.round(framerate) * 1000

function copiedVideo(track: VideoTrack, container: Container, able: ContainerAbilities, named: string): PlannedVideo {
  if (track.codec === null || !track.decoderConfig) {
    throw new UnsupportedError('unsupported-codec', `${named}: video of codec ${track.codecId} cannot be copied`)
  }
  requireHolds(able, track.codec, container, named)
  const { codec, ticksPerSecond, framerate } = track
  return { track, codec, encoding: null, ticksPerSecond, framerate }
}

/** @throws UnsupportedError */
export async function requireDecodable(track: VideoTrack, input: string): Promise<void> {
  const config = track.decoderConfig
  if (config && (await VideoDecoder.isConfigSupported(config)).supported) return
  const codec = config ? `${track.codec ?? track.codecId} (${config.codec})` : track.codecId
  throw new UnsupportedError('unsupported-codec', `${input}: its video codec ${codec} cannot be decoded`)
}

function requireHolds(
  able: ContainerAbilities,
  codec: VideoCodecName | AudioCodecName,
  container: Container,
  named: string,
): void {
  if (able.holds(codec)) return
  throw new UnsupportedError('unsupported-container', `${named}: ${container.name} files cannot hold ${codec}`)
}

async function planAudio(
  job: Job,
  { audio: settings }: Rendition,
  source: MediaSource,
  container: Container,
  able: ContainerAbilities,
  named: string,
): Promise<{ audio: PlannedAudio[]; warnings: string[] }> {
  const audio: PlannedAudio[] = []
  const warnings: string[] = []
  if (settings === false) return { audio, warnings }
  const wanted = wantedTracks(settings, source, job.input.path)
  // Where nothing was asked for, what is not possible is left out and said; where something was, it is an error.
  const strict = settings.tracks !== undefined || settings.codec !== undefined
  if (container.audio === null) {
    const message = `${container.name} files hold no sound`
    if (strict) throw new UnsupportedError('unsupported-container', `${named}: ${message}`)
    if (wanted.length > 0) warnings.push(`${message}: it was left out`)
    return { audio, warnings }
  }
  for (const track of wanted) {
    if (audio.length >= able.maxAudioTracks) {
      const message = `${container.name} files hold ${able.maxAudioTracks} audio track alone: others were left out`
      if (settings.tracks !== undefined) throw new UnsupportedError('unsupported-container', `${named}: ${message}`)
      warnings.push(message)
      break
    }
    try {
      audio.push(await planAudioTrack(settings, track, container, container.audio, able, named))
    } catch (error) {
      if (strict || !(error instanceof UnsupportedError)) throw error
      warnings.push(`a track of ${track.codec ?? track.codecId} sound was left out: ${error.message}`)
    }
  }
  return { audio, warnings }
}

function wantedTracks({ tracks = 'all' }: ParsedAudio, source: MediaSource, input: string): AudioTrack[] {
  const found = source.tracks.filter((track) => track.type === 'audio')
  if (tracks === 'all') return found
  if (tracks === 'first') return found.slice(0, 1)
  const missing = tracks.find((language) => !found.some((track) => track.language === language))
  if (missing) throw new InputError('no-tracks', `${input}: it has no sound in the language "${missing}"`)
  return found.filter(({ language }) => tracks.includes(language))
}

async function planAudioTrack(
  settings: ParsedAudio,
  track: AudioTrack,
  container: Container,
  usual: AudioCodecName,
  able: ContainerAbilities,
  named: string,
): Promise<PlannedAudio> {
  const { codec, bitrate, encoderOptions } = settings
  const asItIs = codec === undefined && bitrate === undefined && encoderOptions === undefined
  const copies = codec === 'copy' || (asItIs && track.codec !== null && able.holds(track.codec))
  if (copies && track.decoderConfig && track.codec !== null) {
    requireHolds(able, track.codec, container, named)
    return { track, codec: track.codec, encoderConfig: null, beginsAtZero: false }
  }
  if (codec === 'copy' || !track.decoderConfig) {
    const message = `${named}: sound of codec ${track.codecId} cannot be ${codec === 'copy' ? 'copied' : 'decoded'}`
    throw new UnsupportedError('unsupported-codec', message)
  }
  const wanted = { ...settings, codec: codec ?? usual }
  requireHolds(able, audioCodecNamed(wanted.codec).name, container, named)
  const chosen = await chooseAudio(wanted, track, named)
  return { track, codec: chosen.codec, encoderConfig: chosen.config, beginsAtZero: !able.timesPictures }
}

/** Of plans alike, so that one encoder does for all of them. */
export const audioKey = ({ track, encoderConfig, beginsAtZero }: PlannedAudio): string =>
  `${track.id} ${encoderConfig ? JSON.stringify([encoderConfig, beginsAtZero]) : 'copy'}`
