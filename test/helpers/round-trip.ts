import type { VideoDecoderConfig } from '../../lib/index.js'
import { VideoFrame } from '../../lib/index.js'
import { decodeAll, encodeAll, pixelsOf, timestampOf } from './codecs.js'
import { elementaryStream } from './elementary-stream.js'
import { decodeElementaryStream } from './ffmpeg-decode.js'
import { encoderConfigOf, type RoundTrip, rgbColor } from './matrix.js'
import { expectedPlanes, pictureData, planePsnrs, subsamplingOf } from './source-pictures.js'

const frameCount = 6
const quantizers = {
  h264: { avc: { quantizer: 20 } },
  hevc: { hevc: { quantizer: 20 } },
  vp8: {},
  vp9: { vp9: { quantizer: 60 } },
  av1: { av1: { quantizer: 60 } },
}
const duration = 33_000

const colorOf = ({ format, color }: RoundTrip) => (/^(RGB|BGR)/.test(format) ? rgbColor : color)

function* sourceFrames(roundTrip: RoundTrip) {
  const { format, size, color } = roundTrip
  const isRgb = colorOf(roundTrip) === rgbColor
  for (let index = 0; index < frameCount; index++) {
    yield new VideoFrame(pictureData(format, size.width, size.height, index), {
      format,
      codedWidth: size.width,
      codedHeight: size.height,
      timestamp: timestampOf(index),
      duration,
      ...(!isRgb && { colorSpace: color.space }),
    })
  }
}

/** Which of the colour space's parts the codec's streams signal, as ffmpeg reads them. */
function signalledColor(roundTrip: RoundTrip) {
  const { codePoints } = colorOf(roundTrip)
  switch (roundTrip.stream.family) {
    case 'vp8':
      // All that it has is one bit, which means BT.601; the decoder configuration tells the truth.
      return { primaries: 2, transfer: 2, matrix: 5, fullRange: false }
    case 'vp9':
      return { primaries: 2, transfer: 2, matrix: codePoints.matrix, fullRange: codePoints.fullRange }
    default:
      return codePoints
  }
}

/** Encodes, and decodes by our decoder and by ffmpeg: all that came of it, to compare with `expectedRoundTrip`. */
export async function runRoundTrip(roundTrip: RoundTrip, annexb: boolean) {
  const { stream, size, format } = roundTrip
  const { family, depth, chroma } = stream
  const inAnnexB = { format: 'annexb' } as const
  const config = {
    ...encoderConfigOf(roundTrip),
    ...(annexb && { avc: inAnnexB, hevc: inAnnexB }),
  }
  const {
    chunks,
    metadata,
    config: decoderConfig,
  } = await encodeAll(config, sourceFrames(roundTrip), () => quantizers[family])
  const { colorSpace, ...withoutColor } = decoderConfig
  // Where the stream tells the colour, it must not need telling.
  const signalsColor = family !== 'vp8' && family !== 'vp9'
  const ours = await decodeAll(
    (signalsColor ? withoutColor : decoderConfig) as VideoDecoderConfig,
    chunks,
    async (frame) => ({
      timestamp: frame.timestamp,
      duration: frame.duration,
      format: frame.format,
      size: { width: frame.visibleRect!.width, height: frame.visibleRect!.height },
      displaySize: { width: frame.displayWidth, height: frame.displayHeight },
      color: frame.colorSpace.toJSON(),
      pixels: await pixelsOf(frame),
    }),
  )
  const theirs = await decodeElementaryStream(elementaryStream(family, chunks, metadata))
  const psnrs = ours.map(({ pixels }, index) =>
    planePsnrs(expectedPlanes(format, subsamplingOf(chroma), size.width, size.height, index), pixels, depth),
  )
  const { pixels: theirPixels, complaints, ...theirDescription } = theirs
  return {
    decoderConfig: {
      colorSpace,
      codec: decoderConfig.codec,
      codedWidth: decoderConfig.codedWidth,
      codedHeight: decoderConfig.codedHeight,
    },
    frames: ours.map(({ pixels, ...description }) => description),
    ffmpeg: theirDescription,
    complaints,
    samePixels: Buffer.compare(Buffer.concat(ours.map(({ pixels }) => pixels)), theirPixels) === 0,
    lowestLumaPsnr: Math.min(...psnrs.map(([y]) => y!)),
    lowestChromaPsnr: Math.min(...psnrs.flatMap(([, u, v]) => [u!, v!])),
  }
}

/** All but the PSNR. */
export function expectedRoundTrip(roundTrip: RoundTrip) {
  const { stream, size } = roundTrip
  const { codec, depth, chroma } = stream
  const { space } = colorOf(roundTrip)
  const frames = Array.from({ length: frameCount }, (_, index) => ({
    timestamp: timestampOf(index),
    duration,
    format: `I${chroma}${depth > 8 ? `P${depth}` : ''}`,
    size,
    displaySize: size,
    color: space,
  }))
  return {
    decoderConfig: { colorSpace: space, codec, codedWidth: size.width, codedHeight: size.height },
    frames,
    ffmpeg: {
      pixelFormat: `yuv${chroma}p${depth > 8 ? `${depth}le` : ''}`,
      ...size,
      pictures: frameCount,
      color: signalledColor(roundTrip),
    },
    complaints: [],
    samePixels: true,
  }
}
