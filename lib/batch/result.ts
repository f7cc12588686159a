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
  /** What was left out, and why. */
  warnings: string[]
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
