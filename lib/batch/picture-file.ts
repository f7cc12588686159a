/** Pictures as WebP, through this package's VP8 encoder, and as PNG. */
import { promisify } from 'node:util'
import { deflate } from 'node:zlib'
import { VideoEncoder } from '../video-encoder.js'
import { VideoFrame } from '../video-frame.js'
import type { SmallPicture } from './small-picture.js'

/** Of libvpx, 0 to 63: small, and good to look at. */
const WEBP_QUALITY = 12

export function encodePicture(picture: SmallPicture, path: string): Promise<Uint8Array> {
  return path.toLowerCase().endsWith('.png') ? encodePng(picture) : encodeWebp(picture)
}

/** A lossy WebP file is a key frame of VP8 in a RIFF chunk (RFC 9649, section 2.5). */
async function encodeWebp(picture: SmallPicture): Promise<Uint8Array> {
  const { width, height } = picture
  const chunk = await new Promise<Buffer>((resolve, reject) => {
    const encoder = new VideoEncoder({
      output: (encoded) => {
        const data = Buffer.alloc(encoded.byteLength)
        encoded.copyTo(data)
        resolve(data)
      },
      error: reject,
    })
    encoder.configure({ codec: 'vp8', width, height, quality: WEBP_QUALITY })
    // WebP means these colours, whatever the stream says.
    const colorSpace = { matrix: 'smpte170m', primaries: 'bt709', transfer: 'iec61966-2-1', fullRange: false } as const
    const init = { format: 'I420', codedWidth: width, codedHeight: height, timestamp: 0, colorSpace } as const
    const frame = new VideoFrame(toI420(picture), init)
    encoder.encode(frame, { keyFrame: true })
    frame.close()
    encoder.flush().then(() => encoder.close(), reject)
  })
  const padding = chunk.length % 2
  const header = Buffer.alloc(20)
  header.write('RIFF', 0, 'latin1')
  header.writeUInt32LE(12 + chunk.length + padding, 4)
  header.write('WEBPVP8 ', 8, 'latin1')
  header.writeUInt32LE(chunk.length, 16)
  return Buffer.concat([header, chunk, Buffer.alloc(padding)])
}

/** BT.601 in its limited range, as WebP has it. */
function toI420({ width, height, pixels }: SmallPicture): Uint8Array {
  const chromaWidth = Math.ceil(width / 2)
  const chromaHeight = Math.ceil(height / 2)
  const luma = width * height
  const out = new Uint8Array(luma + 2 * chromaWidth * chromaHeight)
  for (let at = 0; at < luma; at++) {
    const [red, green, blue] = [pixels[at * 4]!, pixels[at * 4 + 1]!, pixels[at * 4 + 2]!]
    out[at] = Math.round(16 + (65.481 * red + 128.553 * green + 24.966 * blue) / 255)
  }
  for (let y = 0; y < chromaHeight; y++) {
    for (let x = 0; x < chromaWidth; x++) {
      const sums = [0, 0, 0]
      const corners = [0, 1].flatMap((dy) => [0, 1].map((dx) => [2 * x + dx, 2 * y + dy] as const))
      for (const [cornerX, cornerY] of corners) {
        const from = (Math.min(cornerY, height - 1) * width + Math.min(cornerX, width - 1)) * 4
        for (let channel = 0; channel < 3; channel++) sums[channel]! += pixels[from + channel]! / 4
      }
      const [red, green, blue] = sums as [number, number, number]
      const at = luma + y * chromaWidth + x
      out[at] = Math.round(128 + (-37.797 * red - 74.203 * green + 112 * blue) / 255)
      out[at + chromaWidth * chromaHeight] = Math.round(128 + (112 * red - 93.786 * green - 18.214 * blue) / 255)
    }
  }
  return out
}

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const TRUECOLOUR = 2
/** The filter that tells the difference to the row above. */
const FILTER_UP = 2

/** PNG (ISO/IEC 15948), without alpha. */
async function encodePng({ width, height, pixels }: SmallPicture): Promise<Uint8Array> {
  const stride = width * 3 + 1
  const rows = Buffer.alloc(stride * height)
  for (let y = 0; y < height; y++) {
    rows[y * stride] = FILTER_UP
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 3; channel++) {
        const at = (y * width + x) * 4 + channel
        const above = y === 0 ? 0 : pixels[at - width * 4]!
        rows[y * stride + 1 + x * 3 + channel] = pixels[at]! - above
      }
    }
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, TRUECOLOUR, 0, 0, 0], 8)
  const data = await promisify(deflate)(rows)
  return Buffer.concat([
    PNG_SIGNATURE,
    pngChunk('IHDR', header),
    pngChunk('IDAT', data),
    pngChunk('IEND', Buffer.alloc(0)),
  ])
}

function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, checksum])
}

/** zlib has one only from Node 20.15 on. */
function crc32(data: Buffer): number {
  let crc = 0xffffffff
  for (const byte of data) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return (crc ^ 0xffffffff) >>> 0
}
