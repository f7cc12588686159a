/**
 * Runs the checks of this repository, each under a heading, and ends with one line `N passed, N failed`.
 *
 *   node scripts/test.mjs [--full] [check ...]
 *
 * Without names: all of them but the longest, as continuous integration does. `--full` gives guardrails their full length.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readJson } from './setup/stamp.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const reportPath = join(root, '.setup', 'vitest-report.json')

/** @typedef {{ passed: number, failed: number, skipped?: number }} Count */

/**
 * @param {readonly string[]} args to Node
 * @param {(text: string) => void} [onOutput] gets what it prints, which goes to the terminal otherwise
 * @returns {Promise<boolean>} whether it exited with 0
 */
function runNode(args, onOutput) {
  return new Promise((resolve) => {
    const output = onOutput ? 'pipe' : 'inherit'
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', output, output] })
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', onOutput)
    child.on('error', () => resolve(false))
    child.on('close', (code) => resolve(code === 0))
  })
}

const args = process.argv.slice(2)
const isFull = args.includes('--full')
const names = args.filter((arg) => arg !== '--full')

const moduleFile = (...path) => join(root, 'node_modules', ...path)

/** @returns {Promise<Count>} */
async function runOne(...args) {
  return (await runNode(args)) ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

/**
 * @param {readonly string[]} folders under test/
 * @returns {Promise<Count>}
 */
async function runVitest(folders, options = []) {
  rmSync(reportPath, { force: true })
  mkdirSync(dirname(reportPath), { recursive: true })
  const succeeded = await runNode([
    moduleFile('vitest', 'vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportPath}`,
    ...options,
    ...folders.map((folder) => `test/${folder}/`),
  ])
  const report = readJson(reportPath)
  const count = {
    passed: report?.numPassedTests ?? 0,
    failed: report?.numFailedTests ?? 0,
    skipped: (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0),
  }
  // A file that does not load or a worker that crashes has no failed test, and is a failure all the same.
  if (!succeeded && count.failed === 0) count.failed = 1
  return count
}

/**
 * @typedef {object} Guardrail
 * @property {string} program
 * @property {string[]} [options]
 * @property {string[]} [quick] more of them, to make it short enough for every day
 */

const sentinels = [
  ...['vp8', 'vp9', 'av1', 'hevc'].map((codec) => ['--codec', codec]),
  ...['h264', 'vp8', 'vp9', 'av1', 'hevc'].map((codec) => ['--work', 'decode', '--codec', codec]),
]

/**
 * Those that look at memory, which does not depend on the time that they take: several at once.
 * @type {Guardrail[]}
 */
const memoryGuardrails = [
  { program: 'test/guardrails/memory_leak_diagnostic.js' },
  { program: 'test/guardrails/memory_sentinel.js', quick: ['--frames', '3000'] },
  { program: 'test/guardrails/capture_buffers.js', quick: ['--seconds', '10', '--sources', '40'] },
  {
    program: 'test/guardrails/memory_sentinel.js',
    options: ['--work', 'audio', '--frames', '100000'],
    quick: ['--frames', '5000'],
  },
  ...sentinels.map((options) => ({
    program: 'test/guardrails/memory_sentinel.js',
    options,
    quick: ['--frames', '200'],
  })),
  { program: 'test/guardrails/borrow_soak.js' },
  { program: 'test/guardrails/zero_copy.js' },
  { program: 'test/guardrails/buffer_pool.js', quick: ['--frames', '300'] },
  { program: 'test/guardrails/allocation_tracker.js' },
]
const atOnce = 4

/**
 * Those that look at time too, one after the other.
 * @type {Guardrail[]}
 */
const timeGuardrails = [
  { program: 'test/guardrails/event_loop_lag.js' },
  { program: 'test/guardrails/native_pool.js', quick: ['--frames', '150'] },
  { program: 'soak/main.mjs', options: ['--all-at-once', '--out', '.setup/soak'], quick: ['--minutes', '0.4'] },
]

/**
 * Runs a guardrail, and prints what it says in one piece.
 * @param {Guardrail} guardrail
 * @returns {Promise<boolean>} whether it passed
 */
async function runGuardrail({ program, options = [], quick = [] }) {
  // Of an option that is given twice the first counts.
  const args = [...(isFull ? [] : quick), ...options]
  const lines = []
  const succeeded = await runNode(['--expose-gc', program, ...args], (text) => lines.push(text))
  const name = [program, ...args].join(' ')
  console.log(`--- ${name}\n${lines.join('')}${succeeded ? 'passed' : 'FAILED'}: ${name}\n`)
  return succeeded
}

/** @returns {Promise<Count>} */
async function runGuardrails() {
  const count = { passed: 0, failed: 0 }
  const judge = async (guardrail) => {
    count[(await runGuardrail(guardrail)) ? 'passed' : 'failed']++
  }
  for (const guardrail of timeGuardrails) await judge(guardrail)
  const waiting = [...memoryGuardrails]
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await judge(next)
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return count
}

const hasTests = (folder) => existsSync(join(root, 'test', folder))

/** @returns {Promise<Count>} */
async function runFastTests() {
  const { executablePath } = await import('../test/helpers/chromium.js')
  const options = []
  if (!existsSync(executablePath)) {
    console.log(`There is no ${executablePath} here: the tests that compare with Chromium are left out.`)
    options.push('--exclude', 'test/interop/chromium-*.test.ts')
  }
  return runVitest(['unit', 'conformance', 'interop'].filter(hasTests), options)
}

/** @type {Record<string, { title: string, when?: () => boolean, onlyByName?: boolean, run: () => Promise<Count> }>} */
const checks = {
  lint: {
    title: 'lint and format',
    run: () => runOne(moduleFile('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings', '.'),
  },
  types: {
    title: 'types',
    run: () => runOne(moduleFile('typescript', 'bin', 'tsc')),
  },
  unit: {
    title: 'unit, conformance and interoperability tests',
    run: runFastTests,
  },
  farm: {
    title: 'the farm, with real servers',
    when: () => hasTests('farm'),
    run: () => runVitest(['farm']),
  },
  stress: {
    title: 'stress tests',
    when: () => hasTests('stress'),
    run: () => runVitest(['stress']),
  },
  guardrails: {
    title: 'guardrails',
    when: () => hasTests('guardrails'),
    run: runGuardrails,
  },
  clips: {
    title: 'real clips',
    when: () => hasTests('clips'),
    run: () => runVitest(['clips']),
  },
  // Half an hour; the checks above have a part of it.
  matrix: {
    title: 'the whole round trip matrix',
    onlyByName: true,
    run: () => runVitest(['matrix']),
  },
}

const unknown = names.filter((name) => !(name in checks))
if (unknown.length > 0) {
  console.error(`There is no check ${unknown.join(', ')}. The checks are: ${Object.keys(checks).join(', ')}`)
  process.exit(1)
}

const total = { passed: 0, failed: 0, skipped: 0 }
const failures = []
for (const [name, { title, when, onlyByName = false, run }] of Object.entries(checks)) {
  if (names.length > 0 ? !names.includes(name) : onlyByName) continue
  if (when && !when()) {
    console.log(`\n=== ${title}: not here, left out`)
    continue
  }
  console.log(`\n=== ${title}\n`)
  const { passed, failed, skipped = 0 } = await run()
  total.passed += passed
  total.failed += failed
  total.skipped += skipped
  if (failed > 0) failures.push(title)
}

console.log('')
if (failures.length > 0) console.log(`Failed: ${failures.join(', ')}`)
if (total.skipped > 0) console.log(`${total.skipped} skipped`)
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed > 0 ? 1 : 0
