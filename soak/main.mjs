/**
 * Runs a load for minutes or hours, reads memory, pool, event loop and live objects each second, and fails when memory
 * grows, on any error, when the pool seldom has what is wanted, or when something lives at the end.
 *
 *   npm run soak -- [--minutes 1] [--scenario encode|decode|transcode|audio|workers|...] [--out folder]
 *                   [--all-at-once] [--csv-every 1]
 *
 * Writes a CSV (one line for each second, or for each so many of them) and an SVG for each scenario to the folder (default:
 * soak-results). Without --scenario: all of them, one after the other, or sharing the machine, and a README.md with what came of
 * them.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { runScenario } from './run.mjs'
import { summary } from './summary.mjs'

const scenarios = readdirSync(new URL('./scenarios/', import.meta.url))
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => file.replace('.mjs', ''))

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    scenario: { type: 'string' },
    out: { type: 'string', default: 'soak-results' },
    'all-at-once': { type: 'boolean', default: false },
    'csv-every': { type: 'string', default: '1' },
  },
})
const minutes = Number(values.minutes)
const csvEvery = Number(values['csv-every'])
if (!(minutes > 0) || !(csvEvery >= 1) || (values.scenario && !scenarios.includes(values.scenario))) {
  console.error(
    `Usage: npm run soak -- [--minutes 1] [--scenario ${scenarios.join('|')}] [--out folder] [--all-at-once] [--csv-every 1]`,
  )
  process.exit(1)
}
mkdirSync(values.out, { recursive: true })

/** Each scenario has a process of its own, so that none sees another's memory. */
function runInProcess(scenario) {
  const args = ['--expose-gc', fileURLToPath(import.meta.url), '--scenario', scenario]
  const options = ['--minutes', values.minutes, '--out', values.out, '--csv-every', values['csv-every']]
  return new Promise((resolve) => {
    let result = { scenario, figures: {}, failures: ['its process ended without a result'] }
    const child = spawn(process.execPath, [...args, ...options], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    child.on('message', (message) => {
      result = message
    })
    child.on('close', (code, signal) => {
      if (code !== 0 && result.failures.length === 0) result.failures.push(`its process ended with ${signal ?? code}`)
      resolve(result)
    })
  })
}

async function runAll() {
  const results = []
  if (values['all-at-once']) results.push(...(await Promise.all(scenarios.map(runInProcess))))
  else for (const scenario of scenarios) results.push(await runInProcess(scenario))
  writeFileSync(join(values.out, 'README.md'), summary(results, { minutes, atOnce: values['all-at-once'] }))
  return results.some(({ failures }) => failures.length > 0)
}

async function runOne(scenario) {
  const result = await runScenario(scenario, { minutes, out: values.out, csvEvery })
  process.send?.(result)
  return result.failures.length > 0
}

process.exitCode = (values.scenario ? await runOne(values.scenario) : await runAll()) ? 1 : 0
