// The ffmpeg command that does the same work as a codec case, with the same library and settings.
import { encoderArguments } from './encoder-arguments.mjs'
import { framerate } from './source.mjs'
import { streamFormat } from './stream-file.mjs'

/** The decoders that `VideoDecoder` takes where FFmpeg has several. */
const decoders = { av1: 'libdav1d' }

function repeat(frames, sourceFrames) {
  return ['-stream_loop', String(Math.ceil(frames / sourceFrames) - 1)]
}

function decodeArguments({ stream, copyTo, conversionFlags }, source, end) {
  const decoder = decoders[stream] ? ['-c:v', decoders[stream]] : []
  const pixels = copyTo ? [...(conversionFlags ? ['-sws_flags', conversionFlags] : []), '-pix_fmt', 'rgba'] : []
  return [...decoder, '-i', source.path, '-map', '0:v', ...end, ...pixels, '-f', 'null', '-']
}

/** Reads raw frames: what goes in front of all that is done with them. */
export function rawInput({ width, height, format }, source) {
  const pixelFormat = format === 'RGBA' ? 'rgba' : 'yuv420p'
  const size = ['-s', `${width}x${height}`, '-r', String(framerate)]
  return ['-f', 'rawvideo', '-pix_fmt', pixelFormat, ...size, '-i', source.path]
}

/** @param {string | undefined} output where to write the stream; undefined: nowhere, as the timed runs do */
export function commandLine(codecCase, source, output) {
  const { kind, format, frames } = codecCase
  const begin = ['-hide_banner', '-nostdin', '-y', '-benchmark', ...repeat(frames, source.frames)]
  const end = ['-frames:v', String(frames), '-fps_mode', 'passthrough']
  if (kind === 'decode') return [...begin, ...decodeArguments(codecCase, source, end)]
  const conversion = format === 'RGBA' ? ['-vf', 'scale=out_color_matrix=bt709:out_range=tv,format=yuv420p'] : []
  const to = output ? ['-f', streamFormat(codecCase), output] : ['-f', 'null', '-']
  return [...begin, ...rawInput(codecCase, source), ...conversion, ...encoderArguments(codecCase), ...end, ...to]
}

/** `{ cpuSeconds, peakBytes }` of what `-benchmark` printed. */
export function parseBenchmark(stderr) {
  const [, user, system] = /bench: utime=([\d.]+)s stime=([\d.]+)s/.exec(stderr) ?? []
  const [, kibibytes] = /bench: maxrss=(\d+)/.exec(stderr) ?? []
  return { cpuSeconds: Number(user) + Number(system), peakBytes: Number(kibibytes) * 1024 }
}
