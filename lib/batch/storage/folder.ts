/** A folder of this machine, or one that several machines mount. */
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, type FileHandle, link, mkdir, open, opendir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { StorageError, systemCode } from '../errors.js'
import { PendingOutput, prepareOutput, UNFINISHED_NAME } from '../file-writer.js'
import { sha256OfFile } from './checksum.js'
import { storageError } from './failure.js'
import type { ListedObject, ObjectInfo, PutOptions, PutResult, Storage } from './storage.js'

/** Begins the names of files that are being written. They are no objects. */
export const TEMPORARY_PREFIX = '.unfinished-'

export class FolderStorage implements Storage {
  readonly url: string
  readonly conditional = null

  /** @param path of the folder, which need not exist yet */
  constructor(path: string) {
    this.url = resolve(path)
  }

  async info(key: string): Promise<ObjectInfo | null> {
    try {
      const { size, mtimeMs } = await stat(this.localPath(key))
      return { size, sha256: null, version: `${size}-${mtimeMs}`, tag: null }
    } catch (error) {
      if (isMissing(error)) return null
      throw storageError(this.#nameOf(key), error)
    }
  }

  async read(key: string, start: number, end: number): Promise<Uint8Array> {
    return this.#doing(key, async (path) => {
      const file = await open(path, 'r')
      try {
        return await readRange(file, start, end, this.#nameOf(key))
      } finally {
        await file.close()
      }
    })
  }

  async readWhole(key: string): Promise<Uint8Array | null> {
    try {
      return await readFile(this.localPath(key))
    } catch (error) {
      if (isMissing(error)) return null
      throw storageError(this.#nameOf(key), error)
    }
  }

  async write(key: string, data: Uint8Array): Promise<void> {
    await this.#appear(key, async (path) => {
      const file = await open(path, 'wx')
      try {
        await file.writeFile(data)
        await file.sync()
      } finally {
        await file.close()
      }
    })
  }

  async copy(from: string, to: string): Promise<void> {
    await this.#appear(to, (path) => copyFile(this.localPath(from), path))
  }

  async put(key: string, path: string, { ifAbsent = false, signal }: PutOptions = {}): Promise<PutResult> {
    return this.#doing(key, async (target) => {
      if (ifAbsent && (await this.info(key))) return 'existed'
      await mkdir(dirname(target), { recursive: true })
      const temporary = temporaryPath(target)
      try {
        await copyVerified(path, temporary, this.#nameOf(key), signal)
        return await publish(temporary, target, ifAbsent)
      } finally {
        await rm(temporary, { force: true })
      }
    })
  }

  async take(key: string, path: string, { ifAbsent = false, signal }: PutOptions = {}): Promise<PutResult> {
    return this.#doing(key, async (target) => {
      await mkdir(dirname(target), { recursive: true })
      try {
        return await publish(path, target, ifAbsent)
      } catch (error) {
        if (systemCode(error) !== 'EXDEV') throw error
      }
      const result = await this.put(key, path, { ifAbsent, signal })
      await rm(path, { force: true })
      return result
    })
  }

  async scratch(prefix: string): Promise<string> {
    return this.#doing(prefix, async (root) => {
      const folder = join(root, `${TEMPORARY_PREFIX}${randomUUID()}`)
      await mkdir(folder, { recursive: true })
      return folder
    })
  }

  async get(key: string, path: string, signal?: AbortSignal): Promise<void> {
    await this.#doing(key, async (source) => {
      await mkdir(dirname(path), { recursive: true })
      const temporary = temporaryPath(path)
      try {
        await copyVerified(source, temporary, this.#nameOf(key), signal)
        await rename(temporary, path)
      } finally {
        await rm(temporary, { force: true })
      }
    })
  }

  async move(from: string, to: string, { ifAbsent = false }: PutOptions = {}): Promise<PutResult> {
    return this.#doing(from, async (source) => {
      const target = this.localPath(to)
      await mkdir(dirname(target), { recursive: true })
      return publish(source, target, ifAbsent)
    })
  }

  async *list(prefix: string): AsyncGenerator<ListedObject> {
    const root = prefix.includes('/') ? this.localPath(prefix.slice(0, prefix.lastIndexOf('/'))) : this.url
    for await (const path of filesBelow(root)) {
      const key = relative(this.url, path).split(sep).join('/')
      if (!key.startsWith(prefix)) continue
      const status = await stat(path).catch(() => null)
      if (status) yield { key, size: status.size, modified: status.mtimeMs }
    }
  }

  async remove(key: string): Promise<void> {
    await this.#doing(key, (path) => rm(path, { force: true }))
  }

  async requireWritable(key: string): Promise<void> {
    await (await prepareOutput(this.localPath(key), '')).discard()
  }

  localPath(key: string): string {
    const path = resolve(this.url, key)
    if (path !== this.url && !path.startsWith(this.url === sep ? sep : this.url + sep)) {
      throw new StorageError('not-writable', `expected a key inside ${this.url} for key but received "${key}"`)
    }
    return path
  }

  close(): void {}

  /** A file that `fill` writes appears in one step. */
  async #appear(key: string, fill: (path: string) => Promise<void>): Promise<void> {
    await this.#doing(key, async (target) => {
      await mkdir(dirname(target), { recursive: true })
      const pending = new PendingOutput(target)
      try {
        await fill(pending.temporaryPath)
        await pending.commit()
      } finally {
        await pending.discard()
      }
    })
  }

  #nameOf(key: string): string {
    return join(this.url, key)
  }

  async #doing<T>(key: string, work: (path: string) => Promise<T>): Promise<T> {
    try {
      return await work(this.localPath(key))
    } catch (error) {
      throw storageError(this.#nameOf(key), error)
    }
  }
}

const isMissing = (error: unknown): boolean => systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR'

const temporaryPath = (path: string): string =>
  join(dirname(path), `${TEMPORARY_PREFIX}${randomUUID().slice(0, 8)}-${basename(path)}`)

/** The file at `source` becomes `target`: by a hard link when nothing may be replaced, which of two only one succeeds at. */
async function publish(source: string, target: string, ifAbsent: boolean): Promise<PutResult> {
  if (!ifAbsent) {
    await rename(source, target)
    return 'stored'
  }
  try {
    await link(source, target)
    await rm(source, { force: true })
    return 'stored'
  } catch (error) {
    if (systemCode(error) === 'EEXIST') {
      await rm(source, { force: true })
      return 'existed'
    }
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(systemCode(error) ?? '')) throw error
  }
  // File systems without hard links: whoever looks and renames in the same instant as another replaces that one's file
  // by an equally whole one.
  if (await stat(target).catch(() => null)) {
    await rm(source, { force: true })
    return 'existed'
  }
  await rename(source, target)
  return 'stored'
}

/** Copies a file to the disk itself, and verifies by checksum what it can read back. */
async function copyVerified(source: string, target: string, name: string, signal?: AbortSignal): Promise<void> {
  const hash = createHash('sha256')
  const file = await open(target, 'wx')
  try {
    for await (const data of createReadStream(source, { highWaterMark: 1 << 20, signal })) {
      hash.update(data as Buffer)
      await file.writeFile(data as Buffer)
    }
    await file.sync()
  } finally {
    await file.close()
  }
  if ((await sha256OfFile(target, signal)) !== hash.digest('hex')) {
    throw new StorageError('checksum', `${name}: what was written differs from what is read back`, { retryable: true })
  }
}

async function readRange(file: FileHandle, start: number, end: number, name: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - start)
  let filled = 0
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled)
    if (bytesRead === 0) {
      throw new StorageError('checksum', `${name}: expected ${end} bytes but found ${start + filled}`)
    }
    filled += bytesRead
  }
  return bytes
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  let entries: Awaited<ReturnType<typeof opendir>>
  try {
    entries = await opendir(folder)
  } catch (error) {
    if (isMissing(error)) return
    throw storageError(folder, error)
  }
  for await (const entry of entries) {
    if (entry.name.startsWith(TEMPORARY_PREFIX) || UNFINISHED_NAME.test(entry.name)) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* filesBelow(path)
    else yield path
  }
}
