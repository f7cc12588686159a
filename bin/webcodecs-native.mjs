#!/usr/bin/env node
import { addonPath, buildAddon } from '../scripts/build-addon.mjs'
import { manualCommand, missingPackages } from '../scripts/setup/system-packages.mjs'

const usage = `Usage: webcodecs-native build [--debug]

Builds the native addon of webcodecs-native against the FFmpeg and libyuv of this machine.`

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

const [command, ...flags] = process.argv.slice(2)
if (command === 'build' && flags.every((flag) => flag === '--debug')) {
  process.exitCode = await build(flags.length > 0 ? 'Debug' : 'Release')
} else {
  const asked = command === '--help' || command === '-h'
  ;(asked ? console.log : console.error)(usage)
  process.exitCode = asked ? 0 : 1
}
