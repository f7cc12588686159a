import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { NativeBinding } from './native.js'

const require = createRequire(import.meta.url)

/** The package's root: this file is `lib/binding.ts` in the repository and part of a bundle in `dist/` when installed. */
export const packageRoot = join(dirname(fileURLToPath(import.meta.url)), '..')

/** npm does not run the install scripts of a dependency unless they are approved, so the user has to build. */
const buildCommand = packageRoot.includes('node_modules')
  ? 'npx webcodecs-native build'
  : `npm run build:native (in ${packageRoot})`

let loaded: NativeBinding | undefined

/**
 * The addon, loaded on first use: FFmpeg's libraries take about 30 ms to load, which a program that only imports
 * this package should not pay. `WEBCODECS_NATIVE_ADDON` names another build, such as one with a sanitizer.
 */
export function loadBinding(): NativeBinding {
  if (loaded) return loaded
  const path = process.env['WEBCODECS_NATIVE_ADDON'] ?? join(packageRoot, 'build', 'Release', 'webcodecs.node')
  if (!existsSync(path)) {
    throw new Error(`webcodecs-native: the native addon is not built (no ${path}). Build it with: ${buildCommand}`)
  }
  loaded = require(path) as NativeBinding
  return loaded
}
