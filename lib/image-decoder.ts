import { fillUnspecified, SRGB } from './color-space.js'
import { abortError, dataError, exceptionFromStatus, invalidStateError, notSupportedError } from './errors.js'
import {
  type ImageDecoderInit,
  isStream,
  type ParsedImageDecoderInit,
  parseImageDecoderInit,
} from './image-decoder-init.js'
import { type ImageTrackList, imageTrackListInternals, type TrackDescription, type TrackOwner } from './image-track.js'
import { isValidImageMimeType, supportedFormat } from './image-type.js'
import { EventKind, type ImageHandle, type NativeImageFormat, StatusCode } from './native.js'
import { swapsSides } from './orientation.js'
import { PIXEL_FORMATS } from './pixel-format.js'
import { type EventReceiver, getRuntime, type ImageEvent, type Runtime } from './runtime.js'
import { type VideoFrame, videoFrameInternals } from './video-frame.js'
import type { VideoFrameSlots } from './video-frame-init.js'
import { bytesOf } from './webidl/buffer-source.js'
import { boolean, domString, enforceRange, typeError } from './webidl/conversions.js'
import { dictionary, withDefault } from './webidl/dictionary.js'
import { defineInterface } from './webidl/interface.js'
import { detachOthers, takeTransferred, validateTransferList } from './webidl/transfer.js'

/** https://www.w3.org/TR/webcodecs/#imagedecodeoptions-interface */
export interface ImageDecodeOptions {
  /** Default 0. */
  frameIndex?: number
  /** false: a progressive image that has not arrived to its end may come with less detail. Default true. */
  completeFramesOnly?: boolean
}

/** https://www.w3.org/TR/webcodecs/#imagedecoderesult-interface */
export interface ImageDecodeResult {
  /** The frame. It is the caller's to close. */
  image: VideoFrame
  /** Whether it has all its detail. */
  complete: boolean
}

const readImageDecodeOptions = dictionary('ImageDecodeOptions', {
  completeFramesOnly: withDefault(boolean, true),
  frameIndex: withDefault(enforceRange.unsignedLong, 0),
})

/** Bytes of a stream that are held at most; what is longer closes the decoder with a QuotaExceededError. */
const MAX_STREAM_BYTES = 2 ** 28

type TracksEvent = Extract<ImageEvent, { 0: typeof EventKind.imageTracks }>
type FrameEvent = Extract<ImageEvent, { 0: typeof EventKind.imageFrame }>

interface DecodeRequest {
  readonly frameIndex: number
  readonly completeFramesOnly: boolean
  resolve(result: ImageDecodeResult): void
  reject(exception: unknown): void
}

/** EXIF's numbers as WebCodecs tells orientation: [rotation clockwise, flip after it]. */
const ORIENTATIONS: readonly (readonly [number, boolean])[] = [
  [0, false],
  [0, true],
  [180, false],
  [180, true],
  [90, true],
  [90, false],
  [270, true],
  [270, false],
]

/** spec: "Create a VideoFrame" */
function slotsFromImage(event: FrameEvent): VideoFrameSlots {
  const [, , , , picture, formatIndex, codedWidth, codedHeight, ...rest] = event
  const [visibleLeft, visibleTop, visibleWidth, visibleHeight, timestamp, duration, ...colorAndMore] = rest
  const [primaries, transfer, matrix, fullRange, exifOrientation] = colorAndMore
  const [rotation, flip] = ORIENTATIONS[exifOrientation - 1]!
  const swap = swapsSides(rotation)
  return {
    picture,
    format: PIXEL_FORMATS[formatIndex] ?? null,
    codedWidth,
    codedHeight,
    visibleLeft,
    visibleTop,
    visibleWidth,
    visibleHeight,
    rotation,
    flip,
    displayWidth: swap ? visibleHeight : visibleWidth,
    displayHeight: swap ? visibleWidth : visibleHeight,
    timestamp,
    duration,
    color: fillUnspecified({ primaries, transfer, matrix, fullRange }, SRGB),
    metadata: undefined,
  }
}

function readTracks([, , , , , , numbers]: TracksEvent): TrackDescription[] {
  const tracks: TrackDescription[] = []
  for (let i = 0; i < numbers.length; i += 3) {
    const [animated, frameCount, repetitionCount] = numbers.slice(i, i + 3) as [number, number, number]
    tracks.push({ animated: animated === 1, frameCount, repetitionCount })
  }
  return tracks
}

/** spec: "Get Default Selected Track Index" */
function defaultTrackIndex(
  tracks: readonly TrackDescription[],
  primaryIndex: number,
  preferAnimation: boolean | undefined,
): number {
  if (preferAnimation === undefined || tracks[primaryIndex]?.animated === preferAnimation) return primaryIndex
  return Math.max(
    tracks.findIndex(({ animated }) => animated === preferAnimation),
    0,
  )
}

/**
 * The part of an ImageDecoder that native code and the stream talk to. The interface itself is out of their reach, so
 * that a decoder that the user has forgotten can be collected when it has nothing to do.
 */
class ImageDecoding implements EventReceiver, TrackOwner {
  type: string
  readonly tracks: ImageTrackList
  readonly completed: Promise<undefined>
  /** Requests that were reset are not answered by native code: there are no generations to tell apart. */
  readonly generation = 0
  complete = false
  isClosed = false

  readonly #preferAnimation: boolean | undefined
  readonly #runtime: Runtime
  #imageId = 0
  /** spec: [[codec implementation]] */
  #image: ImageHandle | null = null
  /** What decode() rejects with once the type was found not to be supported. */
  #unsupported: DOMException | null = null
  #reader: ReadableStreamDefaultReader | null = null
  #streamBytes = 0
  #resolveCompleted!: (value: undefined) => void
  #rejectCompleted!: (exception: DOMException) => void

  /** spec: [[pending decode promises]], in their order. The first is in native code's hands, or waits for bytes. */
  #requests: DecodeRequest[] = []
  #nextRequestId = 1
  /** The request that native code works on. */
  #submitted: { readonly id: number; readonly request: DecodeRequest } | null = null
  /** Bytes in native code's hands: parts that it has not answered. */
  #partsUnderWay = 0
  /** Whether native code has read all bytes. */
  #allRead = false
  /** spec: [[progressive frame generations]] */
  readonly #progressiveFrameGenerations = new Map<number, number>()

  constructor(init: ParsedImageDecoderInit) {
    this.type = init.type
    this.#preferAnimation = init.preferAnimation
    this.#runtime = getRuntime()
    this.tracks = imageTrackListInternals.create(this)
    this.completed = new Promise((resolve, reject) => {
      this.#resolveCompleted = resolve
      this.#rejectCompleted = reject
    })
    // Whoever does not ask for the end of the data is not to be troubled when it never comes.
    this.completed.catch(() => {})
    this.#configure(init)
  }

  /** Running a control message to configure the image decoder, and the way of the data. */
  #configure(init: ParsedImageDecoderInit): void {
    const { data, transfer } = init
    const format = supportedFormat(init.type)
    if (!format) {
      this.#unsupported = notSupportedError(`no decoder for images of type ${init.type}`)
      if (!isStream(data)) this.#setComplete()
      this.#close(this.#unsupported)
      for (const buffer of transfer) takeTransferred(buffer, transfer)
      return
    }
    this.#create(format, init)
    if (isStream(data)) {
      this.#reader = data.getReader()
      void this.#fetchStreamData(this.#reader)
      for (const buffer of transfer) takeTransferred(buffer, transfer)
    } else {
      this.#append(takeTransferred(data, transfer) ?? bytesOf(data), true)
      detachOthers(data, transfer)
      this.#setComplete()
    }
  }

  #create(
    format: NativeImageFormat,
    { colorSpaceConversion, desiredWidth, desiredHeight }: ParsedImageDecoderInit,
  ): void {
    this.#imageId = this.#runtime.register(this)
    this.#image = this.#runtime.native.createImage(this.#imageId, {
      format,
      ignoreColor: colorSpaceConversion === 'none',
      desiredWidth: desiredWidth ?? 0,
      desiredHeight: desiredHeight ?? 0,
    })
  }

  #setComplete(): void {
    this.complete = true
    this.#resolveCompleted(undefined)
  }

  #append(bytes: Uint8Array, complete: boolean): void {
    this.#runtime.native.imageAppend(this.#image!, bytes, complete)
    this.#partsUnderWay++
    this.#updateActivity()
  }

  /** spec: "Fetch Stream Data Loop" */
  async #fetchStreamData(reader: ReadableStreamDefaultReader): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (this.isClosed) return
        if (done) return this.#append(new Uint8Array(), true)
        if (!(value instanceof Uint8Array)) {
          return this.#close(dataError('expected a stream of Uint8Arrays for data but received something else'))
        }
        this.#streamBytes += value.byteLength
        if (this.#streamBytes > MAX_STREAM_BYTES) {
          const message = `expected a stream of at most ${MAX_STREAM_BYTES} bytes for data but received more`
          return this.#close(new DOMException(message, 'QuotaExceededError'))
        }
        this.#append(value, false)
      }
    } catch {
      if (!this.isClosed) this.#close(new DOMException('the stream of the image failed', 'NotReadableError'))
    }
  }

  decode({ frameIndex, completeFramesOnly }: ReturnType<typeof readImageDecodeOptions>): Promise<ImageDecodeResult> {
    if (this.#unsupported) throw this.#unsupported
    if (this.isClosed) throw invalidStateError('expected an open ImageDecoder but it is closed')
    // Before the tracks are known none is selected either; then the request waits for them, as in browsers.
    if (imageTrackListInternals.isEstablished(this.tracks) && this.tracks.selectedIndex === -1) {
      throw invalidStateError('expected a selected track but none is')
    }
    return new Promise((resolve, reject) => {
      this.#requests.push({ frameIndex, completeFramesOnly, resolve, reject })
      this.#submitNext()
    })
  }

  /** spec: "Reset ImageDecoder" */
  reset(exception: DOMException): void {
    if (this.#submitted) this.#runtime.native.imageAbort(this.#image!)
    this.#submitted = null
    const requests = this.#requests
    this.#requests = []
    for (const request of requests) request.reject(exception)
    this.#updateActivity()
  }

  close(): void {
    // As in browsers, though "Close ImageDecoder" does not name it.
    this.type = ''
    if (!this.isClosed) this.#close(abortError('ImageDecoder was closed'))
  }

  /** spec: "Close ImageDecoder" */
  #close(exception: DOMException): void {
    this.reset(exception)
    this.isClosed = true
    if (this.#image) {
      this.#runtime.native.imageClose(this.#image)
      this.#runtime.unregister(this, this.#imageId)
      this.#image = null
    }
    // Nobody reads on.
    this.#reader?.cancel(exception).catch(() => {})
    this.#reader = null
    this.#progressiveFrameGenerations.clear()
    imageTrackListInternals.close(this.tracks, exception)
    if (!this.complete) this.#rejectCompleted(exception)
  }

  /** The last steps of the setter of ImageTrack.selected. */
  onTrackSelected(): void {
    this.reset(abortError('another track was selected'))
    this.#progressiveFrameGenerations.clear()
  }

  /** Hands the first request to native code, which decodes them one after the other. */
  #submitNext(): void {
    const [request] = this.#requests
    if (!request || this.#submitted || !imageTrackListInternals.isEstablished(this.tracks)) return
    const { frameIndex, completeFramesOnly } = request
    const id = this.#nextRequestId++
    const lastGeneration = this.#progressiveFrameGenerations.get(frameIndex) ?? 0
    this.#submitted = { id, request }
    const { selectedIndex } = this.tracks
    this.#runtime.native.imageDecode(this.#image!, id, selectedIndex, frameIndex, completeFramesOnly, lastGeneration)
    this.#updateActivity()
  }

  receive(event: ImageEvent): boolean {
    switch (event[0]) {
      case EventKind.imageTracks:
        return this.#onTracks(event)
      case EventKind.imageFrame:
        return this.#onFrame(event)
      case EventKind.imageError: {
        const [, , , requestId, status, message] = event
        return this.#onDecodeError(requestId, status, message)
      }
    }
  }

  #onTracks(event: TracksEvent): boolean {
    const [, , , status, message, complete, , primaryTrack] = event
    this.#partsUnderWay--
    if (status !== StatusCode.ok) {
      this.#onBadData(status, message)
      return true
    }
    const tracks = readTracks(event)
    if (imageTrackListInternals.isEstablished(this.tracks)) {
      imageTrackListInternals.update(this.tracks, tracks)
    } else if (tracks.length > 0) {
      const selectedIndex = defaultTrackIndex(tracks, primaryTrack, this.#preferAnimation)
      imageTrackListInternals.establish(this.tracks, tracks, selectedIndex)
    } else if (complete) {
      this.#close(invalidStateError('the data ended before an image was found in it'))
      return true
    }
    this.#allRead = complete
    if (complete) this.#setComplete()
    this.#submitNext()
    this.#updateActivity()
    return true
  }

  /** Before the tracks are known, malformed data is data in which there is no track ("Establish Tracks"). */
  #onBadData(status: number, message: string): void {
    const established = imageTrackListInternals.isEstablished(this.tracks)
    const malformed = status === StatusCode.encoding
    this.#close(malformed && !established ? invalidStateError(message) : exceptionFromStatus(status, message))
  }

  #takeSubmitted(requestId: number): DecodeRequest | null {
    if (this.#submitted?.id !== requestId) return null
    const { request } = this.#submitted
    this.#submitted = null
    return request
  }

  #endRequest(): void {
    this.#requests.shift()
    this.#submitNext()
    this.#updateActivity()
  }

  /** spec: "Resolve Decode" */
  #onFrame(event: FrameEvent): boolean {
    const [complete, generation] = event.slice(-2) as [boolean, number]
    const request = this.#takeSubmitted(event[3])
    if (!request) {
      this.#runtime.native.closePicture(event[4])
      return false
    }
    if (complete) this.#progressiveFrameGenerations.delete(request.frameIndex)
    else this.#progressiveFrameGenerations.set(request.frameIndex, generation)
    request.resolve({ image: videoFrameInternals.create(slotsFromImage(event)), complete })
    this.#endRequest()
    return true
  }

  #onDecodeError(requestId: number, status: number, message: string): boolean {
    const request = this.#takeSubmitted(requestId)
    if (!request) return false
    if (status !== StatusCode.ok) {
      // spec: "Fatally Reject Bad Data"
      this.#close(exceptionFromStatus(status, message))
      return true
    }
    if (!this.#allRead) {
      // More bytes may be on their way: the request stays the first, and is tried again when they are here.
      this.#updateActivity()
      return false
    }
    // spec: "Reject Infeasible Decode"
    request.reject(new RangeError(`expected a frameIndex with a whole frame but received ${request.frameIndex}`))
    this.#endRequest()
    return true
  }

  /** While native code owes an answer, the decoder lives on even if nobody refers to it. */
  #updateActivity(): void {
    if (this.isClosed || !this.#image) return
    this.#runtime.setActive(this, this.#partsUnderWay > 0 || this.#submitted !== null)
  }
}

/**
 * Decodes image files to VideoFrames, on threads of its own: PNG, APNG, JPEG, GIF, BMP, WebP, AVIF and JPEG XL, as far as
 * the build has the libraries. https://www.w3.org/TR/webcodecs/#imagedecoder-interface
 */
export class ImageDecoder {
  readonly #decoding: ImageDecoding

  /**
   * Begins to read the data. A type that is not supported closes the decoder with a NotSupportedError, which decode()
   * rejects with.
   * @throws TypeError when `init` is not valid
   * @throws DataCloneError when `init.transfer` has a buffer twice, or one that is detached
   */
  constructor(init: ImageDecoderInit) {
    const parsed = parseImageDecoderInit(init)
    validateTransferList(parsed.transfer)
    this.#decoding = new ImageDecoding(parsed)
  }

  /** The MIME type that was given; empty after close(). */
  get type(): string {
    return this.#decoding.type
  }

  /** Whether all the data has arrived. */
  get complete(): boolean {
    return this.#decoding.complete
  }

  /** Resolves when `complete` becomes true; rejects with the exception that closed the decoder if that came first. */
  get completed(): Promise<undefined> {
    try {
      return this.#decoding.completed
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** The tracks found in the data. */
  get tracks(): ImageTrackList {
    return this.#decoding.tracks
  }

  /**
   * Decodes a frame of the selected track, once its bytes are there and the frames asked for before are done. Rejects
   * with InvalidStateError when the decoder is closed or no track is selected, with RangeError when the data ends without
   * that frame, with EncodingError (which closes the decoder) when the data is broken or the picture too large, and with
   * AbortError when reset(), close() or the choice of another track came first.
   */
  async decode(options: ImageDecodeOptions = {}): Promise<ImageDecodeResult> {
    const decoding = this.#decoding
    return decoding.decode(readImageDecodeOptions(options, ''))
  }

  /** Drops all decoding under way at once. */
  reset(): void {
    this.#decoding.reset(abortError('ImageDecoder was reset'))
  }

  /** Drops all work at once and frees what the decoder holds, for good. */
  close(): void {
    this.#decoding.close()
  }

  /** Whether this build decodes images of this MIME type. Rejects with TypeError when it is no type of images. */
  static async isTypeSupported(type: string): Promise<boolean> {
    const mimeType = domString(type, 'type')
    if (!isValidImageMimeType(mimeType)) throw typeError('the MIME type of an image', 'type', mimeType)
    return supportedFormat(mimeType) !== null
  }

  static {
    defineInterface(this, 'ImageDecoder')
  }
}
