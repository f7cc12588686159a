import { spawn } from 'node:child_process'
import { DemoError } from './options.mjs'

/**
 * Runs a command of FFmpeg's to its end.
 * @param {'ffmpeg' | 'ffprobe'} command
 * @param {readonly string[]} args
 * @returns {Promise<{ code: number, stdout: string, stderr: string }>}
 */
function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => {
      const chunks = []
      stream.on('data', (chunk) => chunks.push(chunk))
      return chunks
    })
    child.on('error', () => reject(new DemoError(`cannot run ${command}: is FFmpeg installed?`)))
    child.on('close', (code) => {
      resolve({ code: code ?? 1, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() })
    })
  })
}

/** Makes a clip with a moving picture and sound: 10 seconds, 720p at 30 frames per second, H.264 and AAC. */
export async function makeClip(path) {
  const { code, stderr } = await run('ffmpeg', [
    ...['-v', 'error', '-y'],
    ...['-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30:duration=10'],
    ...['-f', 'lavfi', '-i', 'sine=frequency=440:beep_factor=4:sample_rate=48000:duration=10'],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-b:v', '6M', '-c:a', 'aac', '-b:a', '128k'],
    path,
  ])
  if (code !== 0) throw new DemoError(`ffmpeg could not make the clip: ${firstLine(stderr)}`)
}

/**
 * Checks a file that was written: ffprobe must see the video that was meant, and ffmpeg must decode everything in it
 * without a word.
 * @param {string} path
 * @param {{ frames: number, duration: number, width: number, height: number }} expected
 * @returns {Promise<string>} what was seen
 */
export async function checkOutput(path, expected) {
  const probe = await run('ffprobe', [
    ...['-v', 'error', '-of', 'json', '-select_streams', 'v:0'],
    ...['-show_entries', 'stream=codec_name,width,height,duration,nb_frames', path],
  ])
  if (probe.code !== 0) throw new DemoError(`ffprobe cannot read the output: ${firstLine(probe.stderr)}`)
  const [stream] = JSON.parse(probe.stdout).streams
  if (!stream) throw new DemoError('ffprobe finds no video in the output')
  const { codec_name: codec, width, height } = stream
  if (width !== expected.width || height !== expected.height) {
    throw new DemoError(`the output is ${width}x${height} instead of ${expected.width}x${expected.height}`)
  }
  const duration = Number(stream.duration)
  if (!(Math.abs(duration - expected.duration) < 0.05)) {
    throw new DemoError(`the output's video lasts ${duration} s instead of ${expected.duration.toFixed(3)} s`)
  }

  const decode = await run('ffmpeg', [
    ...[
      '-nostdin',
      '-v',
      'error',
      '-xerror',
      '-i',
      path,
      '-map',
      '0',
      '-fps_mode',
      'passthrough',
      '-enc_time_base',
      '-1',
    ],
    ...['-progress', 'pipe:1', '-f', 'null', '-'],
  ])
  if (decode.code !== 0 || decode.stderr !== '') {
    throw new DemoError(`ffmpeg does not decode the output cleanly: ${firstLine(decode.stderr)}`)
  }
  const frames = Number(
    decode.stdout
      .match(/^frame=(\d+)/gm)
      ?.at(-1)
      ?.slice('frame='.length),
  )
  if (frames !== expected.frames) {
    throw new DemoError(`ffmpeg decodes ${frames} frames from the output, but ${expected.frames} were encoded`)
  }
  return `ffprobe sees ${codec} ${width}x${height}, ${duration.toFixed(3)} s; ffmpeg decodes all ${frames} frames without a word`
}

function firstLine(text) {
  return text.trim().split('\n')[0] || 'it gave no reason'
}
