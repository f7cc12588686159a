/**
 * Feeds damaged inputs to the package, each target in a process of its own:
 *
 *   node test/fuzz/main.mjs [--count 1000] [--seed 1] [--verbose] [target ...]
 *
 * A target is chosen by a part of its name. Exits with 1 when a process crashes, hangs or finds fault; the seed that it
 * stood at is printed, and `--seed <that> --count 1` runs it alone.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loadTargets } from './harness.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    verbose: { type: 'boolean', default: false },
  },
})
/** Silence for longer than an input may take, and for the check at the end. */
const MAX_SILENCE = 120_000

function runChild(name) {
  return new Promise((resolve, reject) => {
    const file = fileURLToPath(new URL('child.mjs', import.meta.url))
    const args = ['--expose-gc', file, name, values.seed, values.count]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let lastLine = ''
    let stderr = ''
    const watchdog = setTimeout(() => child.kill('SIGKILL'), MAX_SILENCE)
    child.stdout.setEncoding('utf8').on('data', (text) => {
      watchdog.refresh()
      lastLine = (lastLine + text).trimEnd().split('\n').at(-1)
      if (text.endsWith('\n')) lastLine += '\n'
    })
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(watchdog)
      resolve({ code, signal, lastLine: lastLine.trim(), stderr })
    })
  })
}

function report(name, { code, signal, lastLine, stderr }, seconds) {
  const isClean = code === 0
  console.log(`${isClean ? 'clean ' : 'FAILED'} ${name} (${values.count} inputs, ${seconds.toFixed(1)} s)`)
  if (!isClean) console.log(`ended with ${code ?? signal} at ${lastLine}\n${stderr}`)
  else if (values.verbose) console.log(JSON.parse(lastLine))
  return isClean
}

const names = [...(await loadTargets()).keys()].filter((name) => {
  return positionals.length === 0 || positionals.some((part) => name.includes(part))
})
let failed = 0
for (const name of names) {
  const begin = performance.now()
  const ending = await runChild(name)
  if (!report(name, ending, (performance.now() - begin) / 1000)) failed++
}
console.log(`${names.length - failed} targets clean, ${failed} not`)
process.exitCode = failed === 0 && names.length > 0 ? 0 : 1
