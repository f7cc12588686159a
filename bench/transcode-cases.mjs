// Whole files: `webcodecs-native transcode` and batches of renditions against one ffmpeg command with the same settings.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { median } from './codec-measurement.mjs'
import { soundSource } from './source.mjs'

const program = fileURLToPath(new URL('./transcode-program.mjs', import.meta.url))

/** Seconds and the most memory that a process took, in MB. */
function measure(command, args) {
  return new Promise((resolve, reject) => {
    const start = performance.now()
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let peak = 0
    let errors = ''
    child.stderr.on('data', (text) => {
      errors += text
    })
    const look = () => {
      try {
        const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? []
        peak = Math.max(peak, Number(kilobytes ?? 0) / 1e3)
      } catch {
        // It has ended.
      }
    }
    const timer = setInterval(look, 20)
    child.on('error', reject)
    child.on('close', (code) => {
      clearInterval(timer)
      if (code === 0) resolve({ seconds: (performance.now() - start) / 1000, peak })
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}:\n${errors}`))
    })
  })
}

const keyframes = 5

/**
 * Renditions, as the settings of both parties. The command line scales as it does by default, and has the rate's limits that our
 * encoders take from the level: x264 writes the same settings into both streams.
 */
const renditions = {
  720: { height: 720, bitrate: 2_500_000 },
  480: { height: 480, bitrate: 1_000_000 },
  360: { height: 360, bitrate: 600_000 },
}
const levelLimits = { 720: '17.5M', 480: '12.5M', 360: '12.5M' }

function ffmpegArguments(input, heights, folder) {
  const encoding = (height) => [
    ...['-c:v', 'libx264', '-preset', 'medium', '-b:v', String(renditions[height].bitrate), '-bf', '3', '-refs', '3'],
    ...['-maxrate', levelLimits[height], '-bufsize', levelLimits[height]],
    ...['-g', '250', '-force_key_frames', `expr:gte(t,n_forced*${keyframes})`, '-c:a', 'aac', '-b:a', '128k'],
  ]
  const common = ['-v', 'error', '-nostdin', '-y', '-i', input]
  if (heights.length === 1) {
    const [height] = heights
    return [...common, '-vf', `scale=-2:${height}`, ...encoding(height), join(folder, `f${height}.mp4`)]
  }
  const split = `[0:v]split=${heights.length}${heights.map((height) => `[s${height}]`).join('')}`
  const scales = heights.map((height) => `[s${height}]scale=-2:${height}[v${height}]`)
  const outputs = heights.flatMap((height) => [
    ...['-map', `[v${height}]`, '-map', '0:a', ...encoding(height), join(folder, `f${height}.mp4`)],
  ])
  return [...common, '-filter_complex', [split, ...scales].join(';'), ...outputs]
}

function jobFor(input, heights, folder) {
  return {
    input,
    audio: { codec: 'aac', bitrate: 128_000 },
    renditions: heights.map((height) => ({
      name: String(height),
      output: join(folder, `w${height}.mp4`),
      video: { codec: 'h264', keyframeInterval: keyframes, ...renditions[height] },
    })),
  }
}

async function compare(heights, rounds) {
  const { path, seconds } = soundSource({ width: 1920, height: 1080 })
  const folder = mkdtempSync(join(tmpdir(), 'webcodecs-bench-'))
  try {
    const jobPath = join(folder, 'job.json')
    writeFileSync(jobPath, JSON.stringify(jobFor(path, heights, folder)))
    const [ours, theirs] = [[], []]
    for (let round = 0; round < rounds; round++) {
      ours.push(await measure(process.execPath, [program, jobPath]))
      theirs.push(await measure('ffmpeg', ffmpegArguments(path, heights, folder)))
    }
    const middle = (runs, key) => median(runs.map((run) => run[key]))
    return {
      seconds,
      ours: { seconds: middle(ours, 'seconds'), peak: middle(ours, 'peak') },
      theirs: { seconds: middle(theirs, 'seconds'), peak: middle(theirs, 'peak') },
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const lowestRatio = 0.9

function rows(name, { seconds, ours, theirs }) {
  const limits = { time: theirs.seconds / lowestRatio, memory: theirs.peak * 1.15 + 100 }
  const entry = (what, value, unit, limit) => {
    const missed =
      limit !== undefined && value > limit
        ? [`${what}: ${value.toFixed(2)} ${unit}, wanted at most ${limit.toFixed(2)}`]
        : []
    return { name: what, value, unit, limit, missed }
  }
  return [
    entry(`${name}, ${seconds} s: ffmpeg`, theirs.seconds, 's'),
    entry(`${name}: ours (ratio ${(theirs.seconds / ours.seconds).toFixed(2)})`, ours.seconds, 's', limits.time),
    entry(`${name}: peak memory of ffmpeg`, theirs.peak, 'MB'),
    entry(`${name}: our peak memory`, ours.peak, 'MB', limits.memory),
  ]
}

export const transcodeCases = [
  {
    name: 'transcode 1080p to 720p',
    measure: async (rounds) => rows('1080p H.264 to 720p H.264 + AAC', await compare([720], rounds)),
  },
  {
    name: 'transcode ladder',
    measure: async (rounds) => rows('1080p H.264 to three renditions', await compare([720, 480, 360], rounds)),
  },
]
