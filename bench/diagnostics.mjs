// Runs diagnostics-program.mjs on two builds of the addon in turn: this one, and one without the allocation tracker.
import { execFile, execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const program = fileURLToPath(new URL('./diagnostics-program.mjs', import.meta.url))
const rounds = 7

function buildWithout() {
  const folder = 'build-without-tracker'
  const cmakeJs = join(dirname(createRequire(import.meta.url).resolve('cmake-js/package.json')), 'bin', 'cmake-js')
  const parallel = ['--parallel', String(availableParallelism())]
  const args = ['build', '--config', 'Release', '--out', folder, '--CDWITHOUT_ALLOCATION_TRACKER=ON', ...parallel]
  execFileSync(process.execPath, [cmakeJs, ...args], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  return join(root, folder, 'Release', 'webcodecs.node')
}

async function run(environment, ...args) {
  const env = { ...process.env, ...environment }
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], { env })
  return JSON.parse(stdout)
}

/** Microseconds without the tracker, with it turned off, and with it turned on: `{ without, off, on }` of `{ make, encode }`. */
export async function measureTracker() {
  const addon = buildWithout()
  const runs = { without: [], off: [], on: [] }
  for (let round = 0; round < rounds; round++) {
    runs.without.push(await run({ WEBCODECS_NATIVE_ADDON: addon }))
    runs.off.push(await run({}))
    runs.on.push(await run({}, '--track'))
  }
  // Other programs can only lengthen a time: the least is the truest.
  const least = (list, key) => Math.min(...list.map((one) => one[key]))
  const both = (list) => ({ make: least(list, 'make'), encode: least(list, 'encode') })
  return { without: both(runs.without), off: both(runs.off), on: both(runs.on) }
}
