import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { commandLine, parseBenchmark, rawInput } from './command-line.mjs'
import { encodedSource, framerate, rawSource } from './source.mjs'
import { streamFormat } from './stream-file.mjs'

const program = fileURLToPath(new URL('./codec-program.mjs', import.meta.url))

/** Runs a process to its end: `{ seconds, stdout, stderr }` from spawn to exit. */
export function timeProcess(command, args) {
  return new Promise((resolve, reject) => {
    const start = performance.now()
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (data) => (stdout += data))
    child.stderr.on('data', (data) => (stderr += data))
    child.on('error', reject)
    let seconds
    child.on('exit', () => (seconds = (performance.now() - start) / 1000))
    child.on('close', (code, signal) => {
      if (code === 0) resolve({ seconds, stdout, stderr })
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code ?? signal}:\n${stderr}`))
    })
  })
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

function programArguments(codecCase, source, output) {
  return [program, JSON.stringify([codecCase, source]), ...(output ? [output] : [])]
}

async function runOurs(codecCase, source) {
  const { seconds, stdout } = await timeProcess(process.execPath, programArguments(codecCase, source))
  return { seconds, fps: codecCase.frames / seconds, ...JSON.parse(stdout) }
}

/** A timed run of the command line: its frames per second and what it used. */
export async function runTheirs(codecCase, source) {
  const { seconds, stderr } = await timeProcess('ffmpeg', commandLine(codecCase, source))
  const decoded = Number(/frame=\s*(\d+)/g.exec(stderr.slice(stderr.lastIndexOf('frame=')))?.[1])
  if (decoded !== codecCase.frames)
    throw new Error(`ffmpeg reports ${decoded} of ${codecCase.frames} frames:\n${stderr}`)
  return { seconds, fps: codecCase.frames / seconds, ...parseBenchmark(stderr) }
}

/** What x264 wrote into the stream about its settings, as a map. */
function x264Settings(path) {
  const text = readFileSync(path).subarray(0, 4096).toString('latin1')
  const options = /x264 - core .*? - options: ([^\0\x80]*)/.exec(text)?.[1] ?? ''
  return new Map(options.split(' ').map((option) => option.split('=')))
}

function settingDifferences(ours, theirs) {
  const keys = new Set([...ours.keys(), ...theirs.keys()])
  return [...keys]
    .filter((key) => ours.get(key) !== theirs.get(key))
    .map((key) => `${key} ${ours.get(key)} / ${theirs.get(key)}`)
}

/** Bitrate and luma PSNR of a stream that was made from the source. */
export async function quality(path, encodeCase, source) {
  const { format, frames } = encodeCase
  const convert = format === 'RGBA' ? 'scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,' : ''
  const graph = `[0:v]settb=1/1000,setpts=N,extractplanes=y[a];[1:v]${convert}settb=1/1000,setpts=N,extractplanes=y[b];[a][b]psnr=shortest=1`
  const compared = Math.min(frames, source.frames)
  const stream = ['-f', streamFormat(encodeCase), '-i', path]
  const { stderr } = await timeProcess('ffmpeg', [
    ...['-hide_banner', '-nostdin', ...stream, ...rawInput(encodeCase, source), '-lavfi', graph],
    ...['-frames:v', String(compared), '-fps_mode', 'passthrough', '-f', 'null', '-'],
  ])
  return { psnr: Number(/PSNR y:([\d.]+)/.exec(stderr)?.[1]), bitrate: (statSync(path).size * 8 * framerate) / frames }
}

/** Measured bitrates may differ by this part. */
const rateTolerance = 0.01
const rateSteps = 5

/**
 * The bitrate that the command line is to be asked for, so that it makes as many bits as were `wanted`; leaves its
 * stream in `path`, and returns that stream's quality too. `onFirst` is called when `path` holds what the command line
 * makes of the case's own bitrate.
 */
export async function matchRate(encodeCase, source, wanted, path, onFirst) {
  let { bitrate } = encodeCase
  for (let step = 1; ; step++) {
    await timeProcess('ffmpeg', commandLine({ ...encodeCase, bitrate }, source, path))
    if (step === 1) onFirst?.()
    const made = (statSync(path).size * 8 * framerate) / encodeCase.frames
    if (Math.abs(made / wanted - 1) <= rateTolerance || step === rateSteps) break
    bitrate = Math.round((bitrate * wanted) / made)
  }
  return { bitrate, quality: await quality(path, encodeCase, source) }
}

/** Both parties' streams, each written once, with as many bits. */
async function compareStreams(codecCase, source) {
  const folder = mkdtempSync(join(tmpdir(), 'webcodecs-native-bench-'))
  try {
    const paths = ['ours', 'theirs'].map((name) => join(folder, name))
    await timeProcess(process.execPath, programArguments(codecCase, source, paths[0]))
    const ours = await quality(paths[0], codecCase, source)
    let differences
    const compareSettings = () => (differences = settingDifferences(...paths.map(x264Settings)))
    // Only x264 tells of its settings.
    const onFirst = codecCase.encoder === 'libx264' ? compareSettings : undefined
    const { bitrate, quality: theirs } = await matchRate(codecCase, source, ours.bitrate, paths[1], onFirst)
    return { ours, theirs, theirRequest: bitrate, differences }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function missedQuality({ name, targets }, { content, streams }) {
  const missed = []
  const { minGain, minPsnr } = targets
  if (streams.differences?.length > 0) missed.push(`${name}: the settings differ: ${streams.differences.join(', ')}`)
  const rates = streams.theirs.bitrate / streams.ours.bitrate
  if (Math.abs(rates - 1) > 2 * rateTolerance) missed.push(`${name}: the bitrates are not equal, ${rates.toFixed(3)}`)
  const gain = streams.ours.psnr - streams.theirs.psnr
  if (minGain !== undefined && gain < minGain) missed.push(`${name}: ${gain.toFixed(2)} dB, wanted ${minGain}`)
  if (streams.ours.psnr < minPsnr?.[content]) {
    missed.push(`${name}: ${streams.ours.psnr.toFixed(2)} dB, wanted ${minPsnr[content]}`)
  }
  return missed
}

function missedTargets(codecCase, result) {
  const { name, targets } = codecCase
  const { ratio, ours } = result
  const missed = result.streams ? missedQuality(codecCase, result) : []
  const { minRatio, maxUtilization, maxDelayP99 } = targets
  if (minRatio && ratio < minRatio) missed.push(`${name}: ratio ${ratio.toFixed(2)}, wanted ${minRatio}`)
  if (maxUtilization && ours.utilization > maxUtilization) {
    missed.push(`${name}: event loop utilization ${ours.utilization.toFixed(2)}, wanted at most ${maxUtilization}`)
  }
  if (maxDelayP99 && ours.delayP99 > maxDelayP99) {
    missed.push(`${name}: loop delay p99 ${ours.delayP99.toFixed(1)} ms, wanted at most ${maxDelayP99}`)
  }
  return missed
}

function medians(runs) {
  return Object.fromEntries(Object.keys(runs[0]).map((key) => [key, median(runs.map((run) => run[key]))]))
}

/** Measures a case `rounds` times against the command line, in turn; who begins changes, as the machine's speed does. */
export async function measureCodecCase(codecCase, rounds) {
  const source = codecCase.kind === 'encode' ? rawSource(codecCase) : encodedSource(codecCase)
  // The page cache is warm from here on.
  for await (const _ of (await import('node:fs')).createReadStream(source.path));
  const streams = codecCase.kind === 'encode' ? await compareStreams(codecCase, source) : undefined
  const theirCase = streams ? { ...codecCase, bitrate: streams.theirRequest } : codecCase
  const pairs = []
  for (let round = 0; round < rounds; round++) {
    const pair = {}
    const parties = [
      async () => (pair.ours = await runOurs(codecCase, source)),
      async () => (pair.theirs = await runTheirs(theirCase, source)),
    ]
    for (const run of round % 2 === 0 ? parties : parties.reverse()) await run()
    pairs.push(pair)
  }
  const result = {
    name: codecCase.name,
    content: source.content,
    targets: codecCase.targets,
    ratio: median(pairs.map(({ ours, theirs }) => ours.fps / theirs.fps)),
    ours: medians(pairs.map(({ ours }) => ours)),
    theirs: medians(pairs.map(({ theirs }) => theirs)),
    streams,
    commands: {
      ours: `node bench/codec-program.mjs '${JSON.stringify([codecCase, source])}'`,
      theirs: `ffmpeg ${commandLine(theirCase, source).join(' ')}`,
    },
    pairs,
  }
  return { ...result, missed: missedTargets(codecCase, result) }
}
