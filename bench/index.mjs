// npm run bench [-- case ...] [-- --rounds 3] [-- --json]
//
// Cases named chromium run against headless Chromium, in turn. The other codec cases run against the ffmpeg command
// line of the same machine, in turn, each in a process of its own; their times are of whole processes, from spawn to
// exit, for both parties. Both parties read the same file.
// Before anything is timed each party writes its stream, the command line as often as it takes to make as many bits as
// we do: bitrate, PSNR and x264's own record of its settings are read from that.
// Cases named candidates compare what could encode with the command line alone.
import { candidateCases, measureCandidates } from './candidate-cases.mjs'
import { chromiumCases, measureChromiumCase } from './chromium-cases.mjs'
import { codecCases } from './codec-cases.mjs'
import { measureCodecCase } from './codec-measurement.mjs'
import { scriptCases } from './script-cases.mjs'
import { briefly, candidateTable, chromiumTable, codecTable, commandList, scriptTable } from './tables.mjs'

const allCases = [...codecCases, ...chromiumCases, ...candidateCases, ...scriptCases]

const usage = `Usage: npm run bench -- [case ...] [--rounds n] [--json]

A case is chosen by a part of its name. The cases:
${allCases.map(({ name }) => `  ${name}`).join('\n')}`

function parse(args) {
  const options = { rounds: 3, json: false, filters: [] }
  for (let at = 0; at < args.length; at++) {
    if (args[at] === '--json') options.json = true
    else if (args[at] === '--rounds') options.rounds = Number(args[++at])
    else if (args[at] === '--help') return undefined
    else options.filters.push(args[at])
  }
  return Number.isSafeInteger(options.rounds) && options.rounds > 0 ? options : undefined
}

const options = parse(process.argv.slice(2))
const chosen = ({ name }) => options.filters.length === 0 || options.filters.some((filter) => name.includes(filter))
if (!options || allCases.filter(chosen).length === 0) {
  console.error(usage)
  process.exit(1)
}

const say = options.json ? () => {} : (text) => console.log(text)
const results = []
for (const codecCase of codecCases.filter(chosen)) {
  say(`${codecCase.name}: ${codecCase.frames} frames, ${options.rounds} pairs ...`)
  const result = await measureCodecCase(codecCase, options.rounds)
  results.push(result)
  say(`  ${briefly(result)}`)
}
const againstChromium = []
for (const chromiumCase of chromiumCases.filter(chosen)) {
  say(`${chromiumCase.name}: ${chromiumCase.frames} frames, ${options.rounds} pairs ...`)
  againstChromium.push(await measureChromiumCase(chromiumCase, options.rounds))
}
const candidates = []
for (const candidateCase of candidateCases.filter(chosen)) {
  say(`${candidateCase.name}: ${candidateCase.frames} frames, ${options.rounds} runs each ...`)
  candidates.push(await measureCandidates(candidateCase, options.rounds))
}
const scripts = []
for (const scriptCase of scriptCases.filter(chosen)) {
  say(`${scriptCase.name} ...`)
  scripts.push(...(await scriptCase.measure(options.rounds)))
}

if (options.json) {
  console.log(JSON.stringify({ codecs: results, againstChromium, candidates, scripts }, null, 2))
} else {
  if (results.length > 0) say(`\n${commandList(results)}\n\n${codecTable(results)}`)
  if (againstChromium.length > 0) say(`\n${chromiumTable(againstChromium)}`)
  for (const result of candidates) say(`\n${candidateTable(result)}`)
  if (scripts.length > 0) say(`\n${scriptTable(scripts)}`)
}
const missed = [...results, ...againstChromium, ...scripts].flatMap(({ missed }) => missed)
if (!options.json) say(missed.length === 0 ? '\nEvery target is met.' : `\nTargets missed:\n${missed.join('\n')}`)
