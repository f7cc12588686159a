/**
 * Builds the addon with a sanitizer and runs the stress scenarios on it, on plain Node.
 *
 *   node scripts/sanitize.mjs asan|tsan [scenario ...]
 *
 * asan: AddressSanitizer with leak detection; tsan: ThreadSanitizer. A scenario is chosen by a part of its name. Exits
 * with 1 when a sanitizer reports something or a scenario does not end as it should; the reports are printed.
 */
import { execFileSync, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expectedExitCode, scenarioNames } from '../test/stress/scenarios/exit-codes.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * What others leak, by a function or a library in the stack of the allocation, and how many bytes each may have on
 * average: more would be something of ours. Nothing else is suppressed: every call into the addon comes from node, so
 * suppressing leaks "of node" would hide all of them.
 */
const leaksOfOthers = {
  // Node never frees the small object behind an External that is alive when the process ends (Node 20: 40 bytes).
  napi_create_external: 64,
  // x265 3.5 forgets strings and rows of each encoder that it closes. One that is not closed has far larger buffers.
  'libx265.so': 512,
  // What the dynamic loader and GLib have for a thread, which only the thread's own storage refers to.
  _dl_resize_dtv: 4096,
  add_name_to_object: 256,
  'libglib-2.0.so': 4096,
}

/**
 * @type {Record<string, { library: string, cmake: string, options: Record<string, string>, secondsPerScenario: number }>}
 */
const sanitizers = {
  asan: {
    library: 'libasan.so',
    cmake: '--CDWITH_ASAN=ON',
    options: {
      ASAN_OPTIONS: 'detect_leaks=1:exitcode=66',
      // Of libraries that are loaded at run time, LeakSanitizer takes the threads' storage to be where there is nothing, and
      // crashes there ("Tracer caught signal 11"). Without looking for pointers there it finds more, not less.
      LSAN_OPTIONS: `suppressions=${join(root, 'build-asan', 'lsan.supp')}:print_suppressions=1:use_tls=0`,
    },
    secondsPerScenario: 300,
  },
  tsan: {
    library: 'libtsan.so',
    cmake: '--CDWITH_TSAN=ON',
    options: { TSAN_OPTIONS: 'exitcode=66:ignore_noninstrumented_modules=1' },
    secondsPerScenario: 600,
  },
}

const report = /(ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer)/

/** Whether something larger than the leftovers of others was suppressed. */
function suppressedTooMuch(output) {
  const used = output.matchAll(/^\s*(\d+)\s+(\d+)\s+(\S+)$/gm)
  return [...used].some(([, count, bytes, name]) => Number(bytes) > Number(count) * (leaksOfOthers[name] ?? Infinity))
}

function build(name, cmake) {
  const cmakeJs = join(dirname(createRequire(import.meta.url).resolve('cmake-js/package.json')), 'bin', 'cmake-js')
  const parallel = ['--parallel', String(availableParallelism())]
  execFileSync(process.execPath, [cmakeJs, 'build', '--debug', '--out', `build-${name}`, cmake, ...parallel], {
    cwd: root,
    stdio: 'inherit',
  })
  const suppressions = Object.keys(leaksOfOthers).map((pattern) => `leak:${pattern}\n`)
  writeFileSync(join(root, `build-${name}`, 'lsan.supp'), suppressions.join(''))
  return join(root, `build-${name}`, 'Debug', 'webcodecs.node')
}

/** @returns {Promise<{ code: number | null, signal: string | null, output: string }>} */
function run(args, env, seconds) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
    const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code, signal, output })
    })
  })
}

const [name, ...filters] = process.argv.slice(2)
const sanitizer = sanitizers[name]
if (!sanitizer) {
  console.error('Usage: node scripts/sanitize.mjs asan|tsan [scenario ...]')
  process.exit(1)
}
const scenarios = scenarioNames().filter(
  (scenario) => filters.length === 0 || filters.some((f) => scenario.includes(f)),
)
if (scenarios.length === 0) {
  console.error(`No scenario is named ${filters.join(' or ')}. There are: ${scenarioNames().join(', ')}`)
  process.exit(1)
}
const library = execFileSync('g++', [`-print-file-name=${sanitizer.library}`], { encoding: 'utf8' }).trim()
const env = {
  ...process.env,
  ...sanitizer.options,
  LD_PRELOAD: library,
  WEBCODECS_NATIVE_ADDON: build(name, sanitizer.cmake),
}

let failed = 0
for (const scenario of scenarios) {
  const start = performance.now()
  const file = join('test', 'stress', 'scenarios', `${scenario}.mjs`)
  // process.exit() and an uncaught exception leave all of V8's heap behind.
  const leaks = expectedExitCode(scenario) === 0 ? '' : ':detect_leaks=0'
  const scenarioEnv = { ...env, ...(env.ASAN_OPTIONS && { ASAN_OPTIONS: env.ASAN_OPTIONS + leaks }) }
  const { code, signal, output } = await run(['--expose-gc', file], scenarioEnv, sanitizer.secondsPerScenario)
  const clean = code === expectedExitCode(scenario) && !report.test(output) && !suppressedTooMuch(output)
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${clean ? 'clean ' : 'FAILED'} ${scenario} (exit ${code ?? signal}, ${seconds} s)`)
  if (clean) continue
  failed++
  console.log(output)
}
console.log(`${name}: ${scenarios.length - failed} scenarios clean, ${failed} not`)
process.exitCode = failed === 0 && scenarios.length > 0 ? 0 : 1
