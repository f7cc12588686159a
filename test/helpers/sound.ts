import { AudioData, type AudioSampleFormat } from '../../lib/index.js'

export const SAMPLE_FORMATS: readonly AudioSampleFormat[] = [
  'u8',
  's16',
  's32',
  'f32',
  'u8-planar',
  's16-planar',
  's32-planar',
  'f32-planar',
]

type SampleArray =
  | Uint8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>

const ARRAYS = { u8: Uint8Array, s16: Int16Array, s32: Int32Array, f32: Float32Array } as const

export const isPlanar = (format: AudioSampleFormat): boolean => format.endsWith('-planar')

/** An array for `length` samples of a format. */
export const samplesFor = (format: AudioSampleFormat, length: number): SampleArray =>
  new ARRAYS[format.replace('-planar', '') as keyof typeof ARRAYS](length)

/**
 * Samples as AudioData.
 * @param channels the samples of each channel, in the units of the format
 */
export function audioData(
  format: AudioSampleFormat,
  channels: readonly ArrayLike<number>[],
  { sampleRate = 48000, timestamp = 0, transfer = false } = {},
): AudioData {
  const frames = channels[0]!.length
  const data = samplesFor(format, frames * channels.length)
  channels.forEach((samples, channel) => {
    for (let frame = 0; frame < frames; frame++) {
      data[isPlanar(format) ? channel * frames + frame : frame * channels.length + channel] = samples[frame]!
    }
  })
  return new AudioData({
    format,
    sampleRate,
    numberOfFrames: frames,
    numberOfChannels: channels.length,
    timestamp,
    data,
    ...(transfer && { transfer: [data.buffer] }),
  })
}

/** The samples of each channel of `data`, converted to `format` by copyTo(). */
export function channelsOf(data: AudioData, format: AudioSampleFormat = data.format!): number[][] {
  const { numberOfChannels, numberOfFrames } = data
  const planes = Array.from({ length: isPlanar(format) ? numberOfChannels : 1 }, (_, planeIndex) => {
    const plane = samplesFor(format, numberOfFrames * (isPlanar(format) ? 1 : numberOfChannels))
    data.copyTo(plane, { planeIndex, format })
    return plane
  })
  return Array.from({ length: numberOfChannels }, (_, channel) =>
    Array.from({ length: numberOfFrames }, (_, frame) =>
      isPlanar(format) ? planes[channel]![frame]! : planes[0]![frame * numberOfChannels + channel]!,
    ),
  )
}
