/** What came of a job. Plain JSON. */
import type { ContainerName } from './formats.js'

export interface VideoResult {
  /** The codec string. */
  codec: string
  width: number
  height: number
  frames: number
  /** Seconds. */
  duration: number
  bytes: number
  /** Bits per second; null for nothing. */
  bitrate: number | null
  /** Bytes in each second of presentation, for a picture of the bitrate. */
  bytesPerSecond: number[]
  /** Whether the packets are the source's. */
  copied: boolean
}

export interface AudioResult {
  codec: string
  language: string
  duration: number
  bytes: number
  bitrate: number | null
  copied: boolean
}

export interface OutputResult {
  kind: 'file' | 'hls' | 'thumbnails' | 'contact-sheet'
  /** The rendition's; null for what belongs to all of them. */
  name: string | null
  /** The file, or the folder of HLS. */
  path: string
  /** Of pictures: all files. */
  files: string[]
  container: ContainerName | null
  /** Of all files together. */
  bytes: number
  video: VideoResult | null
  audio: AudioResult[]
  /** Of HLS: the renditions in it. */
  variants?: VariantResult[]
  /** What was left out, and why. */
  warnings: string[]
}

/** A rendition in an HLS presentation. */
export interface VariantResult {
  name: string
  video: VideoResult | null
  audio: AudioResult[]
}

/** The video of an output, or that of each of its variants, by their names. */
export const videosOf = ({
  name,
  path,
  video,
  variants = [],
}: OutputResult): { name: string; video: VideoResult }[] => [
  ...(video ? [{ name: name ?? path, video }] : []),
  ...variants.flatMap((variant) => (variant.video ? [{ name: variant.name, video: variant.video }] : [])),
]

/** What all outputs together amount to. */
export function totalsOf(outputs: readonly OutputResult[]): Pick<TranscodeResult, 'frames' | 'duration'> {
  const videos = outputs.flatMap((output) => videosOf(output).map(({ video }) => video))
  const sounds = outputs
    .flatMap(({ audio, variants = [] }) => [audio, ...variants.map((variant) => variant.audio)])
    .flat()
  return {
    frames: Math.max(0, ...videos.map(({ frames }) => frames)),
    duration: Math.max(0, ...[...videos, ...sounds].map(({ duration }) => duration)),
  }
}

export interface TranscodeResult {
  outputs: OutputResult[]
  /** Seconds that the work took. */
  seconds: number
  /** Pictures encoded, of the rendition that has most. */
  frames: number
  /** Seconds of media, of the longest output. */
  duration: number
}
