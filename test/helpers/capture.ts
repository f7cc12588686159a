import { afterEach, expect } from 'vitest'
import { CaptureBuffers, type CaptureReader } from '../../lib/capture.js'
import { AudioData, counters, type VideoFrame } from '../../lib/index.js'

/** Ends all capturing after each test, and expects nothing of it to be left. */
export function expectNothingCapturedAfterEach(): void {
  afterEach(async () => {
    for (const source of CaptureBuffers.sources()) CaptureBuffers.remove(source)
    const live = () => {
      const { captureSources, captureReaders, inputs, frames, audioData, buffers } = counters()
      return { captureSources, captureReaders, inputs, frames, audioData, buffers }
    }
    const none = { captureSources: 0, captureReaders: 0, inputs: 0, frames: 0, audioData: 0, buffers: 0 }
    await expect.poll(live, { timeout: 10_000 }).toEqual(none)
  })
}

/** Sound as numbers; closes the data. */
export interface Sound {
  timestamp: number
  sampleRate: number
  /** One for each channel. */
  channels: Float32Array[]
}

export function takeSound(data: AudioData): Sound {
  const { timestamp, sampleRate, numberOfFrames, numberOfChannels } = data
  const channels = Array.from({ length: numberOfChannels }, (_, planeIndex) => {
    const samples = new Float32Array(numberOfFrames)
    data.copyTo(samples, { planeIndex, format: 'f32-planar' })
    return samples
  })
  data.close()
  return { timestamp, sampleRate, channels }
}

export function closeAll({ audio, video }: { audio: AudioData[]; video: VideoFrame[] }): void {
  for (const media of [...audio, ...video]) media.close()
}

/** Follows until `enough` of sound have come. */
export async function followSound(reader: CaptureReader, enough: number, options = {}): Promise<Sound[]> {
  const sounds: Sound[] = []
  for await (const media of reader.follow({ video: false, ...options })) {
    sounds.push(takeSound(media as AudioData))
    if (sounds.length >= enough) break
  }
  return sounds
}

/** All that a source gives until it ends. */
export async function followToEnd(
  reader: CaptureReader,
  options = {},
): Promise<{ sounds: Sound[]; frames: VideoFrame[] }> {
  const sounds: Sound[] = []
  const frames: VideoFrame[] = []
  for await (const media of reader.follow(options)) {
    if (media instanceof AudioData) sounds.push(takeSound(media))
    else frames.push(media)
  }
  return { sounds, frames }
}

export function joinChannel(sounds: readonly Sound[], channel = 0): Float32Array {
  const parts = sounds.map(({ channels }) => channels[channel]!)
  const joined = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/** Where sounds follow one another, in microseconds between the end of one and the beginning of the next. */
export function gapsBetween(sounds: readonly Sound[]): number[] {
  return sounds.slice(1).map(({ timestamp }, index) => {
    const before = sounds[index]!
    return timestamp - (before.timestamp + (before.channels[0]!.length * 1e6) / before.sampleRate)
  })
}

/** The frequency at which a tone goes through zero. */
export function frequencyOf(samples: Float32Array, sampleRate: number): number {
  const crossings: number[] = []
  for (let i = 1; i < samples.length; i++) {
    const [before, now] = [samples[i - 1]!, samples[i]!]
    if (before < 0 && now >= 0) crossings.push(i - 1 + before / (before - now))
  }
  return ((crossings.length - 1) * sampleRate) / (crossings.at(-1)! - crossings[0]!)
}
