/** What ImageDecoder's constructor takes. */
import { Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import { isValidMimeType } from './image-type.js'
import {
  type AllowSharedBufferSource,
  allowSharedBufferSource,
  arrayBuffer,
  isDetached,
} from './webidl/buffer-source.js'
import { boolean, type Converter, domString, enforceRange, enumeration, sequence } from './webidl/conversions.js'
import { dictionary, optional, required, withDefault, withNewDefault } from './webidl/dictionary.js'

/** HTML: ColorSpaceConversion */
export type ColorSpaceConversion = 'none' | 'default'
/** Web IDL: ImageBufferSource */
export type ImageBufferSource = AllowSharedBufferSource | ReadableStream | GlobalReadableStream

/** The same class under the type that the DOM library has for it, where that is loaded. */
type GlobalReadableStream = typeof globalThis extends { ReadableStream: { prototype: infer Stream } }
  ? Stream
  : ReadableStream

/** https://www.w3.org/TR/webcodecs/#imagedecoderinit-interface */
export interface ImageDecoderInit {
  /** The MIME type of the image, such as "image/png". */
  type: string
  /** The file, or a stream of Uint8Arrays with its bytes. */
  data: ImageBufferSource
  /**
   * "default" gives each frame the colour space that the file tells, converted to sRGB where it has no name in
   * VideoColorSpace; "none" takes the pixels for sRGB. Default "default".
   */
  colorSpaceConversion?: ColorSpaceConversion
  /** Size to scale frames to, in pixels, as they are shown; both or neither. */
  desiredWidth?: number
  desiredHeight?: number
  /** Whether to begin with an animated track, where there is a choice. Default: with the one that the file names. */
  preferAnimation?: boolean
  /** ArrayBuffers to detach. */
  transfer?: ArrayBuffer[]
}

type Source = AllowSharedBufferSource | ReadableStream

export const isStream = (data: Source): data is ReadableStream => data instanceof ReadableStream

const imageBufferSource: Converter<Source> = (value, name) =>
  value instanceof ReadableStream ? value : allowSharedBufferSource(value, name)

const readImageDecoderInit = dictionary('ImageDecoderInit', {
  colorSpaceConversion: withDefault(enumeration<ColorSpaceConversion>(['none', 'default']), 'default'),
  data: required(imageBufferSource),
  desiredHeight: optional(enforceRange.unsignedLong),
  desiredWidth: optional(enforceRange.unsignedLong),
  preferAnimation: optional(boolean),
  transfer: withNewDefault<ArrayBuffer[]>(sequence(arrayBuffer), () => []),
  type: required(domString),
})

export type ParsedImageDecoderInit = ReturnType<typeof readImageDecoderInit>

/** The types of Node.js have it for its own streams alone. */
const isDisturbed = (stream: ReadableStream): boolean => Readable.isDisturbed(stream as unknown as Readable)

function requireUsableData(data: Source): void {
  if (isStream(data)) {
    if (data.locked || isDisturbed(data)) {
      throw new TypeError('expected a stream that nobody reads for data but received one that is locked or disturbed')
    }
  } else if (isDetached(data) || data.byteLength === 0) {
    throw new TypeError('expected bytes for data but received a buffer that is empty or detached')
  }
}

/**
 * spec: "valid ImageDecoderInit", but that a type of something else than images is not refused here: it closes the
 * decoder with a NotSupportedError, as web-platform-tests have it.
 */
export function parseImageDecoderInit(value: unknown): ParsedImageDecoderInit {
  const init = readImageDecoderInit(value, '')
  const { type, data, desiredWidth, desiredHeight } = init
  if (!isValidMimeType(type)) throw new TypeError(`expected a MIME type for type but received "${type}"`)
  requireUsableData(data)
  if ((desiredWidth === undefined) !== (desiredHeight === undefined)) {
    throw new TypeError('expected both or neither of desiredWidth and desiredHeight but received one')
  }
  return init
}
