// The ffmpeg command that does the same work as a codec case, with the same library and settings.
import { availableParallelism } from 'node:os'
import { framerate } from './source.mjs'

/**
 * x264's settings as src/plan/x264.cc has them for a variable bitrate. The benchmark compares what both streams say of
 * themselves, and tells when they differ.
 */
function x264Arguments({ latencyMode, level, bitrate, maxRate, bufferSize }) {
  const processors = availableParallelism()
  const common = ['-c:v', 'libx264', '-profile:v', 'high', '-level:v', level, '-b:v', String(bitrate)]
  if (latencyMode === 'realtime') {
    return [
      ...[...common, '-preset', 'superfast', '-tune', 'zerolatency', '-threads', String(processors)],
      ...['-maxrate', String(bitrate), '-bufsize', String(bitrate)],
      ...['-g', String(2 ** 30), '-bf', '0', '-refs', '1', '-x264-params', 'scenecut=0'],
    ]
  }
  return [
    ...[...common, '-preset', 'medium', '-threads', String(Math.floor((processors * 3) / 2))],
    ...['-maxrate', String(maxRate), '-bufsize', String(bufferSize)],
    ...['-g', '250', '-bf', '3', '-refs', '3'],
  ]
}

function repeat(frames, sourceFrames) {
  return ['-stream_loop', String(Math.ceil(frames / sourceFrames) - 1)]
}

/** @param {string | undefined} output where to write the stream; undefined: nowhere, as the timed runs do */
export function commandLine(codecCase, source, output) {
  const { kind, width, height, format, frames, copyTo, conversionFlags } = codecCase
  const common = ['-hide_banner', '-nostdin', '-y', '-benchmark']
  const end = ['-frames:v', String(frames), '-fps_mode', 'passthrough']
  if (kind === 'decode') {
    const pixels = copyTo ? [...(conversionFlags ? ['-sws_flags', conversionFlags] : []), '-pix_fmt', 'rgba'] : []
    return [
      ...common,
      ...repeat(frames, source.frames),
      '-i',
      source.path,
      '-map',
      '0:v',
      ...end,
      ...pixels,
      '-f',
      'null',
      '-',
    ]
  }
  const pixelFormat = format === 'RGBA' ? 'rgba' : 'yuv420p'
  const input = [
    '-f',
    'rawvideo',
    '-pix_fmt',
    pixelFormat,
    '-s',
    `${width}x${height}`,
    '-r',
    String(framerate),
    '-i',
    source.path,
  ]
  const conversion = format === 'RGBA' ? ['-vf', 'scale=out_color_matrix=bt709:out_range=tv,format=yuv420p'] : []
  const to = output ? ['-f', 'h264', output] : ['-f', 'null', '-']
  return [
    ...common,
    ...repeat(frames, source.frames),
    ...input,
    ...conversion,
    ...x264Arguments(codecCase),
    ...end,
    ...to,
  ]
}

/** `{ cpuSeconds, peakBytes }` of what `-benchmark` printed. */
export function parseBenchmark(stderr) {
  const [, user, system] = /bench: utime=([\d.]+)s stime=([\d.]+)s/.exec(stderr) ?? []
  const [, kibibytes] = /bench: maxrss=(\d+)/.exec(stderr) ?? []
  return { cpuSeconds: Number(user) + Number(system), peakBytes: Number(kibibytes) * 1024 }
}
