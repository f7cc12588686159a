// The content of the benchmarks: natural video from the shared clips where they are, ffmpeg's test picture elsewhere.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const framerate = 25

const clips = process.env.WEBCODECS_CLIPS ?? fileURLToPath(new URL('../../shared/media/clips', import.meta.url))
const folder = join(tmpdir(), 'webcodecs-native-bench')

/** A raw file is at most this long, so that it stays in the page cache; longer runs read it several times. */
const maxRawBytes = 400 * 2 ** 20

function naturalInput() {
  for (const name of ['video-h265.mp4', 'video.mp4']) {
    const path = join(clips, name)
    if (existsSync(path)) return { name, args: ['-i', path] }
  }
  return { name: 'testsrc2', args: ['-f', 'lavfi', '-i', `testsrc2=size=1920x1080:rate=${framerate}:duration=12`] }
}

/** Makes a file by ffmpeg unless it is there from an earlier run. */
function make(path, args) {
  if (existsSync(path)) return path
  mkdirSync(folder, { recursive: true })
  const { status, stderr } = spawnSync('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...args, `${path}.part`])
  if (status !== 0) throw new Error(`ffmpeg ${args.join(' ')}\n${stderr}`)
  renameSync(`${path}.part`, path)
  return path
}

export function bytesPerFrame({ width, height, format }) {
  return format === 'RGBA' ? width * height * 4 : (width * height * 3) / 2
}

/** BT.709 limited range at a steady rate, whatever the clip was. */
function naturalVideo(width, height) {
  return `scale=${width}:${height}:flags=bicubic:out_color_matrix=bt709:out_range=tv,setpts=N/${framerate}/TB`
}

/** A file of raw frames: `{ path, frames, content }`. */
export function rawSource({ width, height, format }) {
  const { name, args } = naturalInput()
  const frames = Math.min(250, Math.floor(maxRawBytes / bytesPerFrame({ width, height, format })))
  const pixelFormat = format === 'RGBA' ? 'rgba' : 'yuv420p'
  const path = make(join(folder, `${name}-${width}x${height}-${frames}.${pixelFormat}`), [
    ...args,
    ...['-vf', `${naturalVideo(width, height)},format=${pixelFormat}`, '-frames:v', String(frames), '-f', 'rawvideo'],
  ])
  return { path, frames, content: name }
}

/** What makes the streams to decode. */
const streams = {
  h264: ['-c:v', 'libx264', '-preset', 'medium', '-f', 'mp4'],
  hevc: ['-c:v', 'libx265', '-preset', 'medium', '-x265-params', 'log-level=none', '-tag:v', 'hvc1', '-f', 'mp4'],
  vp8: ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '-4', '-f', 'webm'],
  vp9: [
    '-c:v',
    'libvpx-vp9',
    '-deadline',
    'good',
    '-cpu-used',
    '4',
    '-row-mt',
    '1',
    '-tile-columns',
    '2',
    '-f',
    'webm',
  ],
  av1: ['-c:v', 'libsvtav1', '-preset', '9', '-f', 'webm'],
}

/** A file of 10 seconds, with B-frames where the codec has them: `{ path, frames, content }`. */
export function encodedSource({ width, height, bitrate, stream }) {
  const { name, args } = naturalInput()
  const frames = 250
  const filter = ['-an', '-vf', `${naturalVideo(width, height)},format=yuv420p`]
  const path = make(join(folder, `${name}-${width}x${height}-${frames}-${bitrate}.${stream}`), [
    ...[...args, ...filter, '-frames:v', String(frames), '-r', String(framerate)],
    ...['-b:v', String(bitrate), ...streams[stream]],
  ])
  return { path, frames, content: name }
}

/** An MP4 file with H.264 of 6 Mb/s and AAC, the clip over and over: `{ path, seconds }`. */
export function soundSource({ width, height, seconds = 40 }) {
  const { name, args } = naturalInput()
  const looped =
    args[0] === '-i' ? ['-stream_loop', '-1', ...args] : args.map((argument) => argument.replace(/:duration=\d+/, ''))
  const path = make(join(folder, `${name}-${width}x${height}-${seconds}-sound.mp4`), [
    ...[...looped, '-f', 'lavfi', '-i', 'sine=frequency=440:beep_factor=4:sample_rate=48000'],
    ...['-map', '0:v', '-map', '1:a', '-vf', `${naturalVideo(width, height)},format=yuv420p`, '-r', String(framerate)],
    ...['-t', String(seconds), '-c:v', 'libx264', '-preset', 'medium', '-b:v', '6M', '-c:a', 'aac', '-b:a', '128k'],
    ...['-f', 'mp4'],
  ])
  return { path, seconds }
}

const imageCodecs = {
  jpg: ['-c:v', 'mjpeg', '-q:v', '3', '-pix_fmt', 'yuvj420p'],
  png: ['-c:v', 'png', '-pix_fmt', 'rgb24'],
  webp: ['-c:v', 'libwebp', '-pix_fmt', 'yuv420p'],
}

/** Path of a still image. */
export function imageSource(width, height, extension) {
  const { name, args } = naturalInput()
  const end = ['-frames:v', '1', ...imageCodecs[extension], '-f', 'image2', '-update', '1']
  return make(join(folder, `${name}-${width}x${height}.${extension}`), [
    ...[...args, '-vf', `scale=${width}:${height}:flags=bicubic`],
    ...end,
  ])
}
