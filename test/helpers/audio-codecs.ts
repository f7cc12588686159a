import type {
  AudioData,
  AudioDecoderConfig,
  AudioEncoderConfig,
  AudioEncoderOutputConfig,
  AudioSampleFormat,
  EncodedAudioChunk,
} from '../../lib/index.js'
import { AudioDecoder, AudioEncoder } from '../../lib/index.js'
import { audioData, channelsOf } from './sound.js'

export interface EncodedSound {
  chunks: EncodedAudioChunk[]
  /** The decoder configurations in the metadata, with the number of the chunk that each came with. */
  configs: [chunk: number, config: AudioEncoderOutputConfig][]
  /** The last of them. */
  config: AudioEncoderOutputConfig
}

/** Encodes all data and closes each; rejects with what the encoder reports. */
export async function encodeSound(config: AudioEncoderConfig, data: Iterable<AudioData>): Promise<EncodedSound> {
  const chunks: EncodedAudioChunk[] = []
  const configs: EncodedSound['configs'] = []
  let failure: DOMException | undefined
  const encoder = new AudioEncoder({
    output: (chunk, { decoderConfig }) => {
      if (decoderConfig) configs.push([chunks.length, decoderConfig])
      chunks.push(chunk)
    },
    error: (error) => {
      failure = error
    },
  })
  encoder.configure(config)
  for (const piece of data) {
    encoder.encode(piece)
    piece.close()
  }
  await encoder.flush().catch((error) => {
    throw failure ?? error
  })
  encoder.close()
  return { chunks, configs, config: configs.at(-1)![1] }
}

export interface DecodedSound {
  timestamps: number[]
  frames: number[]
  formats: (AudioSampleFormat | null)[]
  sampleRate: number
  /** The samples of each channel, one after the other. */
  channels: number[][]
}

/** Decodes all chunks; rejects with what the decoder reports. */
export async function decodeSound(
  config: AudioDecoderConfig,
  chunks: Iterable<EncodedAudioChunk>,
  format: AudioSampleFormat = 'f32-planar',
): Promise<DecodedSound> {
  const result: DecodedSound = { timestamps: [], frames: [], formats: [], sampleRate: 0, channels: [] }
  let failure: DOMException | undefined
  const decoder = new AudioDecoder({
    output: (data) => {
      result.timestamps.push(data.timestamp)
      result.frames.push(data.numberOfFrames)
      result.formats.push(data.format)
      result.sampleRate = data.sampleRate
      channelsOf(data, format).forEach((samples, channel) => {
        result.channels[channel] ??= []
        for (const sample of samples) result.channels[channel].push(sample)
      })
      data.close()
    },
    error: (error) => {
      failure = error
    },
  })
  decoder.configure(config)
  for (const chunk of chunks) decoder.decode(chunk)
  await decoder.flush().catch((error) => {
    throw failure ?? error
  })
  decoder.close()
  return result
}

/** Two tones that rise, so that any delay can be found; f32. */
export const chirp = (seconds: number, sampleRate: number, phase = 0): number[] =>
  Array.from({ length: Math.round(seconds * sampleRate) }, (_, frame) => {
    const time = frame / sampleRate
    const rising = (from: number, by: number) => Math.sin(2 * Math.PI * (from + by * time) * time + phase)
    return Math.fround(0.25 * rising(200, 700) + 0.2 * rising(430, 1100))
  })

/** A tone; f32. */
export const tone = (seconds: number, sampleRate: number, hertz: number, amplitude = 0.4): number[] =>
  Array.from({ length: Math.round(seconds * sampleRate) }, (_, frame) =>
    Math.fround(amplitude * Math.sin((2 * Math.PI * hertz * frame) / sampleRate)),
  )

export interface CutOptions {
  format?: AudioSampleFormat
  sampleRate?: number
  /** Frames of each piece. */
  pieces?: (index: number) => number
  timestamp?: number
}

/** Sound in pieces, each with its own timestamp. The samples are in the units of the format. */
export function* cut(
  channels: readonly number[][],
  { format = 'f32-planar', sampleRate = 48000, pieces = () => sampleRate / 10, timestamp = 0 }: CutOptions = {},
): Generator<AudioData> {
  const length = channels[0]!.length
  for (let start = 0, index = 0; start < length; index++) {
    const end = Math.min(start + pieces(index), length)
    yield audioData(
      format,
      channels.map((samples) => samples.slice(start, end)),
      { sampleRate, timestamp: timestamp + Math.round((start * 1e6) / sampleRate) },
    )
    start = end
  }
}

/** How many samples later `decoded` has what `original` has, by the best correlation, and how well they agree, in dB. */
export function alignment(
  original: readonly number[],
  decoded: readonly number[],
  { from = 20000, length = 4000, range = 3000 } = {},
): { delay: number; snr: number } {
  let best = { delay: 0, error: Number.POSITIVE_INFINITY }
  for (let delay = -range; delay <= range; delay++) {
    let error = 0
    for (let frame = from; frame < from + length && error < best.error; frame++) {
      error += (original[frame]! - (decoded[frame + delay] ?? 0)) ** 2
    }
    if (error < best.error) best = { delay, error }
  }
  let power = 0
  for (let frame = from; frame < from + length; frame++) power += original[frame]! ** 2
  return { delay: best.delay, snr: 10 * Math.log10(power / best.error) }
}
