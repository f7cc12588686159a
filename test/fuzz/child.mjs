// One target in a process of its own, so that a crash is this process's alone: child.mjs <target> <first seed> <count>.
// Standard output has a line for each input before it begins, and the tally as JSON at the end.
import { loadTargets, runTarget } from './harness.mjs'

const [name, firstSeed, count] = process.argv.slice(2)
const target = (await loadTargets()).get(name)
const tally = await runTarget(target, Number(firstSeed), Number(count), (seed) =>
  process.stdout.write(`seed ${seed}\n`),
)
process.stdout.write(`${JSON.stringify(tally)}\n`)
