/** The metadata that comes with encoded chunks (WebCodecs, "EncodedVideoChunkMetadata"). */
import { toNames } from './color-space.js'
import type { ParsedVideoEncoderConfig } from './config/video-encoder-config.js'
import type { NativeColorSpace } from './native.js'
import type { Orientation } from './orientation.js'
import { VideoColorSpace, type VideoColorSpaceJSON } from './video-color-space.js'

/** A VideoDecoderConfig that describes how to decode chunks. */
export interface EncoderOutputConfig {
  codec: string
  codedWidth: number
  codedHeight: number
  displayAspectWidth?: number
  displayAspectHeight?: number
  /** For H.264 and HEVC a decoder configuration record; absent in Annex B format and for all other codecs. */
  description?: ArrayBuffer
  colorSpace: VideoColorSpaceJSON
  rotation: number
  flip: boolean
}

/** https://www.w3.org/TR/webcodecs/#dictdef-svcoutputmetadata */
export interface SvcOutputMetadata {
  /** 0 is the base layer. Without the chunks of the layers above any one, the others can still be decoded. */
  temporalLayerId: number
}

/** https://www.w3.org/TR/webcodecs/#dictdef-encodedvideochunkmetadata */
export interface EncodedVideoChunkMetadata {
  /** Present when it differs from that of the chunk before: with the first chunk of all. */
  decoderConfig?: EncoderOutputConfig
  /** Present with a `scalabilityMode` of several temporal layers. */
  svc?: SvcOutputMetadata
  /** The frame's alpha, as a chunk of a stream of its own of the same codec. Present with `alpha: 'keep'`. */
  alphaSideData?: ArrayBuffer
}

/** What native code says about the chunks that follow. */
export interface StreamDescription {
  readonly description: ArrayBuffer | null
  readonly color: NativeColorSpace
}

/** The |outputConfig| of "Output EncodedVideoChunks". */
export function describeOutput(
  config: ParsedVideoEncoderConfig,
  orientation: Orientation,
  stream: StreamDescription,
): EncoderOutputConfig {
  const output: EncoderOutputConfig = {
    codec: config.codec,
    codedWidth: config.width,
    codedHeight: config.height,
    colorSpace: new VideoColorSpace(toNames(stream.color)).toJSON(),
    rotation: orientation.rotation,
    flip: orientation.flip,
  }
  // One of the two alone would make a configuration that is not valid: the other has its default then.
  if (config.displayWidth !== undefined || config.displayHeight !== undefined) {
    output.displayAspectWidth = config.displayWidth ?? config.width
    output.displayAspectHeight = config.displayHeight ?? config.height
  }
  // A copy: the user may do with it what he likes.
  if (stream.description) output.description = stream.description.slice(0)
  return output
}

function equalBytes(a: ArrayBuffer | undefined, b: ArrayBuffer | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && Buffer.from(a).equals(Buffer.from(b)))
}

/** spec: "equal dictionaries" */
export function equalOutputConfigs(a: EncoderOutputConfig, b: EncoderOutputConfig): boolean {
  const { description: descriptionA, colorSpace: colorSpaceA, ...restA } = a
  const { description: descriptionB, colorSpace: colorSpaceB, ...restB } = b
  const equalMembers = (x: object, y: object): boolean => {
    const members = Object.entries(x)
    return members.length === Object.keys(y).length && members.every(([key, value]) => Reflect.get(y, key) === value)
  }
  return equalMembers(restA, restB) && equalMembers(colorSpaceA, colorSpaceB) && equalBytes(descriptionA, descriptionB)
}
