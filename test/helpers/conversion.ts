// Conversions by mediabunny, which finds the codecs where browsers have them: on globalThis.

import {
  ALL_FORMATS,
  BufferTarget,
  Conversion,
  FilePathSource,
  Input,
  Mp4OutputFormat,
  Output,
  registerVideoSampleTransformer,
  VideoSample,
  WebMOutputFormat,
} from 'mediabunny'
import '../../lib/register.js'
import { VideoFrame, type VideoFrame as VideoFrameType } from '../../lib/index.js'
import { pixelsOf } from './codecs.js'
import { ffmpeg } from './media.js'
import { layoutOf, psnr } from './pictures.js'

export const conversionCodecs = ['avc', 'hevc', 'vp8', 'vp9', 'av1'] as const

export interface ConversionOptions {
  codec: (typeof conversionCodecs)[number]
  /** Pixels; the source's width is a multiple of it. */
  width: number
  /** Bits per second. */
  bitrate: number
}

/** The mean of each square of `factor` by `factor` samples. */
function shrink(source: Uint8Array, stride: number, width: number, height: number, factor: number): Uint8Array {
  const result = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0
      for (let row = y * factor; row < (y + 1) * factor; row++) {
        for (let column = x * factor; column < (x + 1) * factor; column++) sum += source[row * stride + column]!
      }
      result[y * width + x] = Math.round(sum / factor ** 2)
    }
  }
  return result
}

// In browsers mediabunny scales on a canvas, of which Node has none.
registerVideoSampleTransformer(async (sample, { width, height }) => {
  const frame = sample.toVideoFrame() as unknown as VideoFrameType
  const { width: sourceWidth, height: sourceHeight } = frame.visibleRect!
  const pixels = await pixelsOf(frame)
  const { planes } = layoutOf('I420', sourceWidth, sourceHeight)
  const sizes = [[width, height], ...[1, 2].map(() => [width / 2, height / 2])] as [number, number][]
  const scaled = sizes.map(([planeWidth, planeHeight], plane) => {
    const { offset, stride } = planes[plane]!
    return shrink(pixels.subarray(offset), stride, planeWidth, planeHeight, sourceWidth / width)
  })
  const result = new VideoFrame(Buffer.concat(scaled), {
    format: 'I420',
    codedWidth: width,
    codedHeight: height,
    timestamp: frame.timestamp,
    ...(frame.duration !== null && { duration: frame.duration }),
    colorSpace: frame.colorSpace.toJSON(),
  })
  frame.close()
  return new VideoSample(result as never)
})

/** The video of the file at `path` in another codec and size: as WebM for VP8 and VP9, otherwise as MP4. */
export async function convert(path: string, { codec, width, bitrate }: ConversionOptions): Promise<Uint8Array> {
  const input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS })
  const format = codec === 'vp8' || codec === 'vp9' ? new WebMOutputFormat() : new Mp4OutputFormat()
  const output = new Output({ format, target: new BufferTarget() })
  const conversion = await Conversion.init({
    input,
    output,
    video: { codec, width, bitrate, forceTranscode: true },
    audio: { discard: true },
    showWarnings: false,
  })
  await conversion.execute()
  input.dispose()
  return new Uint8Array(output.target.buffer!)
}

const raw = ['-map', '0:v:0', '-fps_mode', 'passthrough', '-f', 'rawvideo', 'pipe:1']
const references = new Map<string, Promise<Buffer>>()

/** The file's pictures as ffmpeg decodes and scales them, which conversions to every codec are compared with. */
function scaledPictures(source: string, width: number, height: number): Promise<Buffer> {
  const scale = `scale=${width}:${height}:flags=area:in_range=full:out_range=full`
  const key = `${source} ${scale}`
  const reference = references.get(key) ?? ffmpeg(['-i', source, '-vf', scale, ...raw]).then(({ stdout }) => stdout)
  references.set(key, reference)
  return reference
}

/** Luma PSNR in dB of each of the file's pictures against the source's, scaled; and what ffmpeg complained about. */
export async function comparePictures(
  converted: Uint8Array,
  source: string,
  { width, height }: { width: number; height: number },
): Promise<{ psnrs: number[]; complaints: string }> {
  const [decoded, reference] = await Promise.all([
    ffmpeg(['-i', 'pipe:0', ...raw], converted),
    scaledPictures(source, width, height),
  ])
  const { size } = layoutOf('I420', width, height)
  const lumaOf = (pictures: Buffer, index: number) => pictures.subarray(index * size, index * size + width * height)
  return {
    psnrs: Array.from({ length: decoded.stdout.length / size }, (_, index) =>
      psnr(lumaOf(reference, index), lumaOf(decoded.stdout, index)),
    ),
    complaints: decoded.stderr,
  }
}
