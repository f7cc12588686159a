// What came of several scenarios, as Markdown.
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

export function summary(results, { minutes, atOnce }) {
  const command = `npm run soak -- --minutes ${minutes}${atOnce ? ' --all-at-once' : ''}`
  const machine = `Node ${process.versions.node} on ${availableParallelism()} processors with ${Math.round(totalmem() / 2 ** 30)} GB`
  const failures = results.flatMap(({ scenario, failures }) => failures.map((failure) => `- ${scenario}: ${failure}`))
  return `# ${minutes} minutes of load

\`${command}\`, written by that command: ${atOnce ? 'all scenarios at the same time' : 'the scenarios one after the other'}, each in a process
of its own. ${machine}, ${new Date().toISOString().slice(0, 10)}.

| scenario | minutes | in / out | RSS at the end | growth after the warm-up | pool hits | most in use of a minute | loop delay, usual / longest | |
|---|---|---|---|---|---|---|---|---|
${results.map(row).join('\n')}

Growth is that of the line through the least RSS of each minute (in short runs: of each thirtieth) after the warm-up, the first third
of the run and at most 15 minutes; more than 1 MB an hour fails in runs of half an hour and more, as any error does, a hit rate under
95 %, more than twice of what a minute had in use waiting in the pool, and anything alive at the end. The pictures show the line;
the figures are in the CSV files, sizes in bytes, times in seconds, \`delay\` in milliseconds.
${failures.length > 0 ? `\n${failures.join('\n')}\n` : ''}`
}
