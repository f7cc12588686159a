// What came of the scenarios that were run into a folder, as data and as Markdown.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'

const megabytes = (bytes, digits = 1) => `${(bytes / 2 ** 20).toFixed(digits)} MB`

function row({ scenario, figures, failures }) {
  const { seconds, inputs, outputs, rss, growth, slopePerHour, hitRate, poolPeak, usualDelay, longestDelay } = figures
  const name = `[${scenario}](${scenario}.svg)`
  if (seconds === undefined) return `| ${name} | | | | | | | | FAILED |`
  const cells = [
    name,
    (seconds / 60).toFixed(1),
    `${inputs} / ${outputs}`,
    megabytes(rss),
    `${megabytes(growth, 2)} (${megabytes(slopePerHour, 2)} an hour)`,
    hitRate === null ? '-' : `${(hitRate * 100).toFixed(2)} %`,
    megabytes(poolPeak),
    `${usualDelay.toFixed(1)} / ${longestDelay.toFixed(0)} ms`,
    failures.length === 0 ? 'passed' : 'FAILED',
  ]
  return `| ${cells.join(' | ')} |`
}

/**
 * Puts results into the file, in the place of what it had of these scenarios.
 * @returns all that the file has now, by scenario
 */
export function keepResults(file, results, { minutes, company }) {
  const kept = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  const machine = `Node ${process.versions.node} on ${availableParallelism()} processors with ${Math.round(totalmem() / 2 ** 30)} GB`
  const date = new Date().toISOString().slice(0, 10)
  for (const { scenario, ...result } of results) {
    const together = company.filter((other) => other !== scenario)
    kept[scenario] = { minutes, together, machine, date, ...result }
  }
  const sorted = Object.fromEntries(Object.entries(kept).sort(([a], [b]) => (a < b ? -1 : 1)))
  writeFileSync(file, `${JSON.stringify(sorted, null, 2)}\n`)
  return sorted
}

/** The runs of a summary: scenarios that ran in the same way, in the same company. */
function runsOf(results) {
  const runs = new Map()
  for (const [scenario, { minutes, together, machine, date }] of Object.entries(results)) {
    const company = [scenario, ...together].sort()
    const key = JSON.stringify([minutes, date, machine, together.length > 0 ? company : []])
    runs.set(key, [...(runs.get(key) ?? []), scenario])
  }
  return [...runs].map(([key, scenarios]) => {
    const [minutes, date, machine, company] = JSON.parse(key)
    const how =
      company.length > 0
        ? `at the same time${company.length > scenarios.length ? ` (with ${company.filter((name) => !scenarios.includes(name)).join(', ')})` : ''}`
        : 'each alone'
    return `- ${scenarios.join(', ')}: ${minutes} minutes, ${how}, ${date}, ${machine}`
  })
}

export function summary(results) {
  const all = Object.entries(results).map(([scenario, result]) => ({ scenario, ...result }))
  const failures = all.flatMap(({ scenario, failures }) => failures.map((failure) => `- ${scenario}: ${failure}`))
  return `# Memory under load

Written by \`npm run soak\`, each scenario in a process of its own:

${runsOf(results).join('\n')}

| scenario | minutes | in / out | RSS at the end | growth after the warm-up | pool hits | most in use of a minute | loop delay, usual / longest | |
|---|---|---|---|---|---|---|---|---|
${all.map(row).join('\n')}

Growth is that of the line through the least RSS of each minute (in short runs: of each thirtieth) after the warm-up, the first third
of the run and at most 15 minutes; more than 1 MB an hour fails in runs of half an hour and more, as any error does, a hit rate under
95 %, more than twice of what a minute had in use waiting in the pool, and anything alive at the end. The pictures show the line;
the figures are in the CSV files, sizes in bytes, times in seconds, \`delay\` in milliseconds.
${failures.length > 0 ? `\n${failures.join('\n')}\n` : ''}`
}
