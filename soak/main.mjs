/**
 * Runs a load for minutes or hours, reads memory, pool, event loop and live objects each second, and fails when memory
 * grows, on any error, when the pool seldom has what is wanted, or when something lives at the end.
 *
 *   npm run soak -- [--minutes 1] [--scenario encode|decode|transcode|audio|workers|... ...] [--out folder]
 *                   [--all-at-once] [--csv-every 1]
 *
 * Runs all scenarios, or those that are named, one after the other or sharing the machine. Writes a CSV (one line for each
 * second, or for each so many of them) and an SVG for each to the folder (default: soak-results), and what came of it to
 * results.json there, from which README.md tells of all that were run into this folder.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { keepResults, summary } from './summary.mjs'

const allScenarios = readdirSync(new URL('./scenarios/', import.meta.url))
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => file.replace('.mjs', ''))

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    scenario: { type: 'string', multiple: true },
    out: { type: 'string', default: 'soak-results' },
    'all-at-once': { type: 'boolean', default: false },
    'csv-every': { type: 'string', default: '1' },
  },
})
const minutes = Number(values.minutes)
const csvEvery = Number(values['csv-every'])
const scenarios = values.scenario ?? allScenarios
if (!(minutes > 0) || !(csvEvery >= 1) || scenarios.some((scenario) => !allScenarios.includes(scenario))) {
  console.error(
    `Usage: npm run soak -- [--minutes 1] [--scenario ${allScenarios.join('|')} ...] [--out folder] [--all-at-once] [--csv-every 1]`,
  )
  process.exit(1)
}
mkdirSync(values.out, { recursive: true })

/** Each scenario has a process of its own, so that none sees another's memory. */
function runInProcess(scenario) {
  const program = fileURLToPath(new URL('./process.mjs', import.meta.url))
  const args = ['--expose-gc', program, scenario, values.minutes, values.out, values['csv-every']]
  return new Promise((resolve) => {
    let result = { scenario, figures: {}, failures: ['its process ended without a result'] }
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    child.on('message', (message) => {
      result = message
    })
    child.on('close', (code, signal) => {
      if (code !== 0 && result.failures.length === 0) result.failures.push(`its process ended with ${signal ?? code}`)
      resolve(result)
    })
  })
}

const results = []
if (values['all-at-once']) results.push(...(await Promise.all(scenarios.map(runInProcess))))
else for (const scenario of scenarios) results.push(await runInProcess(scenario))
const company = values['all-at-once'] ? scenarios : []
const kept = keepResults(join(values.out, 'results.json'), results, { minutes, company })
writeFileSync(join(values.out, 'README.md'), summary(kept))
process.exitCode = results.some(({ failures }) => failures.length > 0) ? 1 : 0
