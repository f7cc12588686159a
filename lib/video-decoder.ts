import { Codec, type CodecState, invokeCallback, type OutputEvent, type WebCodecsErrorCallback } from './codec.js'
import { checkConfigurationSupport, tryPlan } from './config/probe.js'
import type { DecoderPlan } from './config/video-codec.js'
import { planVideoDecoder } from './config/video-codecs.js'
import {
  type ParsedVideoDecoderConfig,
  readVideoDecoderConfig,
  requireValidVideoDecoderConfig,
  type VideoDecoderConfig,
} from './config/video-decoder-config.js'
import type { DomAttribute } from './dom-types.js'
import { type EncodedVideoChunk, encodedVideoChunkInternals } from './encoded-video-chunk.js'
import { dataError } from './errors.js'
import { EventKind, type NativeBinding, type NativeColorSpace } from './native.js'
import { slotsFromOutput } from './video-decoder-output.js'
import { type VideoFrame, videoFrameInternals } from './video-frame.js'
import { callback, typeError } from './webidl/conversions.js'
import { dictionary, required } from './webidl/dictionary.js'
import { defineInterface } from './webidl/interface.js'

/** Web IDL: VideoFrameOutputCallback */
export type VideoFrameOutputCallback = (output: VideoFrame) => void

export interface VideoDecoderInit {
  /** Called with each frame, in presentation order. The frame is the callee's to close. */
  output: VideoFrameOutputCallback
  /** Called once when decoding fails; the decoder is closed then. */
  error: WebCodecsErrorCallback
}

export interface VideoDecoderSupport {
  supported: boolean
  /** The configuration as it was understood: the members known here, with defaults. */
  config: ParsedVideoDecoderConfig
}

const readVideoDecoderInit = dictionary('VideoDecoderInit', {
  error: required(callback<WebCodecsErrorCallback>()),
  output: required(callback<VideoFrameOutputCallback>()),
})

/**
 * The decoder is saturated with this many chunks in native code's hands: enough that its thread never waits for this
 * one, and of large pictures no more of them than make so many bytes, as each may be a frame that waits for the user
 * before the queue size tells that there is no hurry.
 */
const SATURATION_LIMIT = { least: 4, most: 16, bytes: 16 << 20 }

/** Bytes for each pixel of most pictures. */
const PIXEL_BYTES = 1.5

function saturationLimit(pixels: number): number {
  const { least, most, bytes } = SATURATION_LIMIT
  return Math.min(most, Math.max(least, Math.floor(bytes / (pixels * PIXEL_BYTES))))
}

function parseConfig(config: unknown): ParsedVideoDecoderConfig {
  const parsed = readVideoDecoderConfig(config, '')
  requireValidVideoDecoderConfig(parsed)
  return parsed
}

type DequeueHandler = DomAttribute<'VideoDecoder', 'ondequeue', ((this: VideoDecoder, event: Event) => unknown) | null>

/**
 * Decodes EncodedVideoChunks to VideoFrames, on a thread of its own.
 * https://www.w3.org/TR/webcodecs/#videodecoder-interface
 */
export class VideoDecoder extends EventTarget {
  readonly #codec: Codec
  readonly #output: VideoFrameOutputCallback
  /** Of the last configure(); null when it is not supported. */
  #plan: DecoderPlan | null = null
  /** spec: [[active decoder config]] */
  #activeDecoderConfig: ParsedVideoDecoderConfig | null = null
  /** The colour space in the active configuration's codec string. */
  #namedColor: NativeColorSpace | null = null
  /** spec: [[key chunk required]] */
  #keyChunkRequired = true
  /** For pictures of the last frame's size. */
  #saturationLimit = SATURATION_LIMIT.most

  /** @throws TypeError when a callback is missing */
  constructor(init: VideoDecoderInit) {
    super()
    const { error, output } = readVideoDecoderInit(init, '')
    this.#output = output
    const traits = {
      name: 'VideoDecoder',
      saturationLimit: () => this.#saturationLimit,
      create: (native: NativeBinding, codecId: number) => native.createVideoDecoder(codecId),
      output: (event: OutputEvent) => this.#outputEvent(event),
      reset: () => {
        this.#plan = null
        this.#activeDecoderConfig = null
      },
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
  configure(config: VideoDecoderConfig): void {
    const parsed = parseConfig(config)
    const { plan, rejection } = tryPlan(() => planVideoDecoder(parsed))
    this.#codec.configure({
      rejection,
      apply: (native, codec) => native.configureVideoDecoder(codec, plan!.config),
      configured: () => {
        this.#activeDecoderConfig = parsed
        this.#namedColor = plan!.color
      },
    })
    this.#plan = plan
    this.#keyChunkRequired = true
  }

  /**
   * Queues a chunk for decoding.
   * @throws TypeError when `chunk` is not an EncodedVideoChunk
   * @throws InvalidStateError when the decoder is not configured
   * @throws DataError when `chunk` is the first since configure() or flush() and is not a key chunk
   */
  decode(chunk: EncodedVideoChunk): void {
    if (!encodedVideoChunkInternals.isChunk(chunk)) throw typeError('an EncodedVideoChunk', 'chunk', chunk)
    this.#codec.requireConfigured()
    const { data, type, timestamp, duration } = encodedVideoChunkInternals.slotsOf(chunk)
    if (this.#keyChunkRequired) this.#requireKeyChunk(type, data)
    this.#codec.enqueueWork({
      submit: (native, codec) => native.decodeVideo(codec, data, type === 'key', timestamp, duration),
      drop: () => {},
    })
  }

  /**
   * Completes all queued work; the next chunk must be a key chunk. The promise settles after the last frame was output;
   * rejects with InvalidStateError when the decoder is not configured, and with AbortError when reset() or close() came
   * first.
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
  static async isConfigSupported(config: VideoDecoderConfig): Promise<VideoDecoderSupport> {
    const parsed = parseConfig(config)
    const supported = await checkConfigurationSupport(
      () => planVideoDecoder(parsed),
      (native, nativeConfig) => native.probeVideoDecoder(nativeConfig),
    )
    return { supported, config: parsed }
  }

  /** Step 2 of decode(). What is broken, rather than not a key chunk, is left for the decoder to find. */
  #requireKeyChunk(type: string, data: Uint8Array): void {
    if (type !== 'key') throw dataError('expected a key chunk after configure() or flush() but received a delta chunk')
    if (this.#plan?.isKeyChunk(data) === false) {
      const hint = this.#plan.keyChunkHint && ` (${this.#plan.keyChunkHint})`
      throw dataError(`expected a key chunk but no decoding can start with the data of this one${hint}`)
    }
    this.#keyChunkRequired = false
  }

  #outputEvent(event: OutputEvent): boolean {
    if (event[0] !== EventKind.frame) return false
    // Frames come after `configured` and not after a reset: there is an active configuration.
    const slots = slotsFromOutput(event, this.#activeDecoderConfig!, this.#namedColor)
    this.#saturationLimit = saturationLimit(slots.codedWidth * slots.codedHeight)
    const frame = videoFrameInternals.create(slots)
    invokeCallback(this.#output, frame)
    return true
  }

  static {
    defineInterface(this, 'VideoDecoder')
  }
}
