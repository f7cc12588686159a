/**
 * `webcodecs-native/zero-copy`: reading the memory of frames, audio data and chunks in place. (Writing without a copy is
 * the constructors' `transfer` member.)
 */
import type { AudioData } from './audio-data.js'
import { audioDataInternals } from './audio-data.js'
import type { EncodedAudioChunk } from './encoded-audio-chunk.js'
import { encodedAudioChunkInternals } from './encoded-audio-chunk.js'
import type { EncodedVideoChunk } from './encoded-video-chunk.js'
import { encodedVideoChunkInternals } from './encoded-video-chunk.js'
import { invalidStateError, notSupportedError } from './errors.js'
import { getRuntime } from './runtime.js'
import { type VideoFrame, videoFrameInternals } from './video-frame.js'
import { typeError } from './webidl/conversions.js'

/** A plane of a VideoFrame as it lies in memory: all of the coded picture, whatever the frame's visibleRect. */
export interface BorrowedPlane {
  /** Samples: of one byte each in formats of 8 bits, of two in those of 10 and 12. The last row has no padding. */
  readonly data: Uint8Array | Uint16Array
  /** From one row to the next, in elements of `data`. */
  readonly stride: number
  /** Elements of `data` in a row that are pixels: all channels of interleaved formats. */
  readonly rowLength: number
  readonly rows: number
}

/** Samples of an AudioData: of one channel in planar formats, of all channels in interleaved ones. */
export type BorrowedSamples = Uint8Array | Int16Array | Int32Array | Float32Array

const SAMPLE_ARRAYS = [Uint8Array, Int16Array, Int32Array, Float32Array] as const

function borrowFrame(frame: VideoFrame): BorrowedPlane[] {
  const slots = videoFrameInternals.slotsOf(frame)
  if (!videoFrameInternals.isOpen(slots)) throw invalidStateError('expected an open VideoFrame but it is closed')
  const { format, picture } = slots
  if (!format) throw notSupportedError('expected a VideoFrame with a format but its format is null')
  const runtime = getRuntime()
  const planes = runtime.borrow(runtime.native.pictureLoanId(picture), () => runtime.native.borrowPicture(picture))
  const Samples = format.planes[0]!.sampleBytes === 2 ? Uint16Array : Uint8Array
  const elements = (bytes: number) => bytes / Samples.BYTES_PER_ELEMENT
  const result: BorrowedPlane[] = []
  // A frame that hides its alpha has a plane less than its resource.
  for (let at = 0; at < planes.length && result.length < format.planes.length; at += 4) {
    const [buffer, stride, rowLength, rows] = planes.slice(at, at + 4) as [ArrayBuffer, number, number, number]
    result.push({ data: new Samples(buffer), stride: elements(stride), rowLength: elements(rowLength), rows })
  }
  return result
}

function borrowAudio(data: AudioData): BorrowedSamples[] {
  const slots = audioDataInternals.slotsOf(data)
  if (!audioDataInternals.isOpen(slots)) throw invalidStateError('expected an open AudioData but it is closed')
  const runtime = getRuntime()
  const { buffer, format } = slots
  const planes = runtime.borrow(runtime.native.audioLoanId(buffer), () => runtime.native.borrowAudioBuffer(buffer))
  const Samples = SAMPLE_ARRAYS[format.index % SAMPLE_ARRAYS.length]!
  return (planes as ArrayBuffer[]).map((plane) => new Samples(plane))
}

/**
 * The planes of a frame, or the samples of audio data, without a copy. They are for reading: the memory may be shared
 * with clones, and a decoder may still predict from it. When the frame and every clone of it in this thread are closed,
 * the arrays lose their memory and have length 0; when they are forgotten, the arrays keep it as long as they live.
 * Borrowing twice gives the same memory. Where the runtime forbids arrays over native memory, they are copies.
 * @throws InvalidStateError when the frame or the data is closed
 * @throws NotSupportedError when the frame's format is null
 * @throws TypeError when the argument is neither
 */
export function borrowPlanes(frame: VideoFrame): BorrowedPlane[]
export function borrowPlanes(data: AudioData): BorrowedSamples[]
export function borrowPlanes(media: VideoFrame | AudioData): BorrowedPlane[] | BorrowedSamples[] {
  if (videoFrameInternals.isFrame(media)) return borrowFrame(media)
  if (audioDataInternals.isData(media)) return borrowAudio(media)
  throw typeError('a VideoFrame or an AudioData', 'frame', media)
}

/**
 * The bytes of a chunk for as long as they are wanted, without a copy but for chunks of at most 2 kB that were constructed
 * from bytes, which get memory of their own the first time. They are for reading: the chunk is what they are, and is empty
 * once their ArrayBuffer is detached.
 * @throws TypeError when `chunk` is not a chunk
 */
export function borrowBytes(chunk: EncodedVideoChunk | EncodedAudioChunk): Uint8Array {
  for (const internals of [encodedVideoChunkInternals, encodedAudioChunkInternals]) {
    if (internals.isChunk(chunk)) return internals.ownData(chunk as never)
  }
  throw typeError('an EncodedVideoChunk or an EncodedAudioChunk', 'chunk', chunk)
}
