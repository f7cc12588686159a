import { type AudioData, audioDataInternals, type OpenAudioDataSlots } from './audio-data.js'
import { Codec, type CodecState, invokeCallback, type OutputEvent, type WebCodecsErrorCallback } from './codec.js'
import { planAudioEncoder } from './config/audio-codecs.js'
import {
  type AudioEncoderConfig,
  type ParsedAudioEncoderConfig,
  readAudioEncoderConfig,
  requireValidAudioEncoderConfig,
} from './config/audio-encoder-config.js'
import { checkConfigurationSupport, tryPlan } from './config/probe.js'
import type { DomAttribute } from './dom-types.js'
import { type EncodedAudioChunk, encodedAudioChunkInternals } from './encoded-audio-chunk.js'
import { type AudioBufferHandle, type CodecHandle, EventKind, type NativeBinding } from './native.js'
import { getRuntime } from './runtime.js'
import { callback, typeError } from './webidl/conversions.js'
import { dictionary, required } from './webidl/dictionary.js'
import { defineInterface } from './webidl/interface.js'

/** An AudioDecoderConfig that describes how to decode chunks. */
export interface AudioEncoderOutputConfig {
  codec: string
  sampleRate: number
  numberOfChannels: number
  /** As the codec's registration has it; absent where it has none, and for ADTS. */
  description?: ArrayBuffer
}

/** https://www.w3.org/TR/webcodecs/#dictdef-encodedaudiochunkmetadata */
export interface EncodedAudioChunkMetadata {
  /** Present with the first chunk after configure(), and when it differs from that of the chunk before. */
  decoderConfig?: AudioEncoderOutputConfig
}

/** Web IDL: EncodedAudioChunkOutputCallback */
export type EncodedAudioChunkOutputCallback = (chunk: EncodedAudioChunk, metadata: EncodedAudioChunkMetadata) => void

export interface AudioEncoderInit {
  /** Called with each chunk, in order. */
  output: EncodedAudioChunkOutputCallback
  /** Called once when encoding fails; the encoder is closed then. */
  error: WebCodecsErrorCallback
}

export interface AudioEncoderSupport {
  supported: boolean
  /** The configuration as it was understood: the members known here, with defaults. */
  config: ParsedAudioEncoderConfig
}

const readAudioEncoderInit = dictionary('AudioEncoderInit', {
  error: required(callback<WebCodecsErrorCallback>()),
  output: required(callback<EncodedAudioChunkOutputCallback>()),
})

/** The encoder is saturated with this many pieces of sound in native code's hands: as many as last while this thread is busy. */
const SATURATION_LIMIT = 64

function parseConfig(config: unknown): ParsedAudioEncoderConfig {
  const parsed = readAudioEncoderConfig(config, '')
  requireValidAudioEncoderConfig(parsed)
  return parsed
}

type DequeueHandler = DomAttribute<'AudioEncoder', 'ondequeue', ((this: AudioEncoder, event: Event) => unknown) | null>

/**
 * Encodes AudioData to EncodedAudioChunks, on a thread of its own.
 * https://www.w3.org/TR/webcodecs/#audioencoder-interface
 */
export class AudioEncoder extends EventTarget {
  readonly #codec: Codec
  readonly #output: EncodedAudioChunkOutputCallback
  /** spec: [[active encoder config]] */
  #activeConfig: ParsedAudioEncoderConfig | null = null
  #description: ArrayBuffer | null = null
  /** Whether the next chunk has another |outputConfig| than the one before. */
  #outputConfigChanged = false

  /** @throws TypeError when a callback is missing */
  constructor(init: AudioEncoderInit) {
    super()
    const { error, output } = readAudioEncoderInit(init, '')
    this.#output = output
    const traits = {
      name: 'AudioEncoder',
      saturationLimit: () => SATURATION_LIMIT,
      create: (native: NativeBinding, codecId: number) => native.createAudioEncoder(codecId),
      output: (event: OutputEvent) => this.#outputEvent(event),
      reset: () => {
        this.#activeConfig = null
      },
    }
    this.#codec = new Codec(this, traits, error)
  }

  /** "unconfigured", "configured" or "closed". */
  get state(): CodecState {
    return this.#codec.state
  }

  /** The number of AudioData that wait in the queue; wait for the `dequeue` event when it grows. */
  get encodeQueueSize(): number {
    return this.#codec.queueSize
  }

  /** Called when `encodeQueueSize` has decreased. */
  get ondequeue(): DequeueHandler {
    return this.#codec.ondequeue.value as DequeueHandler
  }

  set ondequeue(handler: DequeueHandler) {
    this.#codec.ondequeue.value = handler
  }

  /**
   * Takes a configuration for the data that follow. One that is not supported closes the encoder with a
   * NotSupportedError for the error callback.
   * @throws TypeError when `config` is not valid
   * @throws InvalidStateError when the encoder is closed
   */
  configure(config: AudioEncoderConfig): void {
    const parsed = parseConfig(config)
    const { plan, rejection } = tryPlan(() => planAudioEncoder(parsed))
    this.#codec.configure({
      rejection,
      apply: (native, codec) => native.configureAudioEncoder(codec, plan!.config),
      configured: () => {
        this.#activeConfig = parsed
      },
    })
  }

  /**
   * Queues data for encoding. The encoder has its own reference to the samples: the data can be closed at once. Data of
   * another rate or number of channels than configured closes the encoder with an EncodingError.
   * @throws TypeError when `data` is closed
   * @throws InvalidStateError when the encoder is not configured
   */
  encode(data: AudioData): void {
    if (!audioDataInternals.isData(data)) throw typeError('an AudioData', 'data', data)
    const slots = audioDataInternals.slotsOf(data)
    if (!audioDataInternals.isOpen(slots)) {
      throw new TypeError('expected an open AudioData for data but received a closed one')
    }
    this.#codec.requireConfigured()
    const message = new EncodeMessage(slots)
    this.#codec.enqueueWork(message)
    message.keepBuffer()
  }

  /**
   * Completes all queued work, with silence where the last chunk is not full. The promise settles after the last chunk
   * was output; rejects with InvalidStateError when the encoder is not configured, and with AbortError when reset() or
   * close() came first.
   */
  async flush(): Promise<undefined> {
    this.#codec.requireConfigured()
    await this.#codec.flush()
  }

  /**
   * Drops the configuration and all work at once.
   * @throws InvalidStateError when the encoder is closed
   */
  reset(): void {
    this.#codec.reset()
  }

  /**
   * Drops all work at once and frees what the encoder holds, for good.
   * @throws InvalidStateError when the encoder is closed already
   */
  close(): void {
    this.#codec.close()
  }

  /** Whether `config` works here, found out by opening an encoder. Rejects with TypeError when it is not valid. */
  static async isConfigSupported(config: AudioEncoderConfig): Promise<AudioEncoderSupport> {
    const parsed = parseConfig(config)
    const supported = await checkConfigurationSupport(
      () => planAudioEncoder(parsed),
      (native, nativeConfig) => native.probeAudioEncoder(nativeConfig),
    )
    return { supported, config: parsed }
  }

  /** spec: "Output EncodedAudioChunks" */
  #outputEvent(event: OutputEvent): boolean {
    if (event[0] === EventKind.outputConfig) {
      this.#description = event[3]
      this.#outputConfigChanged = true
      return false
    }
    if (event[0] !== EventKind.chunk) return false
    const [, , , data, , timestamp, duration] = event
    const chunk = encodedAudioChunkInternals.create({ data: new Uint8Array(data), type: 'key', timestamp, duration })
    const metadata: EncodedAudioChunkMetadata = {}
    if (this.#outputConfigChanged) metadata.decoderConfig = this.#outputConfig()
    this.#outputConfigChanged = false
    invokeCallback(this.#output, chunk, metadata)
    return true
  }

  /** The |outputConfig|. Chunks come after `configured` and not after a reset: there is an active configuration. */
  #outputConfig(): AudioEncoderOutputConfig {
    const { codec, sampleRate, numberOfChannels } = this.#activeConfig!
    return { codec, sampleRate, numberOfChannels, ...(this.#description && { description: this.#description }) }
  }

  static {
    defineInterface(this, 'AudioEncoder')
  }
}

/** A control message to encode data. */
class EncodeMessage {
  readonly #slots: OpenAudioDataSlots
  #pending = true
  /** spec: |dataClone|; the data's own buffer until keepBuffer() */
  #buffer: AudioBufferHandle
  #ownsBuffer = false

  constructor(slots: OpenAudioDataSlots) {
    this.#slots = slots
    this.#buffer = slots.buffer
  }

  submit(native: NativeBinding, codec: CodecHandle): void {
    native.encodeAudio(codec, this.#buffer, this.#slots.sampleRate, this.#slots.timestamp)
    this.#release(native)
  }

  drop(): void {
    this.#release(getRuntime().native)
  }

  /** Takes a reference to the samples unless native code has one already: the user may close the data now. */
  keepBuffer(): void {
    if (!this.#pending) return
    this.#buffer = getRuntime().native.cloneAudioBuffer(this.#buffer)
    this.#ownsBuffer = true
  }

  #release(native: NativeBinding): void {
    this.#pending = false
    if (this.#ownsBuffer) native.closeAudioBuffer(this.#buffer)
  }
}
