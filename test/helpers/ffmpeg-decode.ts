import type { ElementaryStream } from './elementary-stream.js'
import { run } from './media.js'

export interface DecodedByFfmpeg {
  /** All pictures one after the other, each tightly packed in the stream's own format. */
  pixels: Buffer
  /** FFmpeg's name of the pixel format, such as "yuv420p10le", and the same for full range. */
  pixelFormat: string
  width: number
  height: number
  pictures: number
  /** What the stream itself says, in H.273 code points; 2 is unspecified. `fullRange`: null when it says nothing. */
  color: { primaries: number; transfer: number; matrix: number; fullRange: boolean | null }
  /** Everything that ffmpeg complained about. */
  complaints: string[]
}

const primaries: Record<string, number> = { bt709: 1, bt470bg: 5, smpte170m: 6, bt2020: 9, smpte432: 12 }
const transfers: Record<string, number> = {
  bt709: 1,
  smpte170m: 6,
  'iec61966-2-1': 13,
  linear: 8,
  smpte2084: 16,
  'arib-std-b67': 18,
}
const matrices: Record<string, number> = { gbr: 0, bt709: 1, bt470bg: 5, smpte170m: 6, bt2020nc: 9 }

/** What it says of raw pictures of a few pixels, which has nothing to do with the stream. */
const ofOutput = /The bitrate parameter is set too low/

/** Decodes with ffmpeg's own decoder; no pixel is converted. */
export async function decodeElementaryStream({ format, data }: ElementaryStream): Promise<DecodedByFfmpeg> {
  const from = ['-flags', '+unaligned', '-f', format, '-i', 'pipe:0']
  const to = ['-vf', 'showinfo', '-fps_mode', 'passthrough', '-f', 'rawvideo', 'pipe:1']
  const { stdout, stderr } = await run(
    'ffmpeg',
    ['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'level+info', ...from, ...to],
    data,
  )
  const shown = [...stderr.matchAll(/\[info\] n: *\d+ .* fmt:(\S+) .* s:(\d+)x(\d+) /g)]
  const color = /color_range:(\S+) color_space:(\S+) color_primaries:(\S+) color_trc:(\S+)/.exec(stderr)
  const [, pixelFormat = '', width = 0, height = 0] = shown.at(-1) ?? []
  const [, range = 'unknown', matrix = '', primary = '', transfer = ''] = color ?? []
  return {
    pixels: stdout,
    pixelFormat: pixelFormat.replace('yuvj', 'yuv'),
    width: Number(width),
    height: Number(height),
    pictures: shown.length,
    color: {
      primaries: primaries[primary] ?? 2,
      transfer: transfers[transfer] ?? 2,
      matrix: matrices[matrix] ?? 2,
      fullRange: range === 'unknown' ? null : range === 'pc',
    },
    complaints: stderr
      .split('\n')
      .filter((line) => /\[(warning|error|fatal|panic)\]/.test(line) && !ofOutput.test(line)),
  }
}
