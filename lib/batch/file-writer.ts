/** Files that appear whole or not at all. */
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { access, constants, type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { OutputError, outputError, systemCode } from './errors.js'

/** What is to be removed when the process ends before its time. */
const unfinished = new Set<string>()
let watchesExit = false

function removeUnfinished(): void {
  for (const path of unfinished) rmSync(path, { recursive: true, force: true })
}

function watchExit(): void {
  if (watchesExit) return
  watchesExit = true
  process.on('exit', removeUnfinished)
}

/** The names of outputs that are not whole, which tell the process that writes them. */
export const UNFINISHED_NAME = /^\..*\.(\d+)-[0-9a-f]{8}\.part$/

/** A place for an output beside where it will be, in the same folder, so that a rename is all that is missing. */
export class PendingOutput {
  readonly path: string
  readonly temporaryPath: string

  constructor(path: string) {
    this.path = path
    this.temporaryPath = join(dirname(path), `.${basename(path)}.${process.pid}-${randomBytes(4).toString('hex')}.part`)
    watchExit()
    unfinished.add(this.temporaryPath)
  }

  /** Gives the output its name, over what had it before; a folder takes the place of a folder. */
  async commit(): Promise<void> {
    try {
      const [from, to] = await Promise.all([stat(this.temporaryPath), stat(this.path).catch(() => null)])
      // A folder cannot be renamed over another that has something in it.
      if (from.isDirectory() && to) await rm(this.path, { recursive: true })
      await rename(this.temporaryPath, this.path)
    } catch (error) {
      throw outputError(this.path, error)
    }
    unfinished.delete(this.temporaryPath)
  }

  /** Removes what is there of it; never rejects. */
  async discard(): Promise<void> {
    await rm(this.temporaryPath, { recursive: true, force: true }).catch(() => {})
    unfinished.delete(this.temporaryPath)
  }
}

/**
 * Removes what processes of this machine that are gone have left unfinished in a folder. Only for whoever knows that
 * nobody on another machine writes there.
 */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const pid = UNFINISHED_NAME.exec(name)?.[1]
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(folder, name), { recursive: true, force: true })
  }
}

/** Whether a process of this machine is alive. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemCode(error) === 'EPERM'
  }
}

/** Whether two paths lead to one file. */
export async function isSameFile(path: string, other: string): Promise<boolean> {
  const [one, two] = await Promise.all([stat(path).catch(() => null), stat(other).catch(() => null)])
  return one !== null && two !== null && one.dev === two.dev && one.ino === two.ino
}

/**
 * Makes the folder of an output, and finds out whether it can be written to and is not the input.
 * @throws OutputError
 */
export async function prepareOutput(path: string, input: string, { folder = false } = {}): Promise<PendingOutput> {
  try {
    await mkdir(dirname(path), { recursive: true })
    await access(dirname(path), constants.W_OK)
  } catch (error) {
    throw outputError(path, error)
  }
  const to = await stat(path).catch(() => null)
  if (to && to.isDirectory() !== folder) {
    throw new OutputError('not-writable', `${path}: there is a ${folder ? 'file' : 'folder'} of that name`)
  }
  if (await isSameFile(input, path)) {
    throw new OutputError('would-overwrite-input', `${path}: the output would overwrite the input`)
  }
  return new PendingOutput(path)
}

/** Writes all of `data`: a single call writes less than that where a disk is nearly full. */
async function writeAll(file: FileHandle, data: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < data.byteLength; ) {
    const { bytesWritten } = await file.write(data, done, data.byteLength - done, position + done)
    done += bytesWritten
  }
}

export interface PositionedWrite {
  readonly data: Uint8Array
  readonly position: number
}

/**
 * A stream of writes at positions into a file. What the disk says reaches whoever waits for the stream.
 * @param named the path that errors tell
 */
export function fileStream(path: string, named: string): WritableStream<PositionedWrite> {
  let file: FileHandle | undefined
  return new WritableStream<PositionedWrite>({
    async start() {
      file = await open(path, 'w').catch((error) => {
        throw outputError(named, error)
      })
    },
    async write({ data, position }) {
      try {
        await writeAll(file!, data, position)
      } catch (error) {
        // A stream that failed is neither closed nor aborted any more.
        await file!.close().catch(() => {})
        throw outputError(named, error)
      }
    },
    async close() {
      await file?.close()
    },
    async abort() {
      await file?.close().catch(() => {})
    },
  })
}
