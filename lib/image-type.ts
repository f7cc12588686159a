/** MIME types of images. */
import type { NativeImageFormat } from './native.js'
import { getRuntime } from './runtime.js'

/** RFC 9110, 5.6.2 */
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
/** RFC 9110, 5.6.4 */
const QUOTED_STRING = '"(?:[\\t \\x21\\x23-\\x5B\\x5D-\\x7E\\x80-\\xFF]|\\\\[\\t \\x21-\\x7E\\x80-\\xFF])*"'
/** "valid MIME type string" of the MIME Sniffing standard, which is media-type of RFC 9110, 8.3.1. */
const MIME_TYPE = new RegExp(`^(${TOKEN})/(${TOKEN})(?:[ \\t]*;[ \\t]*${TOKEN}=(?:${TOKEN}|${QUOTED_STRING}))*$`)

const FORMATS: Readonly<Record<string, NativeImageFormat>> = {
  'image/png': 'png',
  'image/apng': 'png',
  'image/jpeg': 'jpeg',
  'image/jpg': 'jpeg',
  'image/gif': 'gif',
  'image/bmp': 'bmp',
  'image/x-ms-bmp': 'bmp',
  'image/webp': 'webp',
  'image/avif': 'avif',
  'image/jxl': 'jxl',
}

/** The type without its parameters, in lower case; null for what is not a valid MIME type string. */
function essenceOf(type: string): string | null {
  const match = MIME_TYPE.exec(type)
  return match && `${match[1]}/${match[2]}`.toLowerCase()
}

export const isValidMimeType = (type: string): boolean => essenceOf(type) !== null

/** spec: "valid image MIME type" */
export const isValidImageMimeType = (type: string): boolean => essenceOf(type)?.startsWith('image/') ?? false

let supported: ReadonlySet<NativeImageFormat> | undefined

/** The format that decodes images of this type; null when there is none (spec: "Check Type Support"). */
export function supportedFormat(type: string): NativeImageFormat | null {
  const essence = essenceOf(type)
  const format = essence === null ? undefined : FORMATS[essence]
  supported ??= new Set(getRuntime().native.imageFormats())
  return format && supported.has(format) ? format : null
}
