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
 * @returns {Promise<boolean>} whether it exited with 0
 */
function runNode(args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
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

/** The guardrails, and the arguments that make them short enough for every day. */
const guardrails = {
  'memory_sentinel.js': ['--frames', '3000'],
  'memory_leak_diagnostic.js': [],
  'event_loop_lag.js': [],
  'borrow_soak.js': [],
  'audio_memory_sentinel.js': ['--chunks', '20000'],
}

/** @returns {Promise<Count>} */
async function runGuardrails() {
  const count = { passed: 0, failed: 0 }
  for (const [name, quickArguments] of Object.entries(guardrails)) {
    console.log(`--- ${name}`)
    const path = join('test', 'guardrails', name)
    const succeeded = await runNode(['--expose-gc', path, ...(isFull ? [] : quickArguments)])
    console.log(`${succeeded ? 'passed' : 'FAILED'}: ${name}\n`)
    count[succeeded ? 'passed' : 'failed']++
  }
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
