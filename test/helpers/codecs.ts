import { once } from 'node:events'
import type {
  EncodedVideoChunkMetadata,
  VideoDecoderConfig,
  VideoEncoderConfig,
  VideoEncoderEncodeOptions,
} from '../../lib/index.js'
import { type EncodedVideoChunk, VideoDecoder, VideoEncoder, VideoFrame } from '../../lib/index.js'
import { parseAvcC, toAnnexB } from './h264.js'
import { i420Picture } from './pictures.js'

export const baseConfig: VideoEncoderConfig = {
  codec: 'avc1.42001f',
  width: 320,
  height: 240,
  bitrate: 1_000_000,
  framerate: 30,
  latencyMode: 'realtime',
}

export function timestampOf(index: number, fps = 30): number {
  return Math.round((index * 1e6) / fps)
}

/** Picture `index` of the moving scene as a VideoFrame. */
export function makeFrame(index: number, init: Partial<VideoFrameBufferInitLike> = {}): VideoFrame {
  const { codedWidth = 320, codedHeight = 240, timestamp = timestampOf(index), ...rest } = init
  return new VideoFrame(i420Picture(codedWidth, codedHeight, index), {
    format: 'I420',
    codedWidth,
    codedHeight,
    timestamp,
    ...rest,
  })
}

type VideoFrameBufferInitLike = ConstructorParameters<typeof VideoFrame>[1] & {
  codedWidth: number
  codedHeight: number
  timestamp: number
}

/** `count` frames of the moving scene, made as they are asked for. */
export function* makeFrames(
  count: number,
  init: Partial<VideoFrameBufferInitLike> = {},
  fps = 30,
): Generator<VideoFrame> {
  for (let index = 0; index < count; index++) yield makeFrame(index, { timestamp: timestampOf(index, fps), ...init })
}

export interface Encoded {
  chunks: EncodedVideoChunk[]
  /** The metadata given with each chunk. */
  metadata: (EncodedVideoChunkMetadata | undefined)[]
  /** The last decoder configuration. */
  config: VideoDecoderConfig
  /** All chunks of H.264 as one Annex B stream. */
  readonly stream: Buffer
}

/** Encodes all frames and closes each; rejects with what the encoder reports. */
export async function encodeAll(
  config: VideoEncoderConfig,
  frames: Iterable<VideoFrame>,
  options: (index: number) => VideoEncoderEncodeOptions = () => ({}),
): Promise<Encoded> {
  const chunks: EncodedVideoChunk[] = []
  const metadata: (EncodedVideoChunkMetadata | undefined)[] = []
  let failure: unknown
  const encoder = new VideoEncoder({
    output(chunk, data) {
      chunks.push(chunk)
      metadata.push(data)
    },
    error(error) {
      failure = error
    },
  })
  encoder.configure(config)
  let index = 0
  for (const frame of frames) {
    while (encoder.encodeQueueSize > 8 && encoder.state === 'configured') await once(encoder as never, 'dequeue')
    if (failure) {
      frame.close()
      throw failure
    }
    encoder.encode(frame, options(index++))
    frame.close()
  }
  await encoder.flush().catch((error: unknown) => {
    throw failure ?? error
  })
  encoder.close()
  return {
    chunks,
    metadata,
    config: lastConfig(metadata),
    get stream() {
      return annexBStream(chunks, metadata)
    },
  }
}

function lastConfig(metadata: (EncodedVideoChunkMetadata | undefined)[]): VideoDecoderConfig {
  const config = metadata.findLast((data) => data?.decoderConfig)?.decoderConfig
  if (!config) throw new Error('no chunk came with a decoderConfig')
  return config as VideoDecoderConfig
}

export function bytesOf(chunk: EncodedVideoChunk): Uint8Array {
  const data = new Uint8Array(chunk.byteLength)
  chunk.copyTo(data)
  return data
}

/** Chunks of either bitstream format as one Annex B stream, parameter sets included. */
export function annexBStream(chunks: EncodedVideoChunk[], metadata: (EncodedVideoChunkMetadata | undefined)[]): Buffer {
  let description: Uint8Array | undefined
  const parts = chunks.map((chunk, index) => {
    const config = metadata[index]?.decoderConfig
    if (config) description = config.description ? toBytes(config.description) : undefined
    if (!description) return bytesOf(chunk)
    const { lengthSize, sps, pps } = parseAvcC(description)
    return toAnnexB(bytesOf(chunk), lengthSize, chunk.type === 'key' ? [...sps, ...pps] : [])
  })
  return Buffer.concat(parts)
}

export function toBytes(source: AllowSharedBufferSource): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source)
}

/** Decodes all chunks; each frame goes through `take`, in order, and is closed. Rejects with what the decoder reports. */
export async function decodeAll<T>(
  config: VideoDecoderConfig,
  chunks: Iterable<EncodedVideoChunk>,
  take: (frame: VideoFrame) => T | Promise<T>,
): Promise<T[]> {
  const taken: Promise<T>[] = []
  let failure: unknown
  const decoder = new VideoDecoder({
    output(frame) {
      taken.push(Promise.resolve(take(frame)).finally(() => frame.close()))
    },
    error(error) {
      failure = error
    },
  })
  decoder.configure(config)
  for (const chunk of chunks) {
    while (decoder.decodeQueueSize > 8 && decoder.state === 'configured') await once(decoder as never, 'dequeue')
    if (failure) break
    decoder.decode(chunk)
  }
  if (decoder.state === 'configured') {
    await decoder.flush().catch((error: unknown) => {
      throw failure ?? error
    })
  }
  if (failure) throw failure
  decoder.close()
  return Promise.all(taken)
}

/** The frame's visible pixels in its own format, tightly packed. */
export async function pixelsOf(
  frame: VideoFrame,
  options: Parameters<VideoFrame['copyTo']>[1] = {},
): Promise<Uint8Array> {
  const data = new Uint8Array(frame.allocationSize(options))
  await frame.copyTo(data, options)
  return data
}
