#!/usr/bin/env node
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { addonPath, buildAddon } from '../scripts/build-addon.mjs'
import { manualCommand, missingPackages } from '../scripts/setup/system-packages.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const buildUsage = `Usage: webcodecs-native build [--debug]

Builds the native addon of webcodecs-native against the FFmpeg and libyuv of this machine.`

const watchUsage = `Usage: webcodecs-native watch program.mjs [arguments ...]

Runs a Node program, and draws memory, pool and live objects on stderr each second meanwhile;
DEBUG_BUFFER_ALLOC=true adds who holds most, and a report at the end.`

/** What works without the addon and without the bundle. */
const commands = {
  build: { summary: 'builds the native addon against the FFmpeg and libyuv of this machine', run: build },
  watch: { summary: 'runs a Node program, and draws what it holds in memory meanwhile', run: watch },
  worker: { summary: 'does the work of a farm', run: farm('worker') },
  dashboard: { summary: 'shows what a farm does', run: farm('dashboard') },
}

function farm(command) {
  return async (args) => (await import('../dist/farm.js')).runFarmCommand(command, args)
}

function explain(usage, args) {
  const asked = args.includes('--help') || args.includes('-h')
  ;(asked ? console.log : console.error)(usage)
  return asked ? 0 : 1
}

async function build(flags) {
  if (!flags.every((flag) => flag === '--debug')) return explain(buildUsage, flags)
  const missing = await missingPackages({ toBuild: true })
  if (missing.length > 0) {
    console.error(
      `webcodecs-native: building needs what these Debian packages contain. Install them first:\n\n  ${manualCommand(missing)}\n`,
    )
    return 1
  }
  const configuration = flags.length > 0 ? 'Debug' : 'Release'
  const { code } = await buildAddon(configuration, { show: true })
  if (code === 0) console.log(`webcodecs-native: built ${addonPath(configuration)}`)
  return code
}

/** The exit status of the program; 1 when a signal ended it. */
function watch(programArguments) {
  if (programArguments.length === 0 || programArguments[0].startsWith('-')) {
    return explain(watchUsage, programArguments)
  }
  const view = new URL('./watch-statistics.mjs', import.meta.url).href
  const child = spawn(process.execPath, ['--import', view, ...programArguments], { stdio: 'inherit' })
  // The terminal tells both of an interrupt: the program decides what becomes of it.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
}

const installation = {
  addon: join(root, addonPath('Release')),
  missingPackages: ({ toBuild }) => missingPackages({ toBuild, forTests: false }),
  installCommand: manualCommand,
}

async function main([command, ...args]) {
  if (Object.hasOwn(commands, command ?? '')) return commands[command].run(args)
  const { commandSummaries, runCommand } = await import('../dist/cli.js')
  const status = command === undefined ? undefined : await runCommand(command, args, installation)
  if (status !== undefined) return status
  const own = Object.entries(commands).map(([name, { summary }]) => [name, summary])
  const lines = [...own, ...commandSummaries].map(([name, summary]) => `  ${name.padEnd(10)} ${summary}`)
  const usage = 'Usage: webcodecs-native <command> [options]; webcodecs-native <command> --help'
  return explain(`${usage}\n\n${lines.join('\n')}`, [command ?? ''])
}

process.exitCode = await main(process.argv.slice(2))
