import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './setup/run.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Where the addon of a configuration is, relative to the package. */
export const addonPath = (configuration) => `build/${configuration}/webcodecs.node`

/**
 * Builds the addon with CMake: only what changed. The two configurations have build folders of their own, so that
 * neither makes the other build from the start.
 * @param {'Release' | 'Debug'} configuration
 * @param {{ show?: boolean }} [options] `show`: let the build write to the terminal
 * @returns {Promise<{ code: number, output: string }>}
 */
export async function buildAddon(configuration, { show = false } = {}) {
  const require = createRequire(import.meta.url)
  const cmakeJs = join(dirname(require.resolve('cmake-js/package.json')), 'bin', 'cmake-js')
  const cmake = (command, ...args) =>
    run(process.execPath, [cmakeJs, command, '--config', configuration, '--out', `build/${configuration}`, ...args], {
      cwd: root,
      show,
    })

  // Configured each time: it takes half a second, and the folder may have been configured with paths that no longer hold.
  const configured = await cmake('configure')
  if (configured.code !== 0) return configured
  const built = await cmake('build', '--parallel', String(availableParallelism()))
  if (built.code !== 0) return built
  // A symbol that no source file defines is noticed only here.
  return run(process.execPath, ['--eval', `require('./${addonPath(configuration)}')`], { cwd: root, show })
}
