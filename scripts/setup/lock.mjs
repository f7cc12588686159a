import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Takes the lock file, waiting while a living process holds it. It contains the holder's pid and start time, so a lock
 * whose holder was killed is recognised, also when its pid was given to another process since.
 * @param {string} folder
 * @param {(pid: number) => void} onWait called once when somebody else holds the lock
 * @returns {Promise<() => void>} gives the lock back
 */
export async function takeLock(folder, onWait) {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, 'lock')
  const mine = `${path}.${process.pid}`
  const content = `${process.pid} ${startTime(process.pid)}`
  writeFileSync(mine, content)
  try {
    for (let waited = false; ; ) {
      if (tryLink(mine, path)) return () => release(path, content)
      const holder = read(path)
      if (holder === undefined) continue
      const [pid, start] = holder.split(' ')
      if (startTime(Number(pid)) !== start) {
        removeStale(path, holder)
        continue
      }
      if (!waited) onWait(Number(pid))
      waited = true
      await sleep(200)
    }
  } finally {
    rmSync(mine, { force: true })
  }
}

/** A hard link appears with its content, unlike a file that is created and then written. */
function tryLink(from, to) {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

/** Moves it away first: if another process replaced the stale lock in between, its lock is put back. */
function removeStale(path, content) {
  const aside = `${path}.stale.${process.pid}`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  if (read(aside) !== content) tryLink(aside, path)
  unlinkSync(aside)
}

function release(path, content) {
  if (read(path) === content) rmSync(path, { force: true })
}

function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** Clock ticks since boot at which a process started (field 22 of its stat file), or 'gone'. */
function startTime(pid) {
  const stat = read(`/proc/${pid}/stat`)
  if (stat === undefined) return isAlive(pid) ? 'alive' : 'gone'
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' ? 'gone' : fields[19]
}

/** For systems without /proc. */
function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
