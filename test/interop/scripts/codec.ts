// Runs in Node and in Chromium: makes streams, and tells what streams decode to. Everything that comes and goes can be
// cloned, so that either side can take what the other made.
import type * as WebCodecs from '../../../lib/index.js'
import { i420Picture } from '../../helpers/pictures.js'

export type Api = Pick<typeof WebCodecs, 'EncodedVideoChunk' | 'VideoDecoder' | 'VideoEncoder' | 'VideoFrame'>

type EncoderConfig = Parameters<WebCodecs.VideoEncoder['configure']>[0]
type DecoderConfig = Parameters<WebCodecs.VideoDecoder['configure']>[0]
type FrameInit = Omit<WebCodecs.VideoFrameBufferInit, 'format' | 'codedWidth' | 'codedHeight' | 'timestamp'>

/** What to encode: the pictures of the moving scene from `first` on, in this configuration. */
export interface Take {
  config: EncoderConfig
  count: number
  first?: number
  format?: 'I420' | 'I420A' | 'I420P10'
  frame?: FrameInit
  /** Indices, from 0 in each take, of frames to ask a key frame for. */
  keyFrames?: number[]
}

export interface StreamChunk {
  type: 'key' | 'delta'
  timestamp: number
  duration: number | null
  data: Uint8Array
  temporalLayerId: number | null
  alphaSideData: Uint8Array | null
  /** The decoder configuration that came with the chunk, if one came. */
  decoderConfig: DecoderConfig | null
}

/** A decoded frame: its attributes, and its visible pixels in its own format unless another was asked for. */
export interface FrameRecord {
  format: string | null
  codedWidth: number
  codedHeight: number
  visibleRect: { x: number; y: number; width: number; height: number }
  displayWidth: number
  displayHeight: number
  timestamp: number
  duration: number | null
  colorSpace: WebCodecs.VideoColorSpaceJSON
  rotation: number
  flip: boolean
  pixels: Uint8Array
}

/** Irregular, so that a mix-up of two frames shows. */
export const timestampOf = (index: number) => index * 33_333 + (index % 3) * 1000
export const durationOf = (index: number) => 30_000 + index

/** Picture `index` of the moving scene. Alpha is a wedge that moves; 10-bit samples have low bits of their own. */
export function scenePicture(format: NonNullable<Take['format']>, width: number, height: number, index: number) {
  const picture = i420Picture(width, height, index)
  if (format === 'I420A') {
    const alpha = Uint8Array.from({ length: width * height }, (_, i) => ((i % width) + 3 * index) & 0xff)
    const whole = new Uint8Array(picture.length + alpha.length)
    whole.set(picture)
    whole.set(alpha, picture.length)
    return whole
  }
  if (format === 'I420P10') {
    return new Uint8Array(Uint16Array.from(picture, (sample, i) => sample * 4 + ((i >> 3) & 3)).buffer)
  }
  return picture
}

const bytesOf = (source: AllowSharedBufferSource) =>
  ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice()
    : new Uint8Array(source).slice()

function readChunk(chunk: WebCodecs.EncodedVideoChunk, metadata: WebCodecs.EncodedVideoChunkMetadata): StreamChunk {
  const data = new Uint8Array(chunk.byteLength)
  chunk.copyTo(data)
  const { decoderConfig } = metadata
  const description = decoderConfig?.description && bytesOf(decoderConfig.description)
  return {
    type: chunk.type,
    timestamp: chunk.timestamp,
    duration: chunk.duration,
    data,
    temporalLayerId: metadata.svc?.temporalLayerId ?? null,
    alphaSideData: metadata.alphaSideData ? new Uint8Array(metadata.alphaSideData) : null,
    decoderConfig: decoderConfig
      ? ({ ...decoderConfig, ...(description && { description }) } as unknown as DecoderConfig)
      : null,
  }
}

/** Encodes all takes with one encoder, which is configured anew for each. */
export async function encode(api: Api, takes: Take[]): Promise<StreamChunk[]> {
  const chunks: StreamChunk[] = []
  let failure: unknown
  const encoder = new api.VideoEncoder({
    output: (chunk, metadata) => chunks.push(readChunk(chunk, metadata)),
    error: (error) => {
      failure = error
    },
  })
  for (const { config, count, first = 0, format = 'I420', frame: init, keyFrames = [] } of takes) {
    encoder.configure(config)
    for (let i = 0; i < count && !failure; i++) {
      const { width, height } = config
      const frame = new api.VideoFrame(scenePicture(format, width, height, first + i), {
        ...{ format, codedWidth: width, codedHeight: height },
        ...{ timestamp: timestampOf(first + i), duration: durationOf(first + i) },
        ...init,
      })
      encoder.encode(frame, { keyFrame: keyFrames.includes(i) })
      frame.close()
    }
  }
  await encoder.flush().catch((error: unknown) => {
    throw failure ?? error
  })
  encoder.close()
  return chunks
}

/** The SHA-256 of pixels: 32 bytes that say whether two pictures are the same, and cross between processes at once. */
export const digestOf = async (pixels: Uint8Array<ArrayBuffer>) =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', pixels))

async function readFrame(
  frame: WebCodecs.VideoFrame,
  { pixelFormat, digest = false }: DecodeOptions,
): Promise<FrameRecord> {
  const options = pixelFormat ? { format: pixelFormat } : {}
  const data = new Uint8Array(frame.allocationSize(options))
  await frame.copyTo(data, options)
  const pixels = digest ? await digestOf(data) : data
  const { format, codedWidth, codedHeight, displayWidth, displayHeight, timestamp, duration, rotation, flip } = frame
  const { x, y, width, height } = frame.visibleRect!
  const colorSpace = frame.colorSpace.toJSON()
  frame.close()
  return {
    ...{ format, codedWidth, codedHeight, visibleRect: { x, y, width, height }, displayWidth, displayHeight },
    ...{ timestamp, duration, colorSpace, rotation, flip, pixels },
  }
}

export interface DecodeOptions {
  /** Default: each frame's own format. */
  pixelFormat?: 'RGBA'
  /** Whether `pixels` is to be the pixels' digest instead. Default false. */
  digest?: boolean
  /** Members of the decoder configuration to set over those of the stream; undefined removes one. */
  config?: { [Member in keyof DecoderConfig]?: DecoderConfig[Member] | undefined }
  /** Whether to configure the decoder again where the stream has a new configuration. Default true. */
  reconfigure?: boolean
}

/** What the chunks decode to, in the order of output. */
export async function decode(api: Api, stream: StreamChunk[], options: DecodeOptions = {}): Promise<FrameRecord[]> {
  const frames: Promise<FrameRecord>[] = []
  let failure: unknown
  const decoder = new api.VideoDecoder({
    output: (frame) => frames.push(readFrame(frame, options)),
    error: (error) => {
      failure = error
    },
  })
  for (const { type, timestamp, duration, data, decoderConfig } of stream) {
    // Chromium changes the size of VP9 and AV1 without a key frame: no decoder can be configured there.
    if (decoderConfig && type === 'key' && (decoder.state === 'unconfigured' || options.reconfigure !== false)) {
      if (decoder.state === 'configured') await decoder.flush()
      const config = Object.entries({ ...decoderConfig, ...options.config }).filter(([, value]) => value !== undefined)
      decoder.configure(Object.fromEntries(config) as unknown as DecoderConfig)
    }
    decoder.decode(new api.EncodedVideoChunk({ type, timestamp, data, ...(duration !== null && { duration }) }))
  }
  await decoder.flush().catch((error: unknown) => {
    throw failure ?? error
  })
  decoder.close()
  return Promise.all(frames)
}

/** Whether the encoder has the configuration. */
export async function encodes(api: Api, config: EncoderConfig): Promise<boolean> {
  return (await api.VideoEncoder.isConfigSupported(config)).supported
}
