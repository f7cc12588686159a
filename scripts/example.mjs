/**
 * Runs an example of examples/ that is written in TypeScript, against the build in dist/:
 *
 *   npm run example -- name [its arguments]
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'tsup'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [name, ...args] = process.argv.slice(2)
const source = join(root, 'examples', `${name}.ts`)
if (!name || !existsSync(source)) {
  console.error('Usage: npm run example -- name [arguments], with the name of a .ts file in examples/')
  process.exit(1)
}

// Inside the repository, so that the package finds itself by its own name.
const outDir = join(root, '.setup', `example-${process.pid}`)
mkdirSync(outDir, { recursive: true })
process.on('exit', () => rmSync(outDir, { recursive: true, force: true }))
await build({
  entry: [source],
  outDir,
  config: false,
  format: 'esm',
  target: 'node20',
  bundle: false,
  silent: true,
  clean: false,
})
const child = spawn(process.execPath, [join(outDir, `${name}.js`), ...args], { stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
process.exitCode = await new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)))
