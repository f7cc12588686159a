import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'

/** A server that a test started, and ends by its process id. */
export interface Server {
  readonly port: number
  readonly process: ChildProcess
  /** Ends it and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

/** The path of a program, or null. */
export function programPath(name: string): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null
}

/** Servers that set-up installs must be there in continuous integration; elsewhere their tests are skipped, by name. */
export function missingServer(name: string, isThere: boolean): boolean {
  if (!isThere && process.env['CI']) throw new Error(`${name} is not installed: npm run setup installs it`)
  return !isThere
}

export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

export function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => child.once('exit', () => resolve()))
}

/**
 * Starts a server and waits until it has printed what `ready` matches; the first group of it is the port, unless one is
 * given.
 */
export async function startServer(
  command: string,
  args: readonly string[],
  { ready, port }: { ready: RegExp; port?: number },
): Promise<Server> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  const match = await new Promise<RegExpExecArray>((resolve, reject) => {
    let text = ''
    const look = (data: Buffer) => {
      text += data
      const found = ready.exec(text)
      if (found) resolve(found)
    }
    child.stdout.on('data', look)
    child.stderr.on('data', look)
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code}:\n${text}`)))
  })
  return {
    port: port ?? Number(match[1]),
    process: child,
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      await exited(child)
    },
  }
}
