/** Folders of this machine for files that are on their way to or from a store. */
import { createHash } from 'node:crypto'
import { readlinkSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive } from '../file-writer.js'

/** Process ids mean something only on one machine and in one container, which others may share /tmp with. */
export function placeOfProcesses(): string {
  let namespace = ''
  try {
    namespace = readlinkSync('/proc/self/ns/pid')
  } catch {
    // No such thing on this system.
  }
  return createHash('sha256').update(`${hostname()} ${namespace}`).digest('hex').slice(0, 8)
}

let prefix: string | undefined

/** A new folder, which whoever asked for it removes; what processes left that were killed is removed first. */
export async function makeScratch(): Promise<string> {
  if (prefix === undefined) {
    prefix = `webcodecs-native-${placeOfProcesses()}-`
    await removeAbandoned(prefix)
  }
  return mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`))
}

async function removeAbandoned(begin: string): Promise<void> {
  for (const name of await readdir(tmpdir()).catch(() => [])) {
    const pid = name.startsWith(begin) ? Number(/^\d+(?=-)/.exec(name.slice(begin.length))?.[0]) : 0
    if (pid > 0 && !isAlive(pid)) await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => {})
  }
}
