// One scenario in this process: its load, its samples, and what is to be said of them.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { csv, svg } from './picture.mjs'
import { judge, median } from './trend.mjs'

/** How often a run says how it fares. */
const reportSeconds = (minutes) => (minutes > 5 ? 60 : 10)

/** Lets garbage and threads go, and tells what is still alive. */
async function leftOver(counters) {
  const ofMedia = [
    'frames',
    'pictures',
    'audioData',
    'audioBuffers',
    'inFlight',
    'packets',
    'buffers',
    'bytes',
    'codecs',
  ]
  const live = [...ofMedia, 'captureSources', 'captureReaders']
  for (let turn = 0; turn < 250 && live.some((name) => counters()[name] !== 0); turn++) {
    globalThis.gc?.()
    await sleep(20)
  }
  return live.filter((name) => counters()[name] !== 0).map((name) => `${name} ${counters()[name]}`)
}

const inMegabytes = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MB`

function reportLine(name, { time, rss, heapUsed, external, poolInUse, poolIdle, delay, live, inputs, outputs }) {
  const memory = `RSS ${inMegabytes(rss)}, heap ${inMegabytes(heapUsed)}, external ${inMegabytes(external)}`
  const pool = `pool ${inMegabytes(poolInUse)} + ${inMegabytes(poolIdle)} idle`
  return `${name} ${time.toFixed(0)} s: ${inputs} in, ${outputs} out, ${memory}, ${pool}, ${live} live, delay ${delay.toFixed(0)} ms`
}

/** What a summary tells of a run. Sizes in bytes, times in milliseconds. */
function figuresOf(samples, { slopePerHour, growth, hitRate }, progress) {
  const delays = samples.slice(2).map(({ delay }) => delay)
  const sum = (key) => samples.reduce((total, sample) => total + sample[key], 0)
  return {
    ...progress,
    seconds: samples.at(-1).time,
    rss: samples.at(-1).rss,
    growth,
    slopePerHour,
    hitRate: hitRate ?? null,
    evictions: sum('poolEvictions'),
    poolPeak: Math.max(...samples.map(({ poolRecentPeak }) => poolRecentPeak)),
    usualDelay: median(delays),
    longestDelay: Math.max(...delays),
  }
}

function line(scenario, { outputs, rss, growth, slopePerHour, hitRate, longestDelay }, failures) {
  const parts = [
    `${outputs} outputs`,
    `RSS ${inMegabytes(rss)}`,
    `growth ${(growth / 2 ** 20).toFixed(2)} MB (${(slopePerHour / 2 ** 20).toFixed(2)} MB an hour)`,
    `pool hits ${hitRate === null ? '-' : `${(hitRate * 100).toFixed(1)} %`}`,
    `longest delay ${longestDelay.toFixed(0)} ms`,
  ]
  return `${failures.length === 0 ? 'passed' : 'FAILED'} ${scenario}: ${parts.join(', ')}`
}

/** `{ scenario, figures, failures }` */
export async function runScenario(scenario, { minutes, out, csvEvery }) {
  const { counters } = await import('../dist/index.js')
  const { Sampler } = await import('./sampler.mjs')
  const { run, hasOutputForEachInput = false } = await import(`./scenarios/${scenario}.mjs`)
  const progress = { inputs: 0, outputs: 0 }
  const errors = []
  const fail = (error) => errors.push(`${error?.name}: ${error?.message ?? error}`)
  process.on('uncaughtException', fail)
  const end = performance.now() + minutes * 60_000
  const sampler = new Sampler(counters, minutes * 60)
  const every = reportSeconds(minutes)
  const timer = setInterval(() => {
    // V8 lets garbage wait for ten minutes, and more of it at the end of a run than at the beginning would look like growth.
    if (sampler.count % 60 === 0) globalThis.gc?.()
    sampler.take(progress)
    if (sampler.count % every === 0) console.log(reportLine(scenario, sampler.last))
  }, 1000)
  await run({ progress, fail, minutes, until: () => performance.now() >= end || errors.length > 0 }).catch(fail)
  clearInterval(timer)
  sampler.take(progress)
  sampler.end()
  const samples = sampler.samples()
  const verdict = judge(samples)
  const { failures } = verdict
  failures.push(...errors.slice(0, 5))
  if (hasOutputForEachInput && progress.inputs !== progress.outputs) {
    failures.push(`${progress.inputs} inputs gave ${progress.outputs} outputs`)
  }
  if (progress.outputs === 0) failures.push('there was no output')
  const left = await leftOver(counters)
  if (left.length > 0) failures.push(`still alive: ${left.join(', ')}`)
  writeFileSync(join(out, `${scenario}.csv`), csv(samples.filter((_, index) => index % csvEvery === 0)))
  writeFileSync(join(out, `${scenario}.svg`), svg(`${scenario}, ${minutes} min`, samples, verdict))
  const figures = figuresOf(samples, verdict, progress)
  console.log([line(scenario, figures, failures), ...failures].join('\n  '))
  return { scenario, figures, failures }
}
