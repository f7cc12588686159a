/** A journal in a file of this machine, which lines are appended to, each on the disk before the next step is taken. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { OutputError, outputError, systemCode } from '../errors.js'
import { isAlive } from '../file-writer.js'
import type { Log } from './log.js'

/** Paths of the locks that this process has. */
const own = new Set<string>()

function takeLock(path: string): void {
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' })
      own.add(resolve(path))
      return
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw outputError(path, error)
      const pid = Number(readFileSync(path, 'utf8'))
      if (pid === process.pid ? own.has(resolve(path)) : pid > 0 && isAlive(pid)) {
        throw new OutputError('not-writable', `${path}: process ${pid} is at work on the same batch`)
      }
      // Whoever held it is gone.
      rmSync(path, { force: true })
    }
  }
}

function releaseLock(path: string): void {
  rmSync(path, { force: true })
  own.delete(resolve(path))
}

export async function readFileLog(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return ''
    throw outputError(path, error)
  }
}

export class FileLog implements Log {
  readonly #path: string
  readonly #file: FileHandle
  readonly #lock: string
  #writing: Promise<void> = Promise.resolve()

  private constructor(path: string, lock: string, file: FileHandle) {
    this.#path = path
    this.#lock = lock
    this.#file = file
  }

  /** @throws OutputError when it cannot be written, or another process is at work with it */
  static async open(path: string): Promise<{ log: FileLog; text: string }> {
    const lock = `${path}.lock`
    await mkdir(dirname(path), { recursive: true }).catch((error) => {
      throw outputError(path, error)
    })
    takeLock(lock)
    try {
      const text = await readFileLog(path)
      const file = await open(path, 'a')
      // What was cut off must not become part of the next line.
      if (text !== '' && !text.endsWith('\n')) await file.appendFile('\n')
      return { log: new FileLog(path, lock, file), text }
    } catch (error) {
      releaseLock(lock)
      throw outputError(path, error)
    }
  }

  append(line: string): Promise<void> {
    const written = this.#writing.then(async () => {
      try {
        await this.#file.appendFile(line)
        await this.#file.datasync()
      } catch (error) {
        throw outputError(this.#path, error)
      }
    })
    this.#writing = written.catch(() => {})
    return written
  }

  async close(): Promise<void> {
    await this.#writing
    await this.#file.close()
    releaseLock(this.#lock)
  }
}
