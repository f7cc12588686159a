// The codec cases: what is encoded or decoded, and the least ratio to the ffmpeg command line.

const sizes = {
  '720p': {
    width: 1280,
    height: 720,
    bitrate: 2_500_000,
    codec: 'avc1.64001f',
    level: '3.1',
    maxRate: 17_500_000,
    bufferSize: 17_500_000,
  },
  '1080p': {
    width: 1920,
    height: 1080,
    bitrate: 4_000_000,
    codec: 'avc1.640028',
    level: '4',
    maxRate: 25_000_000,
    bufferSize: 31_250_000,
  },
}

/** Enough frames for some seconds of either party's time. */
const frames = {
  '720p realtime': 1500,
  '720p quality': 500,
  '1080p realtime': 750,
  '1080p quality': 250,
}

function encodeCase(size, latencyMode, format) {
  const minRatio = format === 'I420' ? 0.95 : size === '1080p' && latencyMode === 'realtime' ? 1.3 : undefined
  const responsive = size === '720p' && latencyMode === 'realtime' && format === 'I420'
  return {
    name: `encode h264 ${size} ${latencyMode} ${format}`,
    kind: 'encode',
    // The library that the command line has too.
    encoder: 'libx264',
    ...sizes[size],
    latencyMode,
    format,
    frames: frames[`${size} ${latencyMode}`],
    targets: { minRatio, ...(responsive && { maxUtilization: 0.2, maxDelayP99: 5 }) },
  }
}

function decodeCase(name, options, minRatio) {
  return { name, kind: 'decode', ...sizes['1080p'], copyTo: false, frames: 3000, ...options, targets: { minRatio } }
}

/**
 * Without these flags swscale converts by 8-bit tables: up to 3 levels off and one too dark on average, where `copyTo`
 * is within half a level of the exact value.
 */
const roundedConversion = 'accurate_rnd+full_chroma_int'

export const codecCases = [
  ...['720p', '1080p'].flatMap((size) =>
    ['realtime', 'quality'].flatMap((latencyMode) =>
      ['I420', 'RGBA'].map((format) => encodeCase(size, latencyMode, format)),
    ),
  ),
  decodeCase('decode h264 1080p', {}, 1.05),
  decodeCase('decode h264 1080p copyTo RGBA', { copyTo: true }, 1.5),
  decodeCase(
    'decode h264 1080p copyTo RGBA rounded',
    { copyTo: true, frames: 1000, conversionFlags: roundedConversion },
    1.5,
  ),
]
