import { type VideoFrame, videoFrameInternals } from '../video-frame.js'
import type { VideoFrameBufferInit } from '../video-frame-init.js'
import { arrayBuffer } from '../webidl/buffer-source.js'

/**
 * A frame that takes over `buffer` and gives it back, in another ArrayBuffer object, once the frame, its clones and the
 * codecs that it was given to are done with it.
 */
export function createReturningFrame(
  buffer: ArrayBuffer,
  init: Omit<VideoFrameBufferInit, 'transfer'>,
  onReturned: (buffer: ArrayBuffer) => void,
): VideoFrame {
  const data = arrayBuffer(buffer, 'buffer')
  return videoFrameInternals.createReturning(data, { ...init, transfer: [data] }, onReturned)
}
