#!/usr/bin/env node
import { spawn } from 'node:child_process'
import { addonPath, buildAddon } from '../scripts/build-addon.mjs'
import { manualCommand, missingPackages } from '../scripts/setup/system-packages.mjs'

const usage = `Usage: webcodecs-native build [--debug]
       webcodecs-native watch program.mjs [arguments ...]
       webcodecs-native worker --redis redis://HOST [--concurrency auto|N]
       webcodecs-native dashboard --redis redis://HOST [--port 3000]

build       builds the native addon of webcodecs-native against the FFmpeg and libyuv of this machine
watch       runs a Node program, and draws memory, pool and live objects on stderr each second meanwhile;
            DEBUG_BUFFER_ALLOC=true adds who holds most, and a report at the end
worker      does the work of a farm
dashboard   shows what a farm does`

async function build(configuration) {
  const missing = await missingPackages({ toBuild: true })
  if (missing.length > 0) {
    console.error(
      `webcodecs-native: building needs what these Debian packages contain. Install them first:\n\n  ${manualCommand(missing)}\n`,
    )
    return 1
  }
  const { code } = await buildAddon(configuration, { show: true })
  if (code === 0) console.log(`webcodecs-native: built ${addonPath(configuration)}`)
  return code
}

/** The exit status of the program; 1 when a signal ended it. */
function watch(programArguments) {
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

const [command, ...rest] = process.argv.slice(2)
if (command === 'build' && rest.every((flag) => flag === '--debug')) {
  process.exitCode = await build(rest.length > 0 ? 'Debug' : 'Release')
} else if (command === 'watch' && rest.length > 0) {
  process.exitCode = await watch(rest)
} else if (command === 'worker' || command === 'dashboard') {
  const { runFarmCommand } = await import('../dist/farm.js')
  process.exitCode = await runFarmCommand(command, rest)
} else {
  const asked = command === '--help' || command === '-h'
  ;(asked ? console.log : console.error)(usage)
  process.exitCode = asked ? 0 : 1
}
