/**
 * The members of VideoFrameMetadata, from the VideoFrame Metadata Registry and the specification that it points to
 * (Media Capture and Streams Extensions).
 */
import { type DOMRectInit, readDOMRectInit } from './dom-rect.js'
import {
  boolean,
  type Converter,
  double,
  enumeration,
  float,
  long,
  sequence,
  unsignedLong,
} from './webidl/conversions.js'
import { dictionary, optional, required, withDefault } from './webidl/dictionary.js'

const SEGMENT_TYPES = ['human-face', 'left-eye', 'right-eye', 'eye', 'mouth'] as const

export type SegmentType = (typeof SEGMENT_TYPES)[number]

/** https://w3c.github.io/mediacapture-extensions/#dom-segment */
export interface Segment {
  type: SegmentType
  /** Tells segments of a frame apart, and follows one from frame to frame. */
  id: number
  /** The `id` of the segment that this one is a part of. */
  partOf?: number
  /** How likely it is that the segment is what `type` says, from 0 to 1. */
  probability: number
  /** In the coordinates of the frame, from 0 to 1. */
  centerPoint?: { x?: number; y?: number }
  boundingBox?: DOMRectInit
}

/**
 * https://www.w3.org/TR/webcodecs-video-frame-metadata-registry/ . The registry's `backgroundSegmentationMask` is an
 * ImageBitmap, which Node does not have.
 */
export interface VideoFrameMetadata {
  /** What is known of faces in the picture. */
  segments?: Segment[]
  /** When the frame was captured, in milliseconds since `performance.timeOrigin`. */
  captureTime?: number
  /** When the frame was received, in milliseconds since `performance.timeOrigin`. */
  receiveTime?: number
  /** The RTP timestamp of the encoded frame that this one was decoded from. */
  rtpTimestamp?: number
  /** Whether the background was blurred before the frame came here. */
  backgroundBlur?: { enabled: boolean }
}

const readSegment = dictionary('Segment', {
  boundingBox: optional(readDOMRectInit),
  centerPoint: optional(dictionary('Point2D', { x: withDefault(double, 0), y: withDefault(double, 0) })),
  id: required(long),
  partOf: optional(long),
  probability: required(float),
  type: required(enumeration(SEGMENT_TYPES)),
})

/** Everything in the result is new: the metadata of a frame never changes (spec: "Copy VideoFrame metadata"). */
export const readVideoFrameMetadata: Converter<VideoFrameMetadata> = dictionary('VideoFrameMetadata', {
  backgroundBlur: optional(dictionary('BackgroundBlur', { enabled: required(boolean) })),
  captureTime: optional(double),
  receiveTime: optional(double),
  rtpTimestamp: optional(unsignedLong),
  segments: optional(sequence(readSegment)),
})
