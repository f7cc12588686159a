import { readdirSync } from 'node:fs'

/** How the scenarios end that do not end with status 0. */
const exitCodes = {
  'process-exit-mid-encode': 7,
  'process-exit-mid-decode': 7,
  'capture-process-exit': 7,
  'uncaught-exception-mid-encode': 1,
}

/** @param {string} scenario */
export function expectedExitCode(scenario) {
  return exitCodes[scenario] ?? 0
}

/** What is no scenario. */
const shared = new Set(['container-support.mjs', 'exit-codes.mjs', 'sound.mjs', 'support.mjs'])

/** @returns {string[]} */
export function scenarioNames() {
  return readdirSync(new URL('.', import.meta.url))
    .filter((name) => name.endsWith('.mjs') && !shared.has(name))
    .map((name) => name.replace(/\.mjs$/, ''))
}
