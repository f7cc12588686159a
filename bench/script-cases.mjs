// Cases without a codec: times of calls, each measured by a program of its own.
import { fileURLToPath } from 'node:url'
import { median, timeProcess } from './codec-measurement.mjs'

async function runProgram(name) {
  const path = fileURLToPath(new URL(`./${name}.mjs`, import.meta.url))
  const { stdout } = await timeProcess(process.execPath, ['--expose-gc', path])
  return JSON.parse(stdout)
}

function row(name, value, unit, limit) {
  const missed =
    limit !== undefined && value > limit
      ? [`${name}: ${value.toFixed(1)} ${unit}, wanted at most ${limit.toFixed(1)}`]
      : []
  return { name, value, unit, limit, missed }
}

async function measureFrames() {
  const { set, construct, transfer } = await runProgram('frame-program')
  return [
    row('Uint8Array.set of a 1080p I420 picture', set, 'µs'),
    row('new VideoFrame() + close()', construct, 'µs', set + 30),
    row('new VideoFrame({ transfer }) + close()', transfer, 'µs', 30),
  ]
}

async function measureGetters() {
  const getters = await runProgram('getter-program')
  return Object.entries(getters).map(([name, nanoseconds]) => row(`frame.${name}`, nanoseconds, 'ns', 10))
}

async function measureImport() {
  const runs = []
  for (let i = 0; i < 9; i++) runs.push(await runProgram('import-program'))
  return [
    row('import', median(runs.map((run) => run.import)), 'ms', 25),
    row('first use (the native library loads)', median(runs.map((run) => run.firstUse)), 'ms'),
  ]
}

export const scriptCases = [
  { name: 'frame construction', measure: measureFrames },
  { name: 'getters', measure: measureGetters },
  { name: 'import', measure: measureImport },
]
