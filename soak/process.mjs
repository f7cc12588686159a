// The process of one scenario: scenario, minutes, folder, and how many seconds a line of CSV is for.
import { runScenario } from './run.mjs'

const [scenario, minutes, out, csvEvery] = process.argv.slice(2)
const result = await runScenario(scenario, { minutes: Number(minutes), out, csvEvery: Number(csvEvery) })
process.send?.(result)
process.exitCode = result.failures.length > 0 ? 1 : 0
