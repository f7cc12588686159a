import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { run } from './media.js'

const demo = fileURLToPath(new URL('../../examples/demo.mjs', import.meta.url))

export interface DemoRun {
  /** Exit status. */
  code: number | null
  stdout: string
  /** The lines on standard error. */
  errors: string[]
}

export interface DemoOptions {
  /** Where it runs. */
  cwd: string
  /** Sends it this signal when it begins to transcode. */
  signal?: NodeJS.Signals
}

/** Runs the demo as `npm run demo` does. */
export function runDemo(args: readonly string[], { cwd, signal }: DemoOptions): Promise<DemoRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [demo, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (signal && text.includes(' -> ')) child.kill(signal)
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.on('error', reject)
    child.on('close', (code) =>
      resolve({ code, stdout, errors: stderr.split('\n').filter((line) => line.trim() !== '') }),
    )
  })
}

export interface VideoStream {
  codec_name: string
  width: number
  height: number
  pix_fmt: string
  sample_aspect_ratio?: string
  color_range?: string
  side_data_list?: { rotation?: number }[]
}

/** What ffprobe says of a file's first video stream. */
export async function probeVideo(path: string): Promise<VideoStream> {
  const { stdout } = await run('ffprobe', [
    '-v',
    'error',
    '-select_streams',
    'v:0',
    '-show_streams',
    '-of',
    'json',
    path,
  ])
  return JSON.parse(stdout.toString()).streams[0]
}

/** Presentation times of a file's video packets in seconds, in presentation order. */
export async function presentationTimes(path: string): Promise<number[]> {
  const { stdout } = await run('ffprobe', [
    '-v',
    'error',
    '-select_streams',
    'v:0',
    '-show_entries',
    'packet=pts_time',
    '-of',
    'csv=p=0',
    path,
  ])
  return stdout
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map(Number.parseFloat)
    .sort((a, b) => a - b)
}

/** What ffmpeg decodes from all of a file's streams: the number of pictures, and what it complained about. */
export async function decodeAll(path: string): Promise<{ pictures: number; complaints: string }> {
  const { stdout, stderr } = await run('ffmpeg', [
    ...['-nostdin', '-v', 'error', '-xerror', '-i', path, '-map', '0'],
    // In the stream's own time base: the default one, from the mean frame rate, is too coarse for variable rates.
    ...['-fps_mode', 'passthrough', '-enc_time_base', '-1', '-progress', 'pipe:1', '-f', 'null', '-'],
  ])
  return {
    pictures: Number(
      stdout
        .toString()
        .match(/^frame=\d+/gm)
        ?.at(-1)
        ?.slice(6),
    ),
    complaints: stderr,
  }
}

/** Luma PSNR in dB of a file's pictures against those of another, taken pair by pair whatever their times are. */
export async function lumaPsnr(path: string, reference: string): Promise<number> {
  const { stderr } = await run('ffmpeg', [
    ...['-nostdin', '-v', 'info', '-noautorotate', '-i', path, '-noautorotate', '-i', reference],
    ...['-lavfi', '[0:v]settb=1/1000,setpts=N[a];[1:v]settb=1/1000,setpts=N[b];[a][b]psnr'],
    ...['-fps_mode', 'passthrough', '-f', 'null', '-'],
  ])
  return Number(/PSNR y:(inf|[\d.]+)/.exec(stderr)?.[1]?.replace('inf', 'Infinity'))
}
