/** The part of the contract with the addon that is about encoders and decoders. */
import type {
  NativeAudioDecoderConfig,
  NativeAudioEncoderConfig,
  NativeVideoDecoderConfig,
  NativeVideoEncoderConfig,
} from './config.js'
import type { AudioBufferHandle, CodecHandle, PictureHandle } from './handles.js'

export interface CodecBinding {
  /** Opens the encoder on the job pool to see whether it does (cached). The job's status says so. Returns a job id. */
  probeVideoEncoder(config: NativeVideoEncoderConfig): number
  probeVideoDecoder(config: NativeVideoDecoderConfig): number
  probeAudioEncoder(config: NativeAudioEncoderConfig): number
  probeAudioDecoder(config: NativeAudioDecoderConfig): number

  /** `codecId` names the codec in events; unique within the environment. */
  createVideoEncoder(codecId: number): CodecHandle
  createVideoDecoder(codecId: number): CodecHandle
  createAudioEncoder(codecId: number): CodecHandle
  createAudioDecoder(codecId: number): CodecHandle
  /** Drains what is under way (as its outputs need), then applies the configuration; answered by `configured` or `error`. */
  configureVideoEncoder(codec: CodecHandle, config: NativeVideoEncoderConfig): void
  configureVideoDecoder(codec: CodecHandle, config: NativeVideoDecoderConfig): void
  configureAudioEncoder(codec: CodecHandle, config: NativeAudioEncoderConfig): void
  configureAudioDecoder(codec: CodecHandle, config: NativeAudioDecoderConfig): void
  /**
   * Takes a reference of its own to the picture. Answered by `done`.
   * @param quantizer -1 for none
   */
  encodeVideo(
    codec: CodecHandle,
    picture: PictureHandle,
    format: number,
    visibleLeft: number,
    visibleTop: number,
    visibleWidth: number,
    visibleHeight: number,
    primaries: number,
    transfer: number,
    matrix: number,
    fullRange: number,
    timestamp: number,
    duration: number | null,
    keyFrame: boolean,
    quantizer: number,
  ): void
  /** Copies `data` before it returns. Answered by `done`. */
  decodeVideo(codec: CodecHandle, data: Uint8Array, key: boolean, timestamp: number, duration: number | null): void
  /** Takes a reference of its own to the samples. Answered by `done`. */
  encodeAudio(codec: CodecHandle, buffer: AudioBufferHandle, sampleRate: number, timestamp: number): void
  /** Copies `data` before it returns. Answered by `done`. */
  decodeAudio(codec: CodecHandle, data: Uint8Array, timestamp: number): void
  /** Emits all pending outputs, then `flushed` with this id. */
  codecFlush(codec: CodecHandle, flushId: number): void
  /** Drops everything queued and every later output of the current generation, and begins the next generation. Never waits. */
  codecReset(codec: CodecHandle): void
  /** Like `codecReset`, and ends the thread. Never waits. Calling it twice is harmless. */
  codecClose(codec: CodecHandle): void
}
