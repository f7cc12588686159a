// Checks what the native pool promises: in each of its steady states at least 95 % of the buffers come from stock, no more
// waits for reuse than twice of what was in use, nothing of ours but the pool allocates 4 kB or more, and when the load
// ends the memory goes back to the system.
//
//   node --expose-gc test/guardrails/native_pool.js [--frames 600]
//
// Each load runs in a process of its own, with allocations.c preloaded.
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { loads } from './native_pool/loads.js'
import { conclude, loadBuild, megabytes, numberArgument, refuse, restingMemory, untilNothingLives } from './support.js'

const minHitRate = 0.95
const maxIdleRatio = 2
// A buffer that a codec keeps for its packets grows now and then; nothing is allocated for each frame.
const maxBeside = 0.02
const maxReturnSeconds = 8
const maxLeftOver = 24 * 2 ** 20
const warmUpCount = 60
const frameCount = numberArgument('frames', 600)
const loadAt = process.argv.indexOf('--load')

if (loadAt < 0) await runAll()
else console.log(JSON.stringify(await runLoad(process.argv[loadAt + 1])))

/** How many large allocations the addon made so far, the pool's own included, and the last of them. */
function allocations() {
  const counts = new BigUint64Array(new Uint8Array(readFileSync(process.env.ALLOCATION_COUNTS)).buffer)
  const count = Number(counts[0])
  // The newest first, of a ring of 64.
  const last = Array.from({ length: Math.min(count, 64) }, (_, age) => {
    const index = (count - 1 - age) % 64
    return [Number(counts[2 + 2 * index]), Number(counts[3 + 2 * index])]
  })
  return { count, last }
}

/** The pool's figures and the allocations, once no thread is between counting a miss and allocating. */
async function settled({ counters }) {
  for (let known; ; ) {
    const now = { pool: counters().pool, allocations: allocations() }
    const { hits, misses } = now.pool
    if (known?.hits === hits && known.misses === misses && known.count === now.allocations.count) return now
    known = { hits, misses, count: now.allocations.count }
    await sleep(20)
  }
}

async function runLoad(name) {
  const build = await loadBuild()
  const { make, perFrames = 1 } = loads[name]
  const before = await restingFirst(build, make)
  const { step, end } = await make(build)
  const count = frameCount * perFrames
  for (let index = 0; index < warmUpCount * perFrames; index++) await step(index)
  const first = await settled(build)
  let idleRatio = 0
  for (let index = 0; index < count; index++) {
    await step(warmUpCount * perFrames + index)
    const { idleBytes, recentHighWaterBytes } = build.counters().pool
    idleRatio = Math.max(idleRatio, idleBytes / Math.max(recentHighWaterBytes, 1))
  }
  const last = await settled(build)
  // Every miss is a large allocation: who saw fewer is blind.
  if (last.allocations.count < 0.9 * last.pool.misses) refuse('allocations.c does not see what the addon allocates')
  await end()
  const left = await untilNothingLives(build)
  const after = await restAfter(build, maxReturnSeconds)
  return {
    name,
    count,
    hits: last.pool.hits - first.pool.hits,
    misses: last.pool.misses - first.pool.misses,
    allocations: last.allocations.count - first.allocations.count,
    lastAllocations: last.allocations.last.slice(0, last.allocations.count - first.allocations.count),
    highWater: last.pool.highWaterBytes,
    idleRatio,
    left,
    idleAtRest: after.idle,
    growth: after.rss - before.rss,
  }
}

/** Memory at rest once libraries, threads and compiled code have their places. */
async function restingFirst(build, make) {
  const { step, end } = await make(build)
  for (let index = 0; index < warmUpCount; index++) await step(index)
  await end()
  await untilNothingLives(build)
  return restAfter(build, maxReturnSeconds)
}

/** Memory at rest, after so many seconds at most. */
async function restAfter({ counters }, seconds) {
  const end = performance.now() + seconds * 1000
  while (counters().pool.idleBytes > 0 && performance.now() < end) await sleep(100)
  const idle = counters().pool.idleBytes
  // V8 frees the memory of the load's own ArrayBuffers on a thread of its own, some time after a collection.
  return { rss: await restingMemory(), idle }
}

function judge({
  name,
  count,
  hits,
  misses,
  allocations,
  lastAllocations,
  highWater,
  idleRatio,
  left,
  idleAtRest,
  growth,
}) {
  const failures = []
  const hitRate = hits / (hits + misses)
  const beside = Math.max(0, allocations - misses)
  console.log(
    `${name.padEnd(7)} ${count} ${loads[name].what}: hits ${(hitRate * 100).toFixed(2)} %, idle at most ${idleRatio.toFixed(2)} of the high-water mark (${megabytes(highWater)}), ${beside} large allocations beside the pool's ${misses}, ${megabytes(growth)} more at rest`,
  )
  // Some of the last steps' inputs are still queued.
  if (hits + misses < 0.9 * count)
    failures.push(`${name}: the pool was asked ${hits + misses} times for ${count} steps`)
  if (!(hitRate >= minHitRate)) failures.push(`${name}: ${(hitRate * 100).toFixed(2)} % hits`)
  if (idleRatio > maxIdleRatio) failures.push(`${name}: idle bytes were ${idleRatio.toFixed(2)} of the high-water mark`)
  if (beside > maxBeside * count) {
    const places = lastAllocations.map(([size, offset]) => `${size} at 0x${offset.toString(16)}`)
    failures.push(`${name}: ${beside} large allocations beside the pool: ${places.join(', ')}`)
  }
  if (left !== '') failures.push(`${name}: still alive: ${left}`)
  if (idleAtRest > 0) failures.push(`${name}: ${megabytes(idleAtRest)} idle after ${maxReturnSeconds} s of rest`)
  if (growth > maxLeftOver) failures.push(`${name}: ${megabytes(growth)} did not go back`)
  return failures
}

async function runAll() {
  if (process.platform !== 'linux') refuse('it preloads a library, which it knows how to do on Linux only')
  const folder = mkdtempSync(join(tmpdir(), 'webcodecs-pool-'))
  try {
    const library = join(folder, 'allocations.so')
    const source = fileURLToPath(new URL('./native_pool/allocations.c', import.meta.url))
    execFileSync('cc', ['-shared', '-fPIC', '-O2', '-fno-builtin', '-o', library, source, '-ldl'], { stdio: 'inherit' })
    const run = async (name) => {
      const args = ['--expose-gc', fileURLToPath(import.meta.url), '--load', name, '--frames', String(frameCount)]
      const env = { ...process.env, LD_PRELOAD: library, ALLOCATION_COUNTS: join(folder, name) }
      const { stdout } = await promisify(execFile)(process.execPath, args, { env })
      return JSON.parse(stdout)
    }
    const results = await Promise.all(Object.keys(loads).map(run))
    conclude(results.flatMap(judge))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
