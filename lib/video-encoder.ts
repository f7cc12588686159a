import { Codec, type CodecState, invokeCallback, type OutputEvent, type WebCodecsErrorCallback } from './codec.js'
import { checkConfigurationSupport, tryPlan } from './config/probe.js'
import type { EncoderPlan } from './config/video-codec.js'
import { planVideoEncoder } from './config/video-codecs.js'
import {
  type ParsedEncodeOptions,
  type ParsedVideoEncoderConfig,
  readVideoEncoderConfig,
  readVideoEncoderEncodeOptions,
  requireValidVideoEncoderConfig,
  type VideoEncoderConfig,
  type VideoEncoderEncodeOptions,
} from './config/video-encoder-config.js'
import type { DomAttribute } from './dom-types.js'
import { type EncodedVideoChunk, encodedVideoChunkInternals } from './encoded-video-chunk.js'
import { dataError } from './errors.js'
import { BitrateMode, type CodecHandle, EventKind, type NativeBinding, type PictureHandle } from './native.js'
import type { Orientation } from './orientation.js'
import { getRuntime } from './runtime.js'
import {
  describeOutput,
  type EncodedVideoChunkMetadata,
  type EncoderOutputConfig,
  equalOutputConfigs,
  type StreamDescription,
} from './video-encoder-output.js'
import { type OpenVideoFrameSlots, type VideoFrame, videoFrameInternals } from './video-frame.js'
import type { VideoFrameSlots } from './video-frame-init.js'
import { callback, typeError } from './webidl/conversions.js'
import { dictionary, required } from './webidl/dictionary.js'
import { defineInterface } from './webidl/interface.js'

/** Web IDL: EncodedVideoChunkOutputCallback */
export type EncodedVideoChunkOutputCallback = (chunk: EncodedVideoChunk, metadata: EncodedVideoChunkMetadata) => void

export interface VideoEncoderInit {
  /** Called with each chunk, in decode order. */
  output: EncodedVideoChunkOutputCallback
  /** Called once when encoding fails; the encoder is closed then. */
  error: WebCodecsErrorCallback
}

export interface VideoEncoderSupport {
  supported: boolean
  /** The configuration as it was understood: the members known here, with defaults. */
  config: ParsedVideoEncoderConfig
}

const readVideoEncoderInit = dictionary('VideoEncoderInit', {
  error: required(callback<WebCodecsErrorCallback>()),
  output: required(callback<EncodedVideoChunkOutputCallback>()),
})

/**
 * The encoder is saturated with this many frames in native code's hands: enough that its thread never waits for this
 * one, and few enough that the queue size tells the user to wait before much memory is held.
 */
const SATURATION_LIMIT = 4

const NO_QUANTIZER = -1

/** A configuration, from configure() until another takes its place. */
interface Configuration {
  readonly config: ParsedVideoEncoderConfig
  /** null when it is not supported. */
  readonly plan: EncoderPlan | null
  /** spec: [[active orientation]] */
  orientation: Orientation | null
}

function parseConfig(config: unknown): ParsedVideoEncoderConfig {
  const parsed = readVideoEncoderConfig(config, '')
  requireValidVideoEncoderConfig(parsed)
  return parsed
}

type DequeueHandler = DomAttribute<'VideoEncoder', 'ondequeue', ((this: VideoEncoder, event: Event) => unknown) | null>

/**
 * Encodes VideoFrames to EncodedVideoChunks, on a thread of its own.
 * https://www.w3.org/TR/webcodecs/#videoencoder-interface
 */
export class VideoEncoder extends EventTarget {
  readonly #codec: Codec
  readonly #output: EncodedVideoChunkOutputCallback
  /** Of the last configure(). */
  #latest: Configuration | null = null
  /** spec: [[active encoder config]] */
  #active: Configuration | null = null
  /** spec: [[active output config]] */
  #activeOutputConfig: EncoderOutputConfig | null = null
  #stream: StreamDescription | null = null
  /** Whether the next chunk may need another decoder configuration than the one before. */
  #outputConfigChanged = false

  /** @throws TypeError when a callback is missing */
  constructor(init: VideoEncoderInit) {
    super()
    const { error, output } = readVideoEncoderInit(init, '')
    this.#output = output
    const traits = {
      name: 'VideoEncoder',
      saturationLimit: () => SATURATION_LIMIT,
      create: (native: NativeBinding, codecId: number) => native.createVideoEncoder(codecId),
      output: (event: OutputEvent) => this.#outputEvent(event),
      reset: () => this.#resetSlots(),
    }
    this.#codec = new Codec(this, traits, error)
  }

  /** "unconfigured", "configured" or "closed". */
  get state(): CodecState {
    return this.#codec.state
  }

  /** The number of frames that wait in the queue; wait for the `dequeue` event when it grows. */
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
   * Takes a configuration for the frames that follow. One that is not supported closes the encoder with a
   * NotSupportedError for the error callback.
   * @throws TypeError when `config` is not valid
   * @throws InvalidStateError when the encoder is closed
   */
  configure(config: VideoEncoderConfig): void {
    const parsed = parseConfig(config)
    const { plan, rejection } = tryPlan(() => planVideoEncoder(parsed))
    const configuration: Configuration = { config: parsed, plan, orientation: null }
    this.#codec.configure({
      rejection,
      apply: (native, codec) => native.configureVideoEncoder(codec, plan!.config),
      configured: () => {
        this.#active = configuration
        this.#outputConfigChanged = true
      },
    })
    this.#latest = configuration
  }

  /**
   * Queues a frame for encoding. The encoder has its own reference to the pixels: the frame can be closed at once.
   * @throws TypeError when `frame` is closed, or a quantizer is out of range
   * @throws InvalidStateError when the encoder is not configured
   * @throws DataError when the frame is rotated or flipped otherwise than the first since configure()
   */
  encode(frame: VideoFrame, options: VideoEncoderEncodeOptions = {}): void {
    if (!videoFrameInternals.isFrame(frame)) throw typeError('a VideoFrame', 'frame', frame)
    const parsedOptions = readVideoEncoderEncodeOptions(options, '')
    const slots = videoFrameInternals.slotsOf(frame)
    if (!videoFrameInternals.isOpen(slots))
      throw new TypeError('expected an open VideoFrame for frame but received a closed one')
    this.#codec.requireConfigured()
    const configuration = this.#latest!
    const quantizer = quantizerOf(configuration, parsedOptions)
    lockOrientation(configuration, slots)
    const message = new EncodeMessage(slots, parsedOptions.keyFrame, quantizer)
    this.#codec.enqueueWork(message)
    message.keepPicture()
  }

  /**
   * Completes all queued work. The promise settles after the last chunk was output; rejects with InvalidStateError when
   * the encoder is not configured, and with AbortError when reset() or close() came first.
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
  static async isConfigSupported(config: VideoEncoderConfig): Promise<VideoEncoderSupport> {
    const parsed = parseConfig(config)
    const supported = await checkConfigurationSupport(
      () => planVideoEncoder(parsed),
      (native, nativeConfig) => native.probeVideoEncoder(nativeConfig),
    )
    return { supported, config: parsed }
  }

  #resetSlots(): void {
    this.#latest = null
    this.#active = null
    this.#activeOutputConfig = null
    this.#stream = null
  }

  #outputEvent(event: OutputEvent): boolean {
    if (event[0] === EventKind.outputConfig) {
      const [, , , description, primaries, transfer, matrix, fullRange] = event
      this.#stream = { description, color: { primaries, transfer, matrix, fullRange } }
      this.#outputConfigChanged = true
      return false
    }
    if (event[0] !== EventKind.chunk) return false
    const [, , , data, key, timestamp, duration, temporalLayerId, alphaSideData] = event
    const chunk = encodedVideoChunkInternals.create({
      data: new Uint8Array(data),
      type: key ? 'key' : 'delta',
      timestamp,
      duration,
    })
    invokeCallback(this.#output, chunk, this.#metadata(temporalLayerId, alphaSideData))
    return true
  }

  /** The |chunkMetadata| of "Output EncodedVideoChunks". */
  #metadata(temporalLayerId: number, alphaSideData: ArrayBuffer | null): EncodedVideoChunkMetadata {
    const metadata: EncodedVideoChunkMetadata = {}
    const decoderConfig = this.#changedOutputConfig()
    if (decoderConfig) metadata.decoderConfig = decoderConfig
    if (hasTemporalLayers(this.#active)) metadata.svc = { temporalLayerId }
    if (alphaSideData) metadata.alphaSideData = alphaSideData
    return metadata
  }

  /** The |outputConfig|, when it is another than that of the chunk before. */
  #changedOutputConfig(): EncoderOutputConfig | null {
    if (!this.#outputConfigChanged || !this.#active || !this.#stream) return null
    this.#outputConfigChanged = false
    const orientation = this.#active.orientation ?? { rotation: 0, flip: false }
    const outputConfig = describeOutput(this.#active.config, orientation, this.#stream)
    if (this.#activeOutputConfig && equalOutputConfigs(outputConfig, this.#activeOutputConfig)) return null
    this.#activeOutputConfig = describeOutput(this.#active.config, orientation, this.#stream)
    return outputConfig
  }

  static {
    defineInterface(this, 'VideoEncoder')
  }
}

/** A control message to encode a frame. */
class EncodeMessage {
  readonly #slots: VideoFrameSlots
  readonly #keyFrame: boolean
  readonly #quantizer: number
  #pending = true
  /** spec: |frameClone|; the frame's own picture until keepPicture() */
  #picture: PictureHandle
  #ownsPicture = false

  constructor(slots: OpenVideoFrameSlots, keyFrame: boolean, quantizer: number) {
    this.#slots = slots
    this.#keyFrame = keyFrame
    this.#quantizer = quantizer
    this.#picture = slots.picture
  }

  submit(native: NativeBinding, codec: CodecHandle): void {
    submitFrame(native, codec, this.#picture, this.#slots, this.#keyFrame, this.#quantizer)
    this.#release()
  }

  drop(): void {
    this.#release()
  }

  /** Takes a reference to the picture unless native code has one already: the user may close the frame now. */
  keepPicture(): void {
    if (!this.#pending) return
    this.#picture = getRuntime().native.clonePicture(this.#picture)
    this.#ownsPicture = true
  }

  #release(): void {
    this.#pending = false
    if (this.#ownsPicture) getRuntime().closePicture(this.#picture)
  }
}

/** The quantizer for native code. It counts in the bitrate mode "quantizer" alone; otherwise it is ignored. */
function quantizerOf({ plan }: Configuration, options: ParsedEncodeOptions): number {
  if (plan?.config.bitrateMode !== BitrateMode.quantizer) return NO_QUANTIZER
  return plan.quantizer(options) ?? NO_QUANTIZER
}

/** Whether the scalability mode "describes multiple temporal layers". */
const hasTemporalLayers = (configuration: Configuration | null): boolean =>
  (configuration?.plan?.config.temporalLayers ?? 1) > 1

/** Steps 3 and 4 of encode(): frames of one configuration all have the orientation of the first. */
function lockOrientation(configuration: Configuration, { rotation, flip }: Orientation): void {
  configuration.orientation ??= { rotation, flip }
  const { orientation } = configuration
  if (orientation.rotation !== rotation || orientation.flip !== flip) {
    const expected = `rotation ${orientation.rotation} and flip ${orientation.flip}`
    throw dataError(`expected ${expected} for frame, as before, but received rotation ${rotation} and flip ${flip}`)
  }
}

function submitFrame(
  native: NativeBinding,
  codec: CodecHandle,
  picture: PictureHandle,
  slots: VideoFrameSlots,
  keyFrame: boolean,
  quantizer: number,
): void {
  const { color } = slots
  native.encodeVideo(
    codec,
    picture,
    slots.format ? slots.format.index : -1,
    slots.visibleLeft,
    slots.visibleTop,
    slots.visibleWidth,
    slots.visibleHeight,
    color.primaries,
    color.transfer,
    color.matrix,
    color.fullRange,
    slots.timestamp,
    slots.duration,
    keyFrame,
    quantizer,
  )
}
