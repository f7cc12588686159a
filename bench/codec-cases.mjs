// The codec cases: what is encoded or decoded, and the least ratio to the ffmpeg command line.

const sizes = {
  '720p': { width: 1280, height: 720, bitrate: 2_500_000 },
  '1080p': { width: 1920, height: 1080, bitrate: 4_000_000 },
}

const h264 = {
  '720p': { codec: 'avc1.64001f', level: '3.1', maxRate: 17_500_000, bufferSize: 17_500_000 },
  '1080p': { codec: 'avc1.640028', level: '4', maxRate: 25_000_000, bufferSize: 31_250_000 },
}

/** Enough frames for ten seconds and more of either party's time, beside which the start of Node is little. */
const h264Frames = {
  '720p realtime': 5000,
  '720p quality': 1000,
  '1080p realtime': 2500,
  '1080p quality': 500,
}

/** How far below the command line's a picture may be, in dB, at the same measured bitrate. */
const qualityMargin = -0.1

function encodeH264Case(size, latencyMode, format) {
  const minRatio = format === 'I420' ? 0.95 : size === '1080p' && latencyMode === 'realtime' ? 1.3 : undefined
  const responsive = size === '720p' && latencyMode === 'realtime' && format === 'I420'
  const compared = latencyMode === 'quality' && format === 'I420'
  return {
    name: `encode h264 ${size} ${latencyMode} ${format}`,
    kind: 'encode',
    // The library that the command line has too.
    encoder: 'libx264',
    ...sizes[size],
    ...h264[size],
    latencyMode,
    format,
    frames: h264Frames[`${size} ${latencyMode}`],
    targets: {
      minRatio,
      ...(responsive && { maxUtilization: 0.2, maxDelayP99: 5 }),
      ...(compared && { minGain: qualityMargin }),
      // What the best of other packages made of the same content.
      ...(compared && size === '720p' && { minPsnr: { 'video-h265.mp4': 49.8 } }),
    },
  }
}

/** The others at 720p, with the library that serves each when none is asked for; `frames`: realtime, quality. */
const others = [
  { name: 'hevc', codec: 'hvc1.1.6.L93.B0', encoder: 'libx265', level: '3.1', frames: [1500, 500] },
  { name: 'vp8', codec: 'vp8', encoder: 'libvpx', frames: [4000, 800] },
  { name: 'vp9', codec: 'vp09.00.31.08', encoder: 'libvpx-vp9', frames: [3000, 500] },
  { name: 'av1', codec: 'av01.0.05M.08', encoder: 'libaom-av1', frames: [1000, 800] },
]

function encodeCases({ name, frames, ...codec }) {
  return ['realtime', 'quality'].map((latencyMode, at) => ({
    name: `encode ${name} 720p ${latencyMode}`,
    kind: 'encode',
    ...sizes['720p'],
    ...codec,
    latencyMode,
    format: 'I420',
    frames: frames[at],
    targets: { minRatio: 0.95, ...(latencyMode === 'quality' && { minGain: qualityMargin }) },
  }))
}

function decodeH264Case(name, options, minRatio) {
  const common = { kind: 'decode', ...sizes['1080p'], stream: 'h264', copyTo: false, frames: 6000 }
  return { name, ...common, ...options, targets: { minRatio } }
}

/** Of as many seconds. */
const decodedFrames = { hevc: 6000, vp8: 10_000, vp9: 10_000, av1: 8000 }

function decodeCase(stream) {
  const common = { kind: 'decode', ...sizes['720p'], stream, copyTo: false, frames: decodedFrames[stream] }
  return { name: `decode ${stream} 720p`, ...common, targets: { minRatio: 1 } }
}

/**
 * Without these flags swscale converts by 8-bit tables: up to 3 levels off and one too dark on average, where `copyTo`
 * is within half a level of the exact value.
 */
const roundedConversion = 'accurate_rnd+full_chroma_int'

export const codecCases = [
  ...['720p', '1080p'].flatMap((size) =>
    ['realtime', 'quality'].flatMap((latencyMode) =>
      ['I420', 'RGBA'].map((format) => encodeH264Case(size, latencyMode, format)),
    ),
  ),
  ...others.flatMap(encodeCases),
  decodeH264Case('decode h264 1080p', {}, 1.05),
  decodeH264Case('decode h264 1080p copyTo RGBA', { copyTo: true, frames: 3000 }, 1.5),
  decodeH264Case(
    'decode h264 1080p copyTo RGBA rounded',
    { copyTo: true, frames: 1000, conversionFlags: roundedConversion },
    1.5,
  ),
  ...Object.keys(decodedFrames).map(decodeCase),
]
