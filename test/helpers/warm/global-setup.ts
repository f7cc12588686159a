// Puts an `ffmpeg` and an `ffprobe` on the PATH of the tests that begin at once: the programs of this machine, whose
// libraries were loaded before (see server.c). Tests run them more than two thousand times.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { copyFile, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const source = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const compile = (...args: string[]) => promisify(execFile)('cc', ['-O1', ...args])

function findProgram(name: string): string {
  const path = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name))
  const found = path.find((candidate) => existsSync(candidate))
  if (!found) throw new Error(`expected ${name} on the PATH`)
  return found
}

/** Starts the server of a program, and puts the client that asks it in `folder`. */
async function warm(name: string, folder: string): Promise<ChildProcess> {
  const program = findProgram(name)
  const client = join(folder, name)
  await copyFile(join(folder, 'client'), client)
  await symlink(program, `${client}.program`)
  const env = { ...process.env, LD_PRELOAD: join(folder, 'server.so'), WARM_SOCKET: `${client}.socket` }
  const server = spawn(program, [], { env, stdio: ['pipe', 'pipe', 'inherit'] })
  const [event] = await Promise.race([once(server.stdout, 'data'), once(server, 'exit').then(() => ['ended'])])
  if (event === 'ended') throw new Error(`the server of ${program} ended`)
  return server
}

/** Returns what ends it. Where it does not work, the tests start the programs themselves. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.platform !== 'linux') return undefined
  const folder = await mkdtemp(join(tmpdir(), 'webcodecs-warm-'))
  const servers: ChildProcess[] = []
  const end = async () => {
    for (const server of servers) server.stdin?.end()
    await rm(folder, { recursive: true })
  }
  try {
    await compile('-shared', '-fPIC', '-o', join(folder, 'server.so'), source('server.c'), '-ldl')
    await compile('-o', join(folder, 'client'), source('client.c'))
    for (const name of ['ffmpeg', 'ffprobe']) servers.push(await warm(name, folder))
  } catch (error) {
    console.warn(`Each test loads ffmpeg anew: ${(error as Error).message}`)
    await end()
    return undefined
  }
  process.env['PATH'] = `${folder}${delimiter}${process.env['PATH']}`
  return end
}
