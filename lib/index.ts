/** The W3C WebCodecs API for Node.js. https://www.w3.org/TR/webcodecs/ */
import type { NativeCounters } from './native.js'
import { getRuntime } from './runtime.js'

export { AudioData, type AudioDataCopyToOptions, type AudioDataInit } from './audio-data.js'
export {
  type AudioDataOutputCallback,
  AudioDecoder,
  type AudioDecoderInit,
  type AudioDecoderSupport,
} from './audio-decoder.js'
export {
  AudioEncoder,
  type AudioEncoderInit,
  type AudioEncoderOutputConfig,
  type AudioEncoderSupport,
  type EncodedAudioChunkMetadata,
  type EncodedAudioChunkOutputCallback,
} from './audio-encoder.js'
export type { AudioSampleFormat } from './audio-sample-format.js'
export type { CanvasImageSource, CanvasLike, ImageLike } from './canvas-image-source.js'
export type { CodecState, WebCodecsErrorCallback } from './codec.js'
export type {
  VideoColorPrimaries,
  VideoColorSpaceInit,
  VideoMatrixCoefficients,
  VideoTransferCharacteristics,
} from './color-space.js'
export type { AudioDecoderConfig } from './config/audio-decoder-config.js'
export type {
  AacBitstreamFormat,
  AacEncoderConfig,
  AudioEncoderConfig,
  BitrateMode,
  FlacEncoderConfig,
  OpusApplication,
  OpusBitstreamFormat,
  OpusEncoderConfig,
  OpusSignal,
} from './config/audio-encoder-config.js'
export type { VideoDecoderConfig } from './config/video-decoder-config.js'
export type {
  AvcBitstreamFormat,
  AvcEncoderConfig,
  HardwareAcceleration,
  HevcBitstreamFormat,
  HevcEncoderConfig,
  LatencyMode,
  VideoEncoderBitrateMode,
  VideoEncoderConfig,
  VideoEncoderEncodeOptions,
  VideoEncoderEncodeOptionsForAv1,
  VideoEncoderEncodeOptionsForAvc,
  VideoEncoderEncodeOptionsForHevc,
  VideoEncoderEncodeOptionsForVp9,
} from './config/video-encoder-config.js'
export { type DOMRectInit, DOMRectReadOnly } from './dom-rect.js'
export { EncodedAudioChunk, type EncodedAudioChunkInit, type EncodedAudioChunkType } from './encoded-audio-chunk.js'
export { EncodedVideoChunk, type EncodedVideoChunkInit, type EncodedVideoChunkType } from './encoded-video-chunk.js'
export { type ImageDecodeOptions, type ImageDecodeResult, ImageDecoder } from './image-decoder.js'
export type { ColorSpaceConversion, ImageBufferSource, ImageDecoderInit } from './image-decoder-init.js'
export { ImageTrack, ImageTrackList } from './image-track.js'
export type { NativeCounters, PoolStatistics } from './native.js'
export type { VideoPixelFormat } from './pixel-format.js'
export type { PlaneLayout } from './plane-layout.js'
export { VideoColorSpace, type VideoColorSpaceJSON } from './video-color-space.js'
export {
  VideoDecoder,
  type VideoDecoderInit,
  type VideoDecoderSupport,
  type VideoFrameOutputCallback,
} from './video-decoder.js'
export {
  type EncodedVideoChunkOutputCallback,
  VideoEncoder,
  type VideoEncoderInit,
  type VideoEncoderSupport,
} from './video-encoder.js'
export type { EncodedVideoChunkMetadata, EncoderOutputConfig, SvcOutputMetadata } from './video-encoder-output.js'
export { VideoFrame } from './video-frame.js'
export type { PredefinedColorSpace, VideoFrameCopyToOptions } from './video-frame-copy.js'
export type { AlphaOption, VideoFrameBufferInit, VideoFrameInit } from './video-frame-init.js'
export type { Segment, SegmentType, VideoFrameMetadata } from './video-frame-metadata.js'
export type { AllowSharedBufferSource } from './webidl/buffer-source.js'

/** Live native objects of this process; all but `pool` return to zero when everything is closed. */
export function counters(): NativeCounters {
  return getRuntime().native.counters()
}
