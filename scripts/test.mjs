/**
 * Runs the checks of this repository, each under a heading, and ends with one line `N passed, N failed`.
 *
 *   node scripts/test.mjs [--full] [check ...]
 *
 * Without names: all of them but the longest, as continuous integration does. `--full` gives guardrails their full length.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
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

/** @returns {Promise<{ succeeded: boolean, text: string }>} `text`: what it printed */
async function runSilently(...args) {
  const lines = []
  const succeeded = await runNode(args, (text) => lines.push(text))
  return { succeeded, text: lines.join('') }
}

/**
 * Runs the tests of some folders in one go, so that no core waits for the last file of a folder.
 * @param {readonly string[][]} groups of folders under test/
 * @returns {Promise<Count[]>} what came of each group
 */
async function runVitest(groups) {
  rmSync(reportPath, { force: true })
  mkdirSync(dirname(reportPath), { recursive: true })
  const succeeded = await runNode([
    moduleFile('vitest', 'vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportPath}`,
    ...(await withoutChromium(groups.flat())),
    ...groups.flat().map((folder) => `test/${folder}/`),
  ])
  const files = readJson(reportPath)?.testResults ?? []
  const counts = groups.map((folders) => {
    const isOurs = ({ name }) => folders.some((folder) => relative(root, name).startsWith(join('test', folder, sep)))
    return countOf(files.filter(isOurs))
  })
  // A worker that crashes has no failed test, and is a failure all the same.
  if (!succeeded && counts.every(({ failed }) => failed === 0)) counts[0].failed = 1
  return counts
}

/** @returns {Count} of test files in Vitest's report */
function countOf(files) {
  const statuses = files.flatMap(({ assertionResults }) => assertionResults.map(({ status }) => status))
  const failed = statuses.filter((status) => status === 'failed').length
  // A file that does not load has no test.
  const broken = files.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every(({ status: ofTest }) => ofTest !== 'failed'),
  ).length
  const passed = statuses.filter((status) => status === 'passed').length
  return { passed, failed: failed + broken, skipped: statuses.length - passed - failed }
}

/** @returns {Promise<string[]>} options for Vitest */
async function withoutChromium(folders) {
  const { executablePath } = await import('../test/helpers/chromium.js')
  if (!folders.includes('interop') || existsSync(executablePath)) return []
  console.log(`There is no ${executablePath} here: the tests that compare with Chromium are left out.`)
  return ['--exclude', 'test/interop/chromium-*.test.ts']
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
  const { succeeded, text } = await runSilently('--expose-gc', program, ...args)
  const name = [program, ...args].join(' ')
  console.log(`--- ${name}\n${text}${succeeded ? 'passed' : 'FAILED'}: ${name}\n`)
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

/**
 * A check is a program that needs one core only, tests of Vitest in folders under test/, or `run`.
 * @type {Record<string, { title: string, onlyByName?: boolean, program?: string[], folders?: string[], run?: () => Promise<Count> }>}
 */
const checks = {
  lint: {
    title: 'lint and format',
    program: [moduleFile('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings', '.'],
  },
  types: { title: 'types', program: [moduleFile('typescript', 'bin', 'tsc')] },
  unit: { title: 'unit, conformance and interoperability tests', folders: ['unit', 'conformance', 'interop'] },
  farm: { title: 'the farm, with real servers', folders: ['farm'] },
  stress: { title: 'stress tests', folders: ['stress'] },
  clips: { title: 'real clips', folders: ['clips'] },
  // Half an hour; the checks above have a part of it.
  matrix: { title: 'the whole round trip matrix', onlyByName: true, folders: ['matrix'] },
  guardrails: { title: 'guardrails', run: runGuardrails },
}

const unknown = names.filter((name) => !(name in checks))
if (unknown.length > 0) {
  console.error(`There is no check ${unknown.join(', ')}. The checks are: ${Object.keys(checks).join(', ')}`)
  process.exit(1)
}

const total = { passed: 0, failed: 0, skipped: 0 }
const failures = []

/** @param {Count} count */
function add(title, { passed, failed, skipped = 0 }) {
  total.passed += passed
  total.failed += failed
  total.skipped += skipped
  if (failed > 0) failures.push(title)
}

const heading = (titles) => console.log(`\n=== ${titles.join('; ')}\n`)

const wanted = Object.entries(checks)
  .filter(([name, { onlyByName = false }]) => (names.length > 0 ? names.includes(name) : !onlyByName))
  .map(([, check]) => check)

// Beside the tests, of which many wait now and then; what they print comes before those that look at time.
const programs = wanted
  .filter(({ program }) => program)
  .map(({ title, program }) => ({ title, ended: runSilently(...program) }))

const ofVitest = wanted.filter(({ folders }) => folders)
if (ofVitest.length > 0) {
  const titles = ofVitest.map(({ title }) => title)
  heading(titles)
  const counts = await runVitest(ofVitest.map(({ folders }) => folders))
  for (const [index, count] of counts.entries()) {
    console.log(`${titles[index]}: ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
    add(titles[index], count)
  }
}

for (const { title, ended } of programs) {
  heading([title])
  const { succeeded, text } = await ended
  process.stdout.write(text)
  add(title, { passed: Number(succeeded), failed: Number(!succeeded) })
}

for (const { title, run } of wanted.filter(({ run }) => run)) {
  heading([title])
  add(title, await run())
}

console.log('')
if (failures.length > 0) console.log(`Failed: ${failures.join(', ')}`)
if (total.skipped > 0) console.log(`${total.skipped} skipped`)
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed > 0 ? 1 : 0
