import type { EncodedVideoChunk, EncodedVideoChunkMetadata } from '../../lib/index.js'
import { annexBStream, bytesOf, toBytes } from './codecs.js'
import { toAnnexB } from './h264.js'
import { ivf } from './ivf.js'

export type CodecFamily = 'h264' | 'hevc' | 'vp8' | 'vp9' | 'av1'

/** A stream as ffmpeg reads it from a pipe, without any container that could tell more than the stream does. */
export interface ElementaryStream {
  /** ffmpeg's name of the format. */
  format: 'h264' | 'hevc' | 'ivf'
  data: Buffer
}

/** The lengths' size and the parameter sets of an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3.1). */
export function parseHvcC(data: Uint8Array): { lengthSize: number; parameterSets: Uint8Array[] } {
  const parameterSets: Uint8Array[] = []
  let at = 23
  for (let array = 0; array < data[22]!; array++) {
    const count = data[at + 1]! * 256 + data[at + 2]!
    at += 3
    for (let index = 0; index < count; index++) {
      const length = data[at]! * 256 + data[at + 1]!
      parameterSets.push(data.subarray(at + 2, at + 2 + length))
      at += 2 + length
    }
  }
  return { lengthSize: (data[21]! & 3) + 1, parameterSets }
}

function hevcStream(chunks: EncodedVideoChunk[], metadata: (EncodedVideoChunkMetadata | undefined)[]): Buffer {
  let description: Uint8Array | undefined
  const parts = chunks.map((chunk, index) => {
    const config = metadata[index]?.decoderConfig
    if (config) description = config.description ? toBytes(config.description) : undefined
    if (!description) return bytesOf(chunk)
    const { lengthSize, parameterSets } = parseHvcC(description)
    return toAnnexB(bytesOf(chunk), lengthSize, chunk.type === 'key' ? parameterSets : [])
  })
  return Buffer.concat(parts)
}

export function elementaryStream(
  codec: CodecFamily,
  chunks: EncodedVideoChunk[],
  metadata: (EncodedVideoChunkMetadata | undefined)[] = [],
): ElementaryStream {
  switch (codec) {
    case 'h264':
      return { format: 'h264', data: annexBStream(chunks, metadata) }
    case 'hevc':
      return { format: 'hevc', data: hevcStream(chunks, metadata) }
    default:
      return { format: 'ivf', data: ivf(codec, chunks.map(bytesOf)) }
  }
}
