// What the round trip matrix is made of: the streams, the sizes and the rest that a configuration and its frames are
// combined from, and the one table of those combinations that are denied.

import type { VideoEncoderConfig, VideoPixelFormat } from '../../lib/index.js'
import type { CodecFamily } from './elementary-stream.js'
import { type Combination, pairwise, product } from './pairwise.js'

export interface Stream {
  family: CodecFamily
  codec: string
  depth: 8 | 10 | 12
  chroma: 420 | 422 | 444
}

export const streams: readonly Stream[] = [
  { family: 'h264', codec: 'avc1.42001f', depth: 8, chroma: 420 },
  { family: 'h264', codec: 'avc1.4d001f', depth: 8, chroma: 420 },
  { family: 'h264', codec: 'avc3.64001f', depth: 8, chroma: 420 },
  { family: 'h264', codec: 'avc1.6e001f', depth: 10, chroma: 420 },
  { family: 'h264', codec: 'avc1.7a001f', depth: 10, chroma: 422 },
  { family: 'h264', codec: 'avc1.f4001f', depth: 8, chroma: 444 },
  { family: 'hevc', codec: 'hvc1.1.6.L93.B0', depth: 8, chroma: 420 },
  { family: 'hevc', codec: 'hev1.2.4.L93.B0', depth: 10, chroma: 420 },
  { family: 'hevc', codec: 'hvc1.4.10.L93.99.88', depth: 12, chroma: 420 },
  { family: 'hevc', codec: 'hvc1.4.10.L93.9D.8', depth: 10, chroma: 422 },
  { family: 'hevc', codec: 'hvc1.4.10.L93.9E.8', depth: 8, chroma: 444 },
  { family: 'hevc', codec: 'hvc1.4.10.L93.9C.8', depth: 10, chroma: 444 },
  { family: 'hevc', codec: 'hvc1.4.10.L93.98.8', depth: 12, chroma: 444 },
  { family: 'vp8', codec: 'vp8', depth: 8, chroma: 420 },
  { family: 'vp9', codec: 'vp09.00.31.08', depth: 8, chroma: 420 },
  { family: 'vp9', codec: 'vp09.01.31.08.02', depth: 8, chroma: 422 },
  { family: 'vp9', codec: 'vp09.01.31.08.03', depth: 8, chroma: 444 },
  { family: 'vp9', codec: 'vp09.02.31.10', depth: 10, chroma: 420 },
  { family: 'vp9', codec: 'vp09.02.31.12', depth: 12, chroma: 420 },
  { family: 'vp9', codec: 'vp09.03.31.10.02', depth: 10, chroma: 422 },
  { family: 'vp9', codec: 'vp09.03.31.12.03', depth: 12, chroma: 444 },
  { family: 'av1', codec: 'av01.0.05M.08', depth: 8, chroma: 420 },
  { family: 'av1', codec: 'av01.0.05M.10', depth: 10, chroma: 420 },
  { family: 'av1', codec: 'av01.1.05M.08', depth: 8, chroma: 444 },
  { family: 'av1', codec: 'av01.1.05M.10', depth: 10, chroma: 444 },
  { family: 'av1', codec: 'av01.2.05M.10', depth: 10, chroma: 422 },
  { family: 'av1', codec: 'av01.2.05M.12', depth: 12, chroma: 420 },
]

const sizes = [
  { width: 176, height: 144 },
  // Even, and a multiple of no block.
  { width: 322, height: 182 },
  { width: 99, height: 67 },
  { width: 64, height: 65 },
  { width: 33, height: 34 },
  { width: 32, height: 96 },
  { width: 16, height: 16 },
  { width: 2, height: 2 },
  { width: 1, height: 1 },
] as const

const formats = [
  'I420',
  'NV12',
  'RGBA',
  'BGRX',
  'I420A',
  'I422',
  'I444',
  'I420P10',
  'I422P10',
  'I444P10',
  'I420P12',
] as const satisfies readonly VideoPixelFormat[]

/** Names and, as streams signal them, code points. Frames in RGB have a colour space of their own. */
export const colors = [
  {
    space: { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false },
    codePoints: { primaries: 1, transfer: 1, matrix: 1, fullRange: false },
  },
  {
    space: { primaries: 'bt709', transfer: 'iec61966-2-1', matrix: 'bt709', fullRange: true },
    codePoints: { primaries: 1, transfer: 13, matrix: 1, fullRange: true },
  },
  {
    space: { primaries: 'smpte170m', transfer: 'smpte170m', matrix: 'smpte170m', fullRange: false },
    codePoints: { primaries: 6, transfer: 6, matrix: 6, fullRange: false },
  },
  {
    space: { primaries: 'bt2020', transfer: 'pq', matrix: 'bt2020-ncl', fullRange: false },
    codePoints: { primaries: 9, transfer: 16, matrix: 9, fullRange: false },
  },
  {
    space: { primaries: 'bt2020', transfer: 'hlg', matrix: 'bt2020-ncl', fullRange: true },
    codePoints: { primaries: 9, transfer: 18, matrix: 9, fullRange: true },
  },
] as const

/** What frames in RGB become. */
export const rgbColor = {
  space: { primaries: 'bt709', transfer: 'iec61966-2-1', matrix: 'bt709', fullRange: false },
  codePoints: { primaries: 1, transfer: 13, matrix: 1, fullRange: false },
} as const

const configurations = {
  stream: streams,
  size: sizes,
  latencyMode: ['realtime', 'quality'],
  bitrateMode: ['variable', 'constant', 'quantizer'],
} as const

const factors = {
  ...configurations,
  format: formats,
  color: colors,
  family: [...new Set(streams.map((s) => s.family))],
}

export type Configuration = Combination<typeof configurations>
export type RoundTrip = Configuration & Pick<Combination<typeof factors>, 'format' | 'color'>

const hasWholeChroma = ({ stream: { chroma }, size: { width, height } }: Configuration): boolean =>
  (chroma === 444 || width % 2 === 0) && (chroma !== 420 || height % 2 === 0)

const isOdd = ({ size: { width, height } }: Configuration): boolean => width % 2 !== 0 || height % 2 !== 0

/** Every configuration of the matrix that is denied, and why. All others are supported. */
export const denials: readonly { why: string; matches: (configuration: Configuration) => boolean }[] = [
  {
    why: 'H.264 crops by two pixels, whatever the chroma format, as in browsers',
    matches: (c) => c.stream.family === 'h264' && isOdd(c),
  },
  { why: 'HEVC crops by whole chroma samples', matches: (c) => c.stream.family === 'hevc' && !hasWholeChroma(c) },
  {
    why: 'x265 codes no picture rightly that is one coding tree unit wide',
    matches: (c) => c.stream.family === 'hevc' && c.size.width <= 16,
  },
  {
    why: 'VP8 has no quantizer of the frame',
    matches: (c) => c.stream.family === 'vp8' && c.bitrateMode === 'quantizer',
  },
]

export function denialOf(configuration: Configuration): string | undefined {
  return denials.find(({ matches }) => matches(configuration))?.why
}

export function encoderConfigOf({ stream, size, latencyMode, bitrateMode }: Configuration): VideoEncoderConfig {
  const bitrate = Math.max(500_000, Math.round(size.width * size.height * 45))
  return { codec: stream.codec, ...size, framerate: 30, bitrate, latencyMode, bitrateMode }
}

export const allConfigurations = (): Configuration[] => [...product(configurations)]

/** Every configuration that is supported, with frames of every format; the colour spaces take turns. */
export function allRoundTrips(family: CodecFamily): RoundTrip[] {
  return [...product({ ...configurations, format: formats })]
    .filter((combination) => combination.stream.family === family && !denialOf(combination))
    .map((combination, index) => ({ ...combination, color: colors[index % colors.length]! }))
}

/** A few of them, in which each stream meets each size, mode and so on. */
export function someRoundTrips(seed: number): RoundTrip[] {
  return pairwise(
    factors,
    [
      ['stream', 'latencyMode'],
      ['stream', 'bitrateMode'],
      ['family', 'size'],
      ['family', 'format'],
      ['family', 'color'],
      ['format', 'size'],
      ['latencyMode', 'bitrateMode'],
    ],
    (combination) => combination.family === combination.stream.family && !denialOf(combination),
    seed,
  )
}

export function describeConfiguration({ stream, size, latencyMode, bitrateMode }: Configuration): string {
  return `${stream.codec} ${size.width}x${size.height} ${latencyMode} ${bitrateMode}`
}
