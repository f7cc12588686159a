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

/** Runs a program of `test/` in a process of its own; one that hangs is killed after `seconds`. */
function runProgram(path: string, args: readonly string[], seconds: number): Promise<Ending> {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url))
  const begin = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--expose-gc', file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
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

/** Runs a program of `test/stress/scenarios` in a process of its own; one that hangs is killed after `seconds`. */
export function runScenario(name: string, { seconds = 60 }: { seconds?: number } = {}): Promise<Ending> {
  return runProgram(`stress/scenarios/${name}.mjs`, [], seconds)
}

/** Expects an end without a signal. What the program printed is in the failure's message. */
function expectEnd(name: string, { code, signal, seconds, stderr }: Ending, expectedCode: number): void {
  expect({ code, signal }, `${name} after ${seconds.toFixed(1)} s\n${stderr}`).toEqual({
    code: expectedCode,
    signal: null,
  })
}

/** Runs a scenario and expects it to end by itself with `code`. */
export async function expectScenario(name: string, { code = 0, seconds = 60 } = {}): Promise<Ending> {
  const ending = await runScenario(name, { seconds })
  expectEnd(name, ending, code)
  return ending
}

/** Runs a fuzz target on the inputs with the seeds from 1 to `count`. */
export async function expectFuzz(name: string, count: number): Promise<void> {
  expectEnd(name, await runProgram('fuzz/child.mjs', [name, '1', String(count)], 120), 0)
}
