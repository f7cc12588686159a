/** An audio track on its way: encoded anew, or copied. */
import { AudioData } from '../audio-data.js'
import { AudioDecoder } from '../audio-decoder.js'
import { AudioEncoder } from '../audio-encoder.js'
import type { AudioDecoderConfig } from '../config/audio-decoder-config.js'
import type { AudioEncoderConfig } from '../config/audio-encoder-config.js'
import type { EncodedAudioChunk } from '../encoded-audio-chunk.js'
import { encodeError, InputError, messageOf } from './errors.js'
import type { AudioCodecName } from './formats.js'
import type { Pipeline } from './pipeline.js'
import type { ChunkReceiver } from './sink-queue.js'
import { StreamStatistics } from './stream-statistics.js'
import type { PacketConsumer, Span } from './video-decoding.js'

/** Chunks that may wait for a codec. */
const QUEUE_LIMIT = 16

/** Samples that an encoder puts in front (docs/codecs.md, "Time"): what is heard must not come later by as much. */
const ENCODER_DELAY: Readonly<Partial<Record<AudioCodecName, number>>> = { aac: 1024, mp3: 1105 }

abstract class AudioStream {
  readonly statistics = new StreamStatistics()
  readonly receivers: ChunkReceiver[] = []

  protected deliver(chunk: EncodedAudioChunk, timestamp: number, decoderConfig: AudioDecoderConfig | undefined): void {
    const data = new Uint8Array(chunk.byteLength)
    chunk.copyTo(data)
    const sinkChunk = { data, key: chunk.type === 'key', timestamp, duration: chunk.duration ?? 0, decoderConfig }
    this.statistics.add(sinkChunk)
    for (const receiver of this.receivers) receiver.receive(sinkChunk)
  }

  protected endReceivers(): void {
    for (const receiver of this.receivers) receiver.end()
  }

  protected get receiversBusy(): boolean {
    return this.receivers.some(({ busy }) => busy)
  }
}

/** Packets as they are, those alone that have a part in the span. */
export class AudioCopy extends AudioStream implements PacketConsumer<EncodedAudioChunk> {
  readonly #config: AudioDecoderConfig
  readonly #span: Span
  done = false

  constructor(config: AudioDecoderConfig, span: Span) {
    super()
    this.#config = config
    this.#span = span
  }

  get busy(): boolean {
    return this.receiversBusy
  }

  push(chunk: EncodedAudioChunk): void {
    const { from, to } = this.#span
    if (chunk.timestamp >= to) {
      this.done = true
      return
    }
    // From the very beginning on, packets before 0 are what decoders need to be right at 0.
    if (from > 0 && chunk.timestamp + (chunk.duration ?? 0) <= from) return
    this.deliver(chunk, chunk.timestamp - from, this.statistics.chunks === 0 ? this.#config : undefined)
  }

  async finish(): Promise<void> {
    this.endReceivers()
  }

  close(): void {}
}

export interface AudioEncodingInit {
  readonly pipeline: Pipeline
  readonly decoderConfig: AudioDecoderConfig
  readonly codec: AudioCodecName
  /** Its rate and channels are replaced by those that the decoder gives. */
  readonly encoderConfig: AudioEncoderConfig
  readonly span: Span
  /** Whether silence fills what is before the first sound. */
  readonly beginsAtZero: boolean
  /** What errors call the input and the output. */
  readonly input: string
  readonly output: string
}

export class AudioEncoding extends AudioStream implements PacketConsumer<EncodedAudioChunk> {
  readonly #init: AudioEncodingInit
  readonly #decoder: AudioDecoder
  readonly #encoder: AudioEncoder
  /** Microseconds. */
  #delay = 0
  done = false

  constructor(init: AudioEncodingInit) {
    super()
    this.#init = init
    const { pipeline } = init
    this.#encoder = new AudioEncoder({
      output: (chunk, { decoderConfig }) => this.deliver(chunk, chunk.timestamp - this.#delay, decoderConfig),
      error: (error) => pipeline.fail(encodeError(init.output, error)),
    })
    this.#decoder = new AudioDecoder({
      output: (data) => this.#encode(data),
      error: (error) => pipeline.fail(this.#inputError(error)),
    })
    for (const codec of [this.#encoder, this.#decoder]) codec.addEventListener('dequeue', () => pipeline.wake())
    this.#decoder.configure(init.decoderConfig)
  }

  get busy(): boolean {
    const { decodeQueueSize } = this.#decoder
    return decodeQueueSize >= QUEUE_LIMIT || this.#encoder.encodeQueueSize >= QUEUE_LIMIT || this.receiversBusy
  }

  push(chunk: EncodedAudioChunk): void {
    this.#decoder.decode(chunk)
  }

  async finish(): Promise<void> {
    try {
      await this.#decoder.flush()
    } catch (error) {
      throw this.#inputError(error)
    }
    if (this.#encoder.state === 'unconfigured') {
      // No sound in the span is no error: the track is empty then.
      this.endReceivers()
      return
    }
    try {
      await this.#encoder.flush()
    } catch (error) {
      throw encodeError(this.#init.output, error)
    }
    this.endReceivers()
  }

  close(): void {
    for (const codec of [this.#decoder, this.#encoder]) {
      if (codec.state !== 'closed') codec.close()
    }
  }

  #encode(decoded: AudioData): void {
    const { from, to } = this.#init.span
    if (decoded.timestamp >= to) this.done = true
    const part = cut(decoded, from, to)
    if (!part) return
    try {
      if (this.#encoder.state === 'unconfigured') {
        this.#configure(part)
        if (this.#init.beginsAtZero && part.timestamp > 0) this.#encodeSilence(part)
      }
      this.#encoder.encode(part)
    } catch (error) {
      this.#init.pipeline.fail(encodeError(this.#init.output, error))
    } finally {
      part.close()
    }
  }

  /** What a decoder gives may differ from what a container says: HE-AAC has twice the rate. */
  #configure({ sampleRate, numberOfChannels }: AudioData): void {
    const { encoderConfig, codec } = this.#init
    this.#encoder.configure({ ...encoderConfig, sampleRate, numberOfChannels })
    this.#delay = Math.round(((ENCODER_DELAY[codec] ?? 0) * 1e6) / sampleRate)
  }

  /** From 0 to where `sound` begins. */
  #encodeSilence({ timestamp, sampleRate, numberOfChannels }: AudioData): void {
    const numberOfFrames = Math.round((timestamp * sampleRate) / 1e6)
    if (numberOfFrames === 0) return
    const data = new Float32Array(numberOfChannels * numberOfFrames)
    const format = 'f32-planar'
    const silence = new AudioData({ format, sampleRate, numberOfChannels, numberOfFrames, timestamp: 0, data })
    this.#encoder.encode(silence)
    silence.close()
  }

  #inputError(error: unknown): InputError {
    const message = `${this.#init.input}: decoding its sound failed (${messageOf(error)})`
    return new InputError('undecodable', message, { cause: error })
  }
}

/** The part of `data` in [from, to), with its time counted from `from`; null for none. Closes `data`. */
function cut(data: AudioData, from: number, to: number): AudioData | null {
  const { timestamp, sampleRate, numberOfFrames, numberOfChannels } = data
  const framesUntil = (time: number) => Math.round(((time - timestamp) * sampleRate) / 1e6)
  const first = Math.max(0, framesUntil(from))
  const end = Math.min(numberOfFrames, framesUntil(to))
  if (first === 0 && end === numberOfFrames && from === 0) return data
  if (first >= end) {
    data.close()
    return null
  }
  const options = { format: 'f32-planar' as const, frameOffset: first, frameCount: end - first }
  const samples = new Float32Array(numberOfChannels * (end - first))
  for (let channel = 0; channel < numberOfChannels; channel++) {
    const plane = samples.subarray(channel * (end - first), (channel + 1) * (end - first))
    data.copyTo(plane, { ...options, planeIndex: channel })
  }
  data.close()
  return new AudioData({
    format: 'f32-planar',
    sampleRate,
    numberOfChannels,
    numberOfFrames: end - first,
    timestamp: Math.round(timestamp + (first * 1e6) / sampleRate) - from,
    data: samples,
    transfer: [samples.buffer],
  })
}
