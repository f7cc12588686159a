/**
 * Makes a fresh clone ready to run: system packages, node modules, the addon, the TypeScript build. What is fresh is
 * skipped. npm runs it before `demo`, `test` and their kin, when there is nothing yet but Node: only its built-in modules are used.
 *
 *   node scripts/setup.mjs                  everything that programs and tests need
 *   node scripts/setup.mjs --program        everything that a program needs
 *   node scripts/setup.mjs --build <step>   builds these steps (native, native-debug, typescript) even when they are fresh,
 *                                           after the steps before them
 */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { addonPath, buildAddon } from './build-addon.mjs'
import { takeLock } from './setup/lock.mjs'
import { run, SetupError } from './setup/run.mjs'
import { readJson, Stamps } from './setup/stamp.mjs'
import { installPackages, missingPackages } from './setup/system-packages.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamps = new Stamps(root)

/**
 * @typedef {object} Step
 * @property {string} title
 * @property {() => Promise<boolean> | boolean} isFresh
 * @property {(options: { show: boolean }) => Promise<void>} work throws a SetupError when it fails
 */

/** What the package's `exports` name of the TypeScript build. */
function exportedFiles() {
  const leaves = (value) => (typeof value === 'string' ? [value] : Object.values(value).flatMap(leaves))
  return leaves(readJson(join(root, 'package.json')).exports)
    .filter((path) => path.startsWith('./dist/'))
    .map((path) => path.slice(2))
}

/** A step whose result is files made from files. */
function stampedStep({ name, title, inputs, versions, outputs, build }) {
  const key = async () => stamps.key(inputs, await versions?.())
  return {
    title,
    isFresh: async () => stamps.isFresh(name, await key()),
    async work(options) {
      stamps.remove(name)
      // Taken before the work: a file that is edited meanwhile makes the next run build again.
      const from = await key()
      await build(options)
      stamps.write(name, from, outputs)
    },
  }
}

async function check(title, { code, output }) {
  if (code !== 0) throw new SetupError(`${importantPart(output)}\n${title} failed.`)
}

/** A long build log from its first error on. */
function importantPart(output) {
  const first = output.search(/^(FAILED:|CMake Error|.*\berror[: ])/m)
  return (first >= 0 ? output.slice(first) : output).trim()
}

const nodeModules = {
  title: 'node modules',
  isFresh: () => nodeModulesAgree(),
  async work({ show }) {
    const npm = process.env.npm_execpath
    const [command, ...args] = npm?.endsWith('.js') ? [process.execPath, npm] : ['npm']
    await check('npm ci', await run(command, [...args, 'ci', '--ignore-scripts', '--include=dev'], { cwd: root, show }))
    if (!nodeModulesAgree()) throw new SetupError('npm ci left node_modules that do not agree with package-lock.json.')
  },
}

/**
 * npm writes node_modules/.package-lock.json last, so it is npm's own stamp: all that package-lock.json asks for
 * must be there in the same version. Optional packages are those of other platforms.
 */
function nodeModulesAgree() {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages
  const present = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages
  if (!wanted || !present) return false
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === '' || (optional && !present[path])) return true
    return present[path]?.version === version && existsSync(join(root, path))
  })
}

function packageVersion(name) {
  return readJson(join(root, 'node_modules', name, 'package.json'))?.version
}

function nativeStep(name, title, configuration) {
  return stampedStep({
    name,
    title,
    inputs: ['src', 'CMakeLists.txt', 'scripts/build-addon.mjs'],
    versions: async () => [
      (await run('pkg-config', ['--modversion', 'libavcodec', 'libavutil', 'libswscale'])).output,
      packageVersion('node-api-headers'),
      packageVersion('node-addon-api'),
      process.arch,
    ],
    outputs: [addonPath(configuration)],
    build: async (options) => check('The native build', await buildAddon(configuration, options)),
  })
}

/** Chromium and the like are heavy, and of no use to who only wants to see the demo. */
const packageOptions = { forTests: process.argv[2] === undefined }

/** @type {Record<string, Step>} in the order in which they depend on each other */
const steps = {
  system: {
    title: 'system packages',
    isFresh: async () => (await missingPackages(packageOptions)).length === 0,
    work: async () => {
      const packages = await missingPackages(packageOptions)
      console.log(`  installing ${packages.join(' ')}`)
      await installPackages(packages)
      const still = await missingPackages(packageOptions)
      if (still.length > 0) {
        throw new SetupError(`Installed, and yet not there or too old (FFmpeg 5.1 is needed): ${still.join(' ')}`)
      }
    },
  },
  modules: nodeModules,
  native: nativeStep('native', 'native addon', 'Release'),
  'native-debug': nativeStep('native-debug', 'native addon (debug)', 'Debug'),
  typescript: stampedStep({
    name: 'typescript',
    title: 'TypeScript build',
    inputs: ['lib', 'tsconfig.json', 'tsup.config.ts'],
    versions: () => ['tsup', 'typescript', 'esbuild'].map(packageVersion),
    outputs: [...exportedFiles(), 'dist/cli.js', 'dist/job-process.js', 'dist/batch/steps/step-process.js'],
    build: async ({ show }) => {
      const tsup = join(root, 'node_modules', 'tsup', 'dist', 'cli-default.js')
      await check('The TypeScript build', await run(process.execPath, [tsup], { cwd: root, show }))
    },
  }),
}

const defaultSteps = ['system', 'modules', 'native', 'typescript']
/** They need those before them, but nothing of each other: one core would wait for the declarations of types otherwise. */
const independent = new Set(['native', 'native-debug', 'typescript'])

/**
 * The steps to run.
 * @returns {{ names: string[], forced: string[] }}
 */
function plan(args) {
  const [flag, ...forced] = args
  if (flag === undefined || (flag === '--program' && forced.length === 0)) return { names: defaultSteps, forced: [] }
  const unknown = forced.filter((name) => !(name in steps))
  if (flag !== '--build' || forced.length === 0 || unknown.length > 0) {
    throw new SetupError('Usage: node scripts/setup.mjs [--program | --build native|native-debug|typescript ...]')
  }
  return { names: ['system', 'modules', ...forced], forced }
}

async function allFresh(names) {
  for (const name of names) {
    if (!(await steps[name].isFresh())) return false
  }
  return true
}

async function runStep(name, forced) {
  const { title, isFresh, work } = steps[name]
  const start = performance.now()
  if (!forced && (await isFresh())) {
    console.log(`set-up: ${title}: fresh`)
    return
  }
  console.log(`set-up: ${title} ...`)
  await work({ show: forced })
  console.log(`set-up: ${title}: done in ${((performance.now() - start) / 1000).toFixed(1)} s`)
}

async function main() {
  const start = performance.now()
  const major = Number(process.versions.node.split('.')[0])
  if (major < 20)
    throw new SetupError(`Node ${process.versions.node} is too old: webcodecs-native needs Node 20 or newer.`)
  const { names, forced } = plan(process.argv.slice(2))

  if (forced.length === 0 && (await allFresh(names))) {
    console.log(
      `set-up: all fresh (${names.map((name) => steps[name].title).join(', ')}; ${Math.round(performance.now() - start)} ms)`,
    )
    return
  }

  const releaseLock = await takeLock(stamps.folder, (pid) =>
    console.log(`set-up: waiting for another one, process ${pid} ...`),
  )
  process.on('exit', releaseLock)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1))
  for (const name of names.filter((name) => !independent.has(name))) await runStep(name, forced.includes(name))
  const rest = names.filter((name) => independent.has(name))
  if (forced.length > 0) {
    // One after the other: they write to the terminal.
    for (const name of rest) await runStep(name, forced.includes(name))
    return
  }
  const ended = await Promise.allSettled(rest.map((name) => runStep(name, false)))
  for (const end of ended) if (end.status === 'rejected') throw end.reason
}

try {
  await main()
} catch (error) {
  // A folder that may not be written, a full disk: the system's own message says it all.
  const isExpected = error instanceof SetupError || error.syscall !== undefined
  console.error(isExpected ? `\n${error.message}` : error)
  process.exitCode = 1
}
