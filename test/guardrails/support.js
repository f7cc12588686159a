// What the guardrails share: the build they check, their argument, and how memory is read.
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export { restingMemory } from '../helpers/resting-memory.mjs'

const dist = new URL('../../dist/index.js', import.meta.url)

/** Ends the process with status 2: the guardrail cannot tell anything about this build. */
export function refuse(reason) {
  console.error(`${process.argv[1].split('/').pop()}: cannot run: ${reason}`)
  process.exit(2)
}

/** The built package. Refuses when something that the guardrail reads is missing. */
export async function loadBuild() {
  if (typeof globalThis.gc !== 'function') refuse('start it with node --expose-gc')
  if (!existsSync(dist)) refuse('dist/index.js is missing; build with npm run build')
  const build = await import(dist)
  if (typeof build.counters !== 'function') refuse('dist/index.js does not export counters()')
  let counters
  try {
    counters = build.counters()
  } catch (error) {
    refuse(error.message)
  }
  for (const name of liveCounters) {
    if (typeof counters[name] !== 'number') refuse(`counters() has no number named "${name}"`)
  }
  return build
}

/** The counters that return to zero when everything is closed. */
const liveCounters = ['frames', 'pictures', 'packets', 'buffers', 'bytes', 'codecs']

/** The live counters that are not zero, as "frames 3, bytes 1024"; empty when all are. */
export function liveObjects(build) {
  const counters = build.counters()
  return liveCounters
    .filter((name) => counters[name] !== 0)
    .map((name) => `${name} ${counters[name]}`)
    .join(', ')
}

/** Waits until every live counter is zero (tear-down is asynchronous) or the time is over; returns what is left. */
export async function untilNothingLives(build, milliseconds = 10_000) {
  const end = performance.now() + milliseconds
  while (liveObjects(build) !== '' && performance.now() < end) {
    globalThis.gc()
    await sleep(20)
  }
  return liveObjects(build)
}

/** The positive integer after `--name`, or the default. */
export function numberArgument(name, byDefault) {
  const at = process.argv.indexOf(`--${name}`)
  if (at < 0) return byDefault
  const value = Number(process.argv[at + 1])
  if (!Number.isSafeInteger(value) || value < 1) refuse(`--${name} wants a positive integer`)
  return value
}

/** The word after `--name`, which must be one of these; the first when there is none. */
export function choiceArgument(name, choices) {
  const at = process.argv.indexOf(`--${name}`)
  if (at < 0) return choices[0]
  const value = process.argv[at + 1]
  if (!choices.includes(value)) refuse(`--${name} wants ${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`)
  return value
}

/** The most memory this process ever had resident, in bytes. */
export function peakMemory() {
  return process.resourceUsage().maxRSS * 1024
}

export function megabytes(bytes) {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`
}

/** Prints the verdict and sets the exit status. */
export function conclude(failures) {
  for (const failure of failures) console.error(`FAIL ${failure}`)
  if (failures.length === 0) console.log('PASS')
  process.exitCode = failures.length === 0 ? 0 : 1
}
