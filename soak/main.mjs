/**
 * Runs a load for minutes or hours, reads memory, pool, event loop and live objects each second, and fails when memory
 * grows, on any error, when the pool seldom has what is wanted, or when something lives at the end.
 *
 *   npm run soak -- [--minutes 1] [--scenario encode|decode|transcode|audio|workers] [--out folder]
 *
 * Writes a CSV and an SVG for each scenario to the folder (default: soak-results). Without --scenario: all of them, one after the
 * other. Give several commands at once to let scenarios share the machine.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { csv, svg } from './picture.mjs'
import { judge } from './trend.mjs'

const scenarios = readdirSync(new URL('./scenarios/', import.meta.url)).map((file) => file.replace('.mjs', ''))

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    scenario: { type: 'string' },
    out: { type: 'string', default: 'soak-results' },
  },
})
const minutes = Number(values.minutes)
if (!(minutes > 0) || (values.scenario && !scenarios.includes(values.scenario))) {
  console.error(`Usage: npm run soak -- [--minutes 1] [--scenario ${scenarios.join('|')}] [--out folder]`)
  process.exit(1)
}
mkdirSync(values.out, { recursive: true })

/** Each scenario has a process of its own, so that none sees another's memory. */
async function runAll() {
  let failed = 0
  for (const scenario of scenarios) {
    const args = ['--expose-gc', fileURLToPath(import.meta.url), '--scenario', scenario]
    const options = ['--minutes', values.minutes, '--out', values.out]
    const child = spawn(process.execPath, [...args, ...options], { stdio: 'inherit' })
    if ((await new Promise((resolve) => child.on('close', resolve))) !== 0) failed++
  }
  return failed
}

/** Lets garbage and threads go, and tells what is still alive. */
async function leftOver(counters) {
  const live = ['frames', 'pictures', 'packets', 'buffers', 'bytes', 'codecs']
  for (let turn = 0; turn < 100 && live.some((name) => counters()[name] !== 0); turn++) {
    globalThis.gc?.()
    await sleep(20)
  }
  return live.filter((name) => counters()[name] !== 0).map((name) => `${name} ${counters()[name]}`)
}

async function runOne(name) {
  const { counters } = await import('../dist/index.js')
  const { Sampler } = await import('./sampler.mjs')
  const { run } = await import(`./scenarios/${name}.mjs`)
  const progress = { inputs: 0, outputs: 0 }
  const errors = []
  const fail = (error) => errors.push(`${error?.name}: ${error?.message ?? error}`)
  process.on('uncaughtException', fail)
  const end = performance.now() + minutes * 60_000
  const sampler = new Sampler(counters)
  const timer = setInterval(() => sampler.take(progress), 1000)
  await run({ progress, fail, until: () => performance.now() >= end || errors.length > 0 })
  clearInterval(timer)
  sampler.take(progress)
  sampler.end()
  const { samples } = sampler
  const verdict = judge(samples)
  const { slopePerHour, growth, hitRate, failures } = verdict
  failures.push(...errors.slice(0, 5))
  if (progress.inputs !== progress.outputs && name !== 'audio') {
    failures.push(`${progress.inputs} inputs gave ${progress.outputs} outputs`)
  }
  const left = await leftOver(counters)
  if (left.length > 0) failures.push(`still alive: ${left.join(', ')}`)
  writeFileSync(join(values.out, `${name}.csv`), csv(samples))
  writeFileSync(join(values.out, `${name}.svg`), svg(`${name}, ${minutes} min`, samples, verdict))
  const figures = [
    `${progress.outputs} outputs`,
    `RSS ${(samples.at(-1).rss / 2 ** 20).toFixed(0)} MB`,
    `growth ${(growth / 2 ** 20).toFixed(2)} MB (${(slopePerHour / 2 ** 20).toFixed(2)} MB an hour)`,
    `pool hits ${hitRate === undefined ? '-' : `${(hitRate * 100).toFixed(1)} %`}`,
    `longest delay ${Math.max(...samples.slice(2).map(({ delay }) => delay)).toFixed(0)} ms`,
  ]
  console.log(`${failures.length === 0 ? 'passed' : 'FAILED'} ${name}: ${figures.join(', ')}`)
  for (const failure of failures) console.log(`  ${failure}`)
  return failures.length
}

process.exitCode = (values.scenario ? await runOne(values.scenario) : await runAll()) === 0 ? 0 : 1
