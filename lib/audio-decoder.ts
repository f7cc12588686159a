import { type AudioData, audioDataInternals } from './audio-data.js'
import { sampleFormatAt } from './audio-sample-format.js'
import { Codec, type CodecState, invokeCallback, type OutputEvent, type WebCodecsErrorCallback } from './codec.js'
import { planAudioDecoder } from './config/audio-codecs.js'
import {
  type AudioDecoderConfig,
  type ParsedAudioDecoderConfig,
  readAudioDecoderConfig,
  requireValidAudioDecoderConfig,
} from './config/audio-decoder-config.js'
import { checkConfigurationSupport, tryPlan } from './config/probe.js'
import type { DomAttribute } from './dom-types.js'
import { type EncodedAudioChunk, encodedAudioChunkInternals } from './encoded-audio-chunk.js'
import { dataError } from './errors.js'
import { EventKind, type NativeBinding } from './native.js'
import { callback, typeError } from './webidl/conversions.js'
import { dictionary, required } from './webidl/dictionary.js'
import { defineInterface } from './webidl/interface.js'

/** Web IDL: AudioDataOutputCallback */
export type AudioDataOutputCallback = (output: AudioData) => void

export interface AudioDecoderInit {
  /** Called with each decoded piece, in order. It is the callee's to close. */
  output: AudioDataOutputCallback
  /** Called once when decoding fails; the decoder is closed then. */
  error: WebCodecsErrorCallback
}

export interface AudioDecoderSupport {
  supported: boolean
  /** The configuration as it was understood: the members known here. */
  config: ParsedAudioDecoderConfig
}

const readAudioDecoderInit = dictionary('AudioDecoderInit', {
  error: required(callback<WebCodecsErrorCallback>()),
  output: required(callback<AudioDataOutputCallback>()),
})

/** The decoder is saturated with this many chunks in native code's hands: packets are small, and come by the thousand. */
const SATURATION_LIMIT = 64

function parseConfig(config: unknown): ParsedAudioDecoderConfig {
  const parsed = readAudioDecoderConfig(config, '')
  requireValidAudioDecoderConfig(parsed)
  return parsed
}

type DequeueHandler = DomAttribute<'AudioDecoder', 'ondequeue', ((this: AudioDecoder, event: Event) => unknown) | null>

/**
 * Decodes EncodedAudioChunks to AudioData, on a thread of its own.
 * https://www.w3.org/TR/webcodecs/#audiodecoder-interface
 */
export class AudioDecoder extends EventTarget {
  readonly #codec: Codec
  readonly #output: AudioDataOutputCallback
  /** spec: [[key chunk required]] */
  #keyChunkRequired = true

  /** @throws TypeError when a callback is missing */
  constructor(init: AudioDecoderInit) {
    super()
    const { error, output } = readAudioDecoderInit(init, '')
    this.#output = output
    const traits = {
      name: 'AudioDecoder',
      saturationLimit: () => SATURATION_LIMIT,
      create: (native: NativeBinding, codecId: number) => native.createAudioDecoder(codecId),
      output: (event: OutputEvent) => this.#outputEvent(event),
      reset: () => {},
    }
    this.#codec = new Codec(this, traits, error)
  }

  /** "unconfigured", "configured" or "closed". */
  get state(): CodecState {
    return this.#codec.state
  }

  /** The number of chunks that wait in the queue; wait for the `dequeue` event when it grows. */
  get decodeQueueSize(): number {
    return this.#codec.queueSize
  }

  /** Called when `decodeQueueSize` has decreased. */
  get ondequeue(): DequeueHandler {
    return this.#codec.ondequeue.value as DequeueHandler
  }

  set ondequeue(handler: DequeueHandler) {
    this.#codec.ondequeue.value = handler
  }

  /**
   * Takes a configuration for the chunks that follow, of which the first must be a key chunk. One that is not supported
   * closes the decoder with a NotSupportedError for the error callback.
   * @throws TypeError when `config` is not valid
   * @throws InvalidStateError when the decoder is closed
   */
  configure(config: AudioDecoderConfig): void {
    const parsed = parseConfig(config)
    const { plan, rejection } = tryPlan(() => planAudioDecoder(parsed))
    this.#codec.configure({
      rejection,
      apply: (native, codec) => native.configureAudioDecoder(codec, plan!.config),
      configured: () => {},
    })
    this.#keyChunkRequired = true
  }

  /**
   * Queues a chunk for decoding. An empty one, which ends some streams, has no output.
   * @throws TypeError when `chunk` is not an EncodedAudioChunk
   * @throws InvalidStateError when the decoder is not configured
   * @throws DataError when `chunk` is the first since configure() or flush() and is not a key chunk
   */
  decode(chunk: EncodedAudioChunk): void {
    if (!encodedAudioChunkInternals.isChunk(chunk)) throw typeError('an EncodedAudioChunk', 'chunk', chunk)
    this.#codec.requireConfigured()
    const { data, type, timestamp } = encodedAudioChunkInternals.slotsOf(chunk)
    if (this.#keyChunkRequired && type !== 'key') {
      throw dataError('expected a key chunk after configure() or flush() but received a delta chunk')
    }
    this.#keyChunkRequired = false
    this.#codec.enqueueWork({
      submit: (native, codec) => native.decodeAudio(codec, data, timestamp),
      drop: () => {},
    })
  }

  /**
   * Completes all queued work; the next chunk must be a key chunk. The promise settles after the last output; rejects
   * with InvalidStateError when the decoder is not configured, and with AbortError when reset() or close() came first.
   */
  async flush(): Promise<undefined> {
    this.#codec.requireConfigured()
    this.#keyChunkRequired = true
    await this.#codec.flush()
  }

  /**
   * Drops the configuration and all work at once.
   * @throws InvalidStateError when the decoder is closed
   */
  reset(): void {
    this.#codec.reset()
  }

  /**
   * Drops all work at once and frees what the decoder holds, for good.
   * @throws InvalidStateError when the decoder is closed already
   */
  close(): void {
    this.#codec.close()
  }

  /** Whether `config` works here, found out by opening a decoder. Rejects with TypeError when it is not valid. */
  static async isConfigSupported(config: AudioDecoderConfig): Promise<AudioDecoderSupport> {
    const parsed = parseConfig(config)
    const supported = await checkConfigurationSupport(
      () => planAudioDecoder(parsed),
      (native, nativeConfig) => native.probeAudioDecoder(nativeConfig),
    )
    return { supported, config: parsed }
  }

  /** spec: "Output AudioData" */
  #outputEvent(event: OutputEvent): boolean {
    if (event[0] !== EventKind.audioData) return false
    const [, , , buffer, format, sampleRate, numberOfFrames, numberOfChannels, timestamp] = event
    const slots = { buffer, format: sampleFormatAt(format), sampleRate, numberOfFrames, numberOfChannels, timestamp }
    invokeCallback(this.#output, audioDataInternals.create(slots))
    return true
  }

  static {
    defineInterface(this, 'AudioDecoder')
  }
}
