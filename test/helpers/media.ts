import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ALL_FORMATS, type EncodedPacket, EncodedPacketSink, FilePathSource, Input } from 'mediabunny'
import type { VideoDecoderConfig } from '../../lib/index.js'
import { EncodedVideoChunk } from '../../lib/index.js'
import { layoutOf } from './pictures.js'

const besideRepository = fileURLToPath(new URL('../../../shared/media/clips', import.meta.url))

/** Real clips that are not part of the repository; tests on them are skipped where the folder is absent. */
export const clipsFolder = process.env['WEBCODECS_CLIPS'] ?? besideRepository

export interface Output {
  stdout: Buffer
  stderr: string
}

/** Runs a program to its end; rejects with what it printed when its exit status is not 0. */
export function run(command: string, args: readonly string[], input?: Uint8Array): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    child.stdout.on('data', (data: Buffer) => stdout.push(data))
    child.stderr.on('data', (data: Buffer) => stderr.push(data))
    child.on('error', reject)
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    child.on('close', (code) => {
      const text = Buffer.concat(stderr).toString()
      if (code === 0) resolve({ stdout: Buffer.concat(stdout), stderr: text })
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}:\n${text}`))
    })
  })
}

/** Runs ffmpeg, which prints errors only. */
export function ffmpeg(args: readonly string[], input?: Uint8Array): Promise<Output> {
  return run('ffmpeg', ['-hide_banner', '-nostdin', '-v', 'error', '-y', ...args], input)
}

/** A clip that ffmpeg makes from `args`, kept in the temporary folder under a hash of them. Returns its path. */
export async function makeClip(args: readonly string[], extension: string): Promise<string> {
  const folder = join(tmpdir(), 'webcodecs-native-clips')
  mkdirSync(folder, { recursive: true })
  const hash = createHash('sha256').update(JSON.stringify(args)).digest('hex').slice(0, 16)
  const path = join(folder, `${hash}.${extension}`)
  if (!existsSync(path)) {
    const unfinished = join(folder, `${hash}.${process.pid}.${extension}`)
    await ffmpeg([...args, unfinished])
    renameSync(unfinished, path)
  }
  return path
}

/** Arguments for `seconds` of ffmpeg's moving test picture, encoded by x264. */
export function testClipArguments({
  width = 320,
  height = 240,
  fps = 25,
  seconds = 2,
  x264 = [] as string[],
} = {}): string[] {
  const source = `testsrc2=size=${width}x${height}:rate=${fps}:duration=${seconds}`
  return ['-f', 'lavfi', '-i', source, '-c:v', 'libx264', '-pix_fmt', 'yuv420p', ...x264]
}

/** Clips from `clipsFolder`, at least one for each codec. */
export const codecClips: readonly string[] = [
  'video.mp4',
  'video-h265.mp4',
  'hevc.ts',
  'transparency.webm',
  '../conformance/h264.mp4',
  '../conformance/vp8.webm',
  '../conformance/vp9.mp4',
  '../conformance/av1.mp4',
]

/** All clips with pictures: those, and some that are hard to read. */
export const pictureClips: readonly string[] = [
  ...codecClips,
  'rotate-buck-bunny.mp4',
  'sar_2x1.mp4',
  'cursed-vfr.mp4',
  'no-initial-keyframe.ts',
]

export interface Clip {
  config: VideoDecoderConfig
  /** In decode order. */
  chunks: EncodedVideoChunk[]
}

/** The first video track of a media file. */
export function demux(path: string): Promise<Clip> {
  return demuxTrack(path, ({ data, type }) => ({ data, type }))
}

/** The alpha beside the pictures of a WebM file's first video track, which is a stream of its own. */
export function demuxAlpha(path: string): Promise<Clip> {
  // Its key frames are where those of the pictures are.
  return demuxTrack(path, ({ sideData, type }) => ({ data: sideData.alpha!, type }))
}

async function demuxTrack(
  path: string,
  select: (packet: EncodedPacket) => { data: Uint8Array; type: 'key' | 'delta' },
): Promise<Clip> {
  const input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS })
  const track = await input.getPrimaryVideoTrack()
  if (!track) throw new Error(`${path} has no video track`)
  const config = await track.getDecoderConfig()
  if (!config) throw new Error(`${path}: unknown codec`)
  const chunks: EncodedVideoChunk[] = []
  for await (const packet of new EncodedPacketSink(track).packets()) {
    const { microsecondTimestamp: timestamp, microsecondDuration: duration } = packet
    chunks.push(new EncodedVideoChunk({ ...select(packet), timestamp, duration }))
  }
  input.dispose()
  return { config: config as VideoDecoderConfig, chunks }
}

/**
 * The pictures that ffmpeg decodes from a 4:2:0 file or Annex B stream, in presentation order, each tightly packed.
 * No pixel is converted, so full-range pictures stay so.
 */
export async function decodeByFfmpeg(
  source: string | Uint8Array,
  { width, height }: { width: number; height: number },
): Promise<Buffer[]> {
  const [from, input] = typeof source === 'string' ? [['-i', source]] : [['-f', 'h264', '-i', 'pipe:0'], source]
  const to = ['-map', '0:v:0', '-fps_mode', 'passthrough', '-f', 'rawvideo', 'pipe:1']
  const { stdout } = await ffmpeg(['-flags', '+unaligned', '-noautorotate', ...from, ...to], input)
  const { size } = layoutOf('I420', width, height)
  return Array.from({ length: stdout.length / size }, (_, index) => stdout.subarray(index * size, (index + 1) * size))
}

/**
 * The quantization parameters of each picture's macroblocks, in presentation order, as ffmpeg's decoder reads them
 * from an H.264 Annex B stream.
 */
export async function macroblockQuantizers(stream: Uint8Array): Promise<number[][]> {
  const debug = ['-loglevel', 'debug', '-threads', '1', '-debug:v', 'qp']
  const args = ['-hide_banner', '-nostdin', ...debug, '-f', 'h264', '-i', 'pipe:0', '-f', 'null', '-']
  const { stderr } = await run('ffmpeg', args, stream)
  // Pictures that are decoded to probe the stream are printed too, by another decoder: the last one counts.
  const byDecoder = new Map<string, number[][]>()
  for (const [, decoder, text] of stderr.matchAll(/^\[h264 @ (0x[0-9a-f]+)\] (.*)$/gm)) {
    const pictures = byDecoder.get(decoder!) ?? []
    if (text!.startsWith('New frame, type:')) byDecoder.set(decoder!, [...pictures, []])
    else if (/^[ \d]+$/.test(text!)) pictures.at(-1)?.push(...(text!.match(/../g) ?? []).map(Number))
  }
  return [...byDecoder.values()].at(-1) ?? []
}
