/** Small images of every kind: made by the tools of their formats, or byte by byte where a test wants control. */
import { readFile } from 'node:fs/promises'
import { deflateSync, crc32 as zlibCrc32 } from 'node:zlib'
import { ImageDecoder, type ImageDecoderInit, type VideoFrame } from '../../lib/index.js'
import { ffmpeg, makeClip } from './media.js'

export const TYPES = {
  png: 'image/png',
  jpg: 'image/jpeg',
  gif: 'image/gif',
  bmp: 'image/bmp',
  webp: 'image/webp',
  avif: 'image/avif',
  jxl: 'image/jxl',
} as const

export const PICTURE = 'testsrc2=size=96x64:rate=10'
export const TRANSLUCENT = `${PICTURE},format=rgba,colorchannelmixer=aa=0.5`

/** Path of an image that ffmpeg makes of a lavfi source. */
export const makeImage = (source: string, args: readonly string[], extension: string): Promise<string> =>
  makeClip(['-f', 'lavfi', '-i', source, ...args], extension)

/** What ffmpeg decodes from an image, all frames one after the other. */
export async function ffmpegPixels(path: string, format: string): Promise<Buffer> {
  return (await ffmpeg(['-i', path, '-pix_fmt', format, '-f', 'rawvideo', '-'])).stdout
}

export async function rgbaOf(frame: VideoFrame): Promise<Uint8Array> {
  const pixels = new Uint8Array(frame.allocationSize({ format: 'RGBA' }))
  await frame.copyTo(pixels, { format: 'RGBA' })
  return pixels
}

/** All frames of the selected track. The caller closes them. */
export async function decodeAll(
  data: Uint8Array,
  type: string,
  init: Partial<ImageDecoderInit> = {},
): Promise<VideoFrame[]> {
  const decoder = new ImageDecoder({ data, type, ...init })
  await decoder.tracks.ready
  const frames: VideoFrame[] = []
  const { frameCount } = decoder.tracks.selectedTrack!
  for (let frameIndex = 0; frameIndex < frameCount; frameIndex++) {
    frames.push((await decoder.decode({ frameIndex })).image)
  }
  decoder.close()
  return frames
}

export async function decodeFile(path: string, init: Partial<ImageDecoderInit> = {}): Promise<VideoFrame[]> {
  const extension = path.split('.').pop() as keyof typeof TYPES
  return decodeAll(await readFile(path), TYPES[extension], init)
}

/** The only frame of a still image. */
export async function decodeStill(
  data: Uint8Array,
  type: string,
  init: Partial<ImageDecoderInit> = {},
): Promise<VideoFrame> {
  const [frame] = await decodeAll(data, type, init)
  return frame!
}

// --- Animations from pictures in letters -------------------------------------------------------------------------

const COLORS: Readonly<Record<string, readonly [number, number, number]>> = {
  r: [255, 0, 0],
  g: [0, 255, 0],
  b: [0, 0, 255],
  w: [255, 255, 255],
}
const LETTERS = Object.keys(COLORS)

/** Rows of letters: r, g, b and w are colours, a dot is transparent. */
export async function lettersOf(frame: VideoFrame): Promise<string> {
  const pixels = await rgbaOf(frame)
  const rows: string[] = []
  for (let y = 0; y < frame.codedHeight; y++) {
    let row = ''
    for (let x = 0; x < frame.codedWidth; x++) {
      const [red, green, blue, alpha] = pixels.subarray(4 * (y * frame.codedWidth + x))
      const letter = LETTERS.find((name) => COLORS[name]!.join() === [red, green, blue].join())
      row += alpha === 0 ? '.' : (letter ?? '?')
    }
    rows.push(row)
  }
  return rows.join('/')
}

export interface LetterFrame {
  /** Rows divided by "/". */
  picture: string
  x?: number
  y?: number
  dispose?: 'none' | 'background' | 'previous'
  /** Milliseconds. */
  delay?: number
}

const DISPOSALS = { none: 0, background: 1, previous: 2 } as const
const sizeOf = (picture: string): { width: number; height: number } => {
  const rows = picture.split('/')
  return { width: rows[0]!.length, height: rows.length }
}

const le16 = (value: number): number[] => [value & 255, value >> 8]

/** One image block: pixels as codes of 8 bits, which stay that long for so few. */
function gifFrame({ picture, x = 0, y = 0, dispose = 'none', delay = 0 }: LetterFrame): number[] {
  const { width, height } = sizeOf(picture)
  const indices = [...picture.replaceAll('/', '')].map((letter) => (letter === '.' ? 7 : LETTERS.indexOf(letter)))
  const codes = [128, ...indices, 129]
  const flags = ((DISPOSALS[dispose] + 1) << 2) | Number(picture.includes('.'))
  const control = [0x21, 0xf9, 4, flags, ...le16(delay / 10), 7, 0]
  const descriptor = [0x2c, ...le16(x), ...le16(y), ...le16(width), ...le16(height), 0]
  return [...control, ...descriptor, 7, codes.length, ...codes, 0]
}

export interface LetterGif {
  /** Everything before the first frame. */
  header: Uint8Array
  frames: Uint8Array[]
  trailer: Uint8Array
}

/** A GIF in its parts, of the size of its first frame unless `width` and `height` say otherwise. */
export function letterGif(frames: readonly LetterFrame[], { width = 0, height = 0, loop = -1 } = {}): LetterGif {
  const first = sizeOf(frames[0]!.picture)
  const table = Array.from({ length: 8 }, (_, index) => COLORS[LETTERS[index] ?? ''] ?? [9, 9, 9])
  const netscape = [0x21, 0xff, 11, ...Buffer.from('NETSCAPE2.0'), 3, 1, ...le16(loop), 0]
  const screen = [...le16(width || first.width), ...le16(height || first.height), 0x82, 0, 0]
  return {
    header: Uint8Array.from([...Buffer.from('GIF89a'), ...screen, ...table.flat(), ...(loop < 0 ? [] : netscape)]),
    frames: frames.map((frame) => Uint8Array.from(gifFrame(frame))),
    trailer: Uint8Array.of(0x3b),
  }
}

export const joinGif = ({ header, frames, trailer }: LetterGif): Buffer => Buffer.concat([header, ...frames, trailer])

/** `crc32` of node:zlib where it has one, which Node 20 may not. */
function crc32(data: Uint8Array): number {
  if (typeof zlibCrc32 === 'function') return zlibCrc32(data)
  let crc = ~0
  for (const byte of data) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}

export function pngChunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const chunk = Buffer.alloc(body.length + 8)
  chunk.writeUInt32BE(data.length, 0)
  body.copy(chunk, 4)
  chunk.writeUInt32BE(crc32(body), body.length + 4)
  return chunk
}

export const PNG_SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')

export function pngHeader(width: number, height: number, colorType = 6): Buffer {
  const data = Buffer.alloc(13)
  data.writeUInt32BE(width, 0)
  data.writeUInt32BE(height, 4)
  data.set([8, colorType, 0, 0, 0], 8)
  return pngChunk('IHDR', data)
}

/** Rows of bytes without a filter, compressed. */
export const pngRows = (pixels: Uint8Array, rowBytes: number): Buffer => {
  const rows: Uint8Array[] = []
  for (let at = 0; at < pixels.length; at += rowBytes) rows.push(Uint8Array.of(0), pixels.subarray(at, at + rowBytes))
  return deflateSync(Buffer.concat(rows))
}

function letterPixels(picture: string): Uint8Array {
  return Uint8Array.from(
    [...picture.replaceAll('/', '')].flatMap((letter) => (letter === '.' ? [0, 0, 0, 0] : [...COLORS[letter]!, 255])),
  )
}

function frameControl(frame: LetterFrame & { blend?: boolean }, sequence: number): Buffer {
  const { width, height } = sizeOf(frame.picture)
  const data = Buffer.alloc(26)
  for (const [index, value] of [sequence, width, height, frame.x ?? 0, frame.y ?? 0].entries()) {
    data.writeUInt32BE(value, 4 * index)
  }
  data.writeUInt16BE(frame.delay ?? 0, 20)
  data.writeUInt16BE(1000, 22)
  data.set([DISPOSALS[frame.dispose ?? 'none'], Number(frame.blend ?? true)], 24)
  return pngChunk('fcTL', data)
}

/** An APNG of the size of its first frame; `plays` 0 is for ever. */
export function letterApng(frames: readonly (LetterFrame & { blend?: boolean })[], plays = 0): Buffer {
  const { width, height } = sizeOf(frames[0]!.picture)
  const control = Buffer.alloc(8)
  control.writeUInt32BE(frames.length, 0)
  control.writeUInt32BE(plays, 4)
  let sequence = 0
  const parts = frames.flatMap((frame, index) => {
    const controlChunk = frameControl(frame, sequence++)
    const rows = pngRows(letterPixels(frame.picture), 4 * sizeOf(frame.picture).width)
    if (index === 0) return [controlChunk, pngChunk('IDAT', rows)]
    const number = Buffer.alloc(4)
    number.writeUInt32BE(sequence++, 0)
    return [controlChunk, pngChunk('fdAT', Buffer.concat([number, rows]))]
  })
  const end = pngChunk('IEND', new Uint8Array())
  return Buffer.concat([PNG_SIGNATURE, pngHeader(width, height), pngChunk('acTL', control), ...parts, end])
}

// --- Metadata ----------------------------------------------------------------------------------------------------

/** A TIFF header and a directory with an orientation, as EXIF has it. */
export function exifBlock(orientation: number, { bigEndian = false } = {}): Buffer {
  const block = Buffer.alloc(26)
  const write16 = (value: number, at: number) =>
    (bigEndian ? block.writeUInt16BE : block.writeUInt16LE).call(block, value, at)
  const write32 = (value: number, at: number) =>
    (bigEndian ? block.writeUInt32BE : block.writeUInt32LE).call(block, value, at)
  block.write(bigEndian ? 'MM' : 'II', 'latin1')
  write16(42, 2)
  write32(8, 4)
  write16(1, 8)
  write16(0x0112, 10)
  write16(3, 12)
  write32(1, 14)
  write16(orientation, 18)
  return block
}

/** A JPEG with an EXIF segment after its first marker. */
export function withExif(jpeg: Buffer, block: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), block])
  const header = Buffer.from([0xff, 0xe1, (body.length + 2) >> 8, (body.length + 2) & 255])
  return Buffer.concat([jpeg.subarray(0, 2), header, body, jpeg.subarray(2)])
}

const fixed = (value: number): number => Math.round(value * 65536)

/** A profile of RGB by its colorants (X, Y and Z of red, green and blue under D50) and one curve for all. */
export function iccProfile(colorants: readonly (readonly number[])[], parametricCurve: readonly number[]): Buffer {
  const xyz = (values: readonly number[]) => {
    const tag = Buffer.alloc(20)
    tag.write('XYZ ', 'latin1')
    for (const [index, value] of values.entries()) tag.writeInt32BE(fixed(value), 8 + 4 * index)
    return tag
  }
  const curve = Buffer.alloc(12 + 4 * parametricCurve.length)
  curve.write('para', 'latin1')
  curve.writeUInt16BE(parametricCurve.length === 1 ? 0 : 3, 8)
  for (const [index, value] of parametricCurve.entries()) curve.writeInt32BE(fixed(value), 12 + 4 * index)
  const tags: [string, Buffer][] = [
    ['wtpt', xyz([0.9642, 1, 0.8249])],
    ['rXYZ', xyz(colorants[0]!)],
    ['gXYZ', xyz(colorants[1]!)],
    ['bXYZ', xyz(colorants[2]!)],
    ['rTRC', curve],
    ['gTRC', curve],
    ['bTRC', curve],
  ]
  const table = Buffer.alloc(4 + 12 * tags.length)
  table.writeUInt32BE(tags.length, 0)
  let offset = 128 + table.length
  for (const [index, [name, data]] of tags.entries()) {
    table.write(name, 4 + 12 * index, 'latin1')
    table.writeUInt32BE(offset, 8 + 12 * index)
    table.writeUInt32BE(data.length, 12 + 12 * index)
    offset += data.length
  }
  const header = Buffer.alloc(128)
  header.writeUInt32BE(offset, 0)
  header.writeUInt32BE(0x04000000, 8)
  header.write('mntrRGB XYZ ', 12, 'latin1')
  header.write('acsp', 36, 'latin1')
  for (const [index, value] of [0.9642, 1, 0.8249].entries()) header.writeInt32BE(fixed(value), 68 + 4 * index)
  return Buffer.concat([header, table, ...tags.map(([, data]) => data)])
}

/** A PNG of one colour with this profile. */
export function pngWithProfile(color: readonly [number, number, number], profile: Buffer): Buffer {
  const chunk = Buffer.concat([Buffer.from('test\0\0', 'latin1'), deflateSync(profile)])
  return Buffer.concat([
    PNG_SIGNATURE,
    pngHeader(1, 1, 2),
    pngChunk('iCCP', chunk),
    pngChunk('IDAT', pngRows(Uint8Array.from(color), 3)),
    pngChunk('IEND', new Uint8Array()),
  ])
}
