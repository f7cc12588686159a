import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'

export interface Ending {
  /** Exit status; null when a signal ended the process. */
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
  seconds: number
}

/** Runs a program of `test/stress/scenarios` in a process of its own; one that hangs is killed after `seconds`. */
export function runScenario(name: string, { seconds = 60 }: { seconds?: number } = {}): Promise<Ending> {
  const file = fileURLToPath(new URL(`../stress/scenarios/${name}.mjs`, import.meta.url))
  const begin = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--expose-gc', file], { stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code, signal, stdout, stderr, seconds: (performance.now() - begin) / 1000 })
    })
  })
}

/** Runs a scenario and expects it to end by itself with `code`. What it printed is in the failure's message. */
export async function expectScenario(name: string, { code = 0, seconds = 60 } = {}): Promise<Ending> {
  const ending = await runScenario(name, { seconds })
  expect(
    { code: ending.code, signal: ending.signal },
    `${name} after ${ending.seconds.toFixed(1)} s\n${ending.stderr}`,
  ).toEqual({
    code,
    signal: null,
  })
  return ending
}
