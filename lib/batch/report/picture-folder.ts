/** The pictures of finished jobs, each job's in a file of its own, so that a batch that is continued has them too. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PendingOutput } from '../file-writer.js'
import type { Comparison } from './compare.js'

export class PictureFolder {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** @returns null where there are none, or where what is there is damaged */
  async read(key: string): Promise<Comparison | null> {
    try {
      return JSON.parse(await readFile(this.#file(key), 'utf8')) as Comparison
    } catch {
      return null
    }
  }

  async write(key: string, comparison: Comparison): Promise<void> {
    await mkdir(this.#path, { recursive: true })
    const pending = new PendingOutput(this.#file(key))
    try {
      await writeFile(pending.temporaryPath, JSON.stringify(comparison))
      await pending.commit()
    } finally {
      await pending.discard()
    }
  }

  #file(key: string): string {
    return join(this.#path, `${key}.json`)
  }
}
