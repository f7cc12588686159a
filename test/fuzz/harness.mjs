/**
 * Runs a fuzz target in this process. A target is what `targets/*.mjs` export in an array `targets`:
 *
 *   { name, prepare() } where prepare() resolves with { run(pick, seed), check?(results) }
 *
 * run() feeds one damaged input to the package and resolves with a result, { kind, outcome, ... }; it rejects when
 * something happened that must not. check() gets all results of a batch and returns the sentences that say what is
 * wrong with them as a whole.
 */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { counters } from '../../dist/index.js'
import { random } from '../helpers/random.js'
import { occupiedMemory } from '../helpers/resting-memory.mjs'
import { assertNothingLives } from '../stress/scenarios/support.mjs'

/** Beyond this an input hangs. A sanitizer makes everything slow. */
const SECONDS_PER_INPUT = process.env.LD_PRELOAD ? 120 : 20
/** What memory may grow by, once the first inputs have warmed everything up. */
const MAX_GROWTH = 96 << 20

/** All targets, by name. */
export async function loadTargets() {
  const folder = new URL('targets/', import.meta.url)
  const modules = await Promise.all(readdirSync(folder).map((file) => import(new URL(file, folder).href)))
  return new Map(modules.flatMap(({ targets }) => targets.map((target) => [target.name, target])))
}

async function withinTime(promise, seed) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`hangs for ${SECONDS_PER_INPUT} s`)), SECONDS_PER_INPUT * 1000)
  })
  try {
    return await Promise.race([promise, late])
  } catch (error) {
    throw new Error(`seed ${seed}: ${error.message}`, { cause: error })
  } finally {
    clearTimeout(timer)
  }
}

/** What is in use after a collection; what the native pool keeps for reuse is not. */
function memoryInUse() {
  globalThis.gc()
  return occupiedMemory() - counters().pool.idleBytes
}

/**
 * @param {number} firstSeed
 * @param {number} count of inputs, with the seeds from `firstSeed` on
 * @param {(seed: number) => void} onSeed called before each
 * @returns {Promise<Record<string, number>>} how many inputs had each kind and outcome
 */
export async function runTarget({ prepare }, firstSeed, count, onSeed = () => {}) {
  const { run, check = () => [] } = await prepare()
  const results = []
  let warm = 0
  for (let index = 0; index < count; index++) {
    const seed = firstSeed + index
    onSeed(seed)
    results.push(await withinTime(run(random(seed), seed), seed))
    if (index === Math.floor(count / 4)) warm = memoryInUse()
  }
  await assertNothingLives()
  // A sanitizer keeps what was freed in quarantine.
  if (!process.env.LD_PRELOAD) {
    // V8 frees buffers on a thread of its own: what looks like too much may be on its way back.
    const end = performance.now() + 10_000
    let growth = memoryInUse() - warm
    while (growth >= MAX_GROWTH && performance.now() < end) {
      await sleep(200)
      growth = memoryInUse() - warm
    }
    assert.ok(growth < MAX_GROWTH, `memory grew by ${growth >> 20} MB`)
  }
  assert.deepEqual(check(results), [])
  const tally = {}
  for (const { kind, outcome } of results) tally[`${kind}: ${outcome}`] = (tally[`${kind}: ${outcome}`] ?? 0) + 1
  return tally
}
