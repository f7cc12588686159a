/** Compiled, not run: objects of this package go wherever TypeScript's DOM library expects the browser's. */
import type * as webcodecs from '../../lib/index.js'

type Assert<T extends true> = T
type Assignable<From, To> = From extends To ? true : false

export type Instances = [
  Assert<Assignable<webcodecs.AudioData, AudioData>>,
  Assert<Assignable<webcodecs.AudioDecoder, AudioDecoder>>,
  Assert<Assignable<webcodecs.AudioEncoder, AudioEncoder>>,
  Assert<Assignable<webcodecs.EncodedAudioChunk, EncodedAudioChunk>>,
  Assert<Assignable<webcodecs.EncodedVideoChunk, EncodedVideoChunk>>,
  Assert<Assignable<webcodecs.ImageDecoder, ImageDecoder>>,
  Assert<Assignable<webcodecs.ImageTrack, ImageTrack>>,
  Assert<Assignable<webcodecs.ImageTrackList, ImageTrackList>>,
  Assert<Assignable<webcodecs.VideoColorSpace, VideoColorSpace>>,
  Assert<Assignable<webcodecs.VideoDecoder, VideoDecoder>>,
  Assert<Assignable<webcodecs.VideoEncoder, VideoEncoder>>,
  Assert<Assignable<webcodecs.VideoFrame, VideoFrame>>,
]

export type Outputs = [
  Assert<Assignable<webcodecs.EncodedVideoChunkMetadata, EncodedVideoChunkMetadata>>,
  Assert<Assignable<webcodecs.ImageDecodeResult, ImageDecodeResult>>,
  Assert<Assignable<NonNullable<webcodecs.VideoFrame['visibleRect']>, DOMRectReadOnly>>,
  Assert<Assignable<webcodecs.PlaneLayout, PlaneLayout>>,
  Assert<Assignable<ReturnType<webcodecs.VideoColorSpace['toJSON']>, VideoColorSpaceInit>>,
]

export type Inputs = [
  Assert<Assignable<AudioDataCopyToOptions, webcodecs.AudioDataCopyToOptions>>,
  Assert<Assignable<AudioDecoderConfig, webcodecs.AudioDecoderConfig>>,
  Assert<Assignable<AudioDecoderInit, webcodecs.AudioDecoderInit>>,
  Assert<Assignable<AudioEncoderConfig, webcodecs.AudioEncoderConfig>>,
  Assert<Assignable<AudioEncoderInit, webcodecs.AudioEncoderInit>>,
  Assert<Assignable<EncodedAudioChunkInit, webcodecs.EncodedAudioChunkInit>>,
  Assert<Assignable<EncodedVideoChunkInit, webcodecs.EncodedVideoChunkInit>>,
  Assert<Assignable<ImageDecodeOptions, webcodecs.ImageDecodeOptions>>,
  Assert<Assignable<ImageDecoderInit, webcodecs.ImageDecoderInit>>,
  Assert<Assignable<VideoColorSpaceInit, webcodecs.VideoColorSpaceInit>>,
  Assert<Assignable<VideoDecoderConfig, webcodecs.VideoDecoderConfig>>,
  Assert<Assignable<VideoDecoderInit, webcodecs.VideoDecoderInit>>,
  Assert<Assignable<VideoEncoderConfig, webcodecs.VideoEncoderConfig>>,
  Assert<Assignable<VideoEncoderEncodeOptions, webcodecs.VideoEncoderEncodeOptions>>,
  Assert<Assignable<VideoEncoderInit, webcodecs.VideoEncoderInit>>,
  Assert<Assignable<VideoFrameBufferInit, webcodecs.VideoFrameBufferInit>>,
  Assert<Assignable<VideoFrameCopyToOptions, webcodecs.VideoFrameCopyToOptions>>,
  Assert<Assignable<VideoFrameInit, webcodecs.VideoFrameInit>>,
]

/** What encoders put out is what decoders take. */
export type Chain = Assert<Assignable<webcodecs.EncoderOutputConfig, webcodecs.VideoDecoderConfig>>
export type Support = Assert<Assignable<webcodecs.VideoEncoderSupport['config'], webcodecs.VideoEncoderConfig>>
