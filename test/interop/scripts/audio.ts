// Runs in Node and in Chromium: makes sound into streams, and streams into sound. Everything that comes and goes can be
// cloned, so that either side can take what the other made.
import type * as WebCodecs from '../../../lib/index.js'

export type AudioApi = Pick<typeof WebCodecs, 'AudioData' | 'AudioDecoder' | 'AudioEncoder' | 'EncodedAudioChunk'>

export type EncoderConfig = Parameters<WebCodecs.AudioEncoder['configure']>[0]
export type DecoderConfig = Parameters<WebCodecs.AudioDecoder['configure']>[0]

/** What to encode, and how it is cut into AudioData. */
export interface Sound {
  config: EncoderConfig
  /** The samples of each channel, between -1 and 1. */
  channels: Float32Array[]
  /** Frames of each AudioData but the last. */
  pieceFrames: number
  /** Of the first sample, in microseconds. */
  timestamp: number
}

export interface SoundChunk {
  type: 'key' | 'delta'
  timestamp: number
  duration: number | null
  data: Uint8Array
}

export interface SoundStream {
  chunks: SoundChunk[]
  /** The decoder configuration that came with the first chunk. */
  config: DecoderConfig
}

/** One AudioData, but for its samples. */
export interface PieceRecord {
  timestamp: number
  duration: number
  numberOfFrames: number
  numberOfChannels: number
  sampleRate: number
}

export interface DecodedSound {
  pieces: PieceRecord[]
  formats: (string | null)[]
  /** The samples of each channel, one after the other. */
  channels: Float32Array[]
}

const bytesOf = (source: AllowSharedBufferSource) =>
  ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice()
    : new Uint8Array(source).slice()

/** Encodes one piece after the other. */
export async function encode(api: AudioApi, sound: Sound): Promise<SoundStream> {
  const chunks: SoundChunk[] = []
  let decoderConfig: DecoderConfig | undefined
  let failure: unknown
  const encoder = new api.AudioEncoder({
    output: (chunk, metadata) => {
      if (metadata.decoderConfig) {
        const { description, ...rest } = metadata.decoderConfig
        decoderConfig ??= { ...rest, ...(description && { description: bytesOf(description) }) }
      }
      const data = new Uint8Array(chunk.byteLength)
      chunk.copyTo(data)
      chunks.push({ type: chunk.type, timestamp: chunk.timestamp, duration: chunk.duration, data })
    },
    error: (error) => {
      failure = error
    },
  })
  const { config, channels, pieceFrames, timestamp } = sound
  const { sampleRate, numberOfChannels } = config
  encoder.configure(config)
  const length = channels[0]!.length
  for (let start = 0; start < length; start += pieceFrames) {
    const numberOfFrames = Math.min(pieceFrames, length - start)
    const samples = new Float32Array(numberOfFrames * numberOfChannels)
    for (const [i, channel] of channels.entries()) {
      samples.set(channel.subarray(start, start + numberOfFrames), i * numberOfFrames)
    }
    const data = new api.AudioData({
      ...{ format: 'f32-planar', sampleRate, numberOfFrames, numberOfChannels, data: samples },
      timestamp: timestamp + Math.round((start * 1e6) / sampleRate),
    })
    encoder.encode(data)
    data.close()
  }
  await encoder.flush().catch((error: unknown) => {
    throw failure ?? error
  })
  encoder.close()
  return { chunks, config: decoderConfig! }
}

/** What the stream decodes to, in the order of output. */
export async function decode(api: AudioApi, { chunks, config }: SoundStream): Promise<DecodedSound> {
  const pieces: PieceRecord[] = []
  const formats: (string | null)[] = []
  const samples: Float32Array[][] = []
  let failure: unknown
  const decoder = new api.AudioDecoder({
    output: (data) => {
      const { timestamp, duration, numberOfFrames, numberOfChannels, sampleRate } = data
      pieces.push({ timestamp, duration, numberOfFrames, numberOfChannels, sampleRate })
      formats.push(data.format)
      for (let channel = 0; channel < numberOfChannels; channel++) {
        const plane = new Float32Array(numberOfFrames)
        data.copyTo(plane, { planeIndex: channel, format: 'f32-planar' })
        const planes = samples[channel] ?? []
        samples[channel] = planes
        planes.push(plane)
      }
      data.close()
    },
    error: (error) => {
      failure = error
    },
  })
  decoder.configure(config)
  for (const { type, timestamp, duration, data } of chunks) {
    decoder.decode(new api.EncodedAudioChunk({ type, timestamp, data, ...(duration !== null && { duration }) }))
  }
  await decoder.flush().catch((error: unknown) => {
    throw failure ?? error
  })
  decoder.close()
  return { pieces, formats, channels: samples.map(join) }
}

function join(parts: Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Whether the encoder has the configuration. */
export async function encodes(api: AudioApi, config: EncoderConfig): Promise<boolean> {
  return (await api.AudioEncoder.isConfigSupported(config)).supported
}

/** Whether the decoder has the configuration. */
export async function decodes(api: AudioApi, config: DecoderConfig): Promise<boolean> {
  return (await api.AudioDecoder.isConfigSupported(config)).supported
}
