/** Opens sources wherever they are: files of this machine, objects of a store, and addresses that libavformat opens. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from './errors.js'
import type { Job } from './job.js'
import type { MediaSource } from './media-io.js'
import type { RangedFile } from './mediabunny-source.js'
import { openSource } from './open-media.js'
import { retrying } from './retrying.js'
import { copyPlaylist } from './storage/copy-playlist.js'
import type { Locations } from './storage/locations.js'
import { makeScratch } from './storage/scratch.js'
import type { Located, ObjectInfo } from './storage/storage.js'

export class Sources {
  readonly #locations: Locations
  readonly #signal: AbortSignal | undefined
  /** By address: an object is looked up, and copied, once. */
  readonly #files = new Map<string, Promise<StoredFile | undefined>>()
  #scratch: Promise<string> | null = null

  constructor(locations: Locations, signal?: AbortSignal) {
    this.#locations = locations
    this.#signal = signal
  }

  /**
   * How a source is read that lies in a store; undefined for one that this machine opens by its path.
   * @throws InputError `not-found`, StorageError
   */
  ranged(path: string): Promise<StoredFile | undefined> {
    let file = this.#files.get(path)
    if (!file) {
      file = this.#find(path)
      this.#files.set(path, file)
    }
    return file
  }

  /** @throws InputError, StorageError */
  async open(input: Job['input']): Promise<MediaSource> {
    return openSource(input, await this.ranged(input.path))
  }

  /** Removes the copies that were made. */
  async close(): Promise<void> {
    const scratch = await this.#scratch?.catch(() => null)
    if (scratch) await rm(scratch, { recursive: true, force: true })
  }

  async #find(path: string): Promise<StoredFile | undefined> {
    const located = await this.#locations.locate(path)
    if (located.storage.localPath(located.key) !== null) return undefined
    const info = await located.storage.info(located.key)
    if (!info) throw new InputError('not-found', `${path}: there is no such file`)
    const number = this.#files.size
    const folder = async () => {
      this.#scratch ??= makeScratch()
      return join(await this.#scratch, String(number))
    }
    return new StoredFile(path, located, info, folder, this.#signal)
  }
}

/** An object of a store, which stays the same as long as it is read. */
export class StoredFile implements RangedFile {
  readonly size: number
  readonly #path: string
  readonly #located: Located
  readonly #info: ObjectInfo
  readonly #folder: () => Promise<string>
  readonly #signal: AbortSignal | undefined
  #copy: Promise<string> | null = null

  constructor(
    path: string,
    located: Located,
    info: ObjectInfo,
    folder: () => Promise<string>,
    signal: AbortSignal | undefined,
  ) {
    this.size = info.size
    this.#path = path
    this.#located = located
    this.#info = info
    this.#folder = folder
    this.#signal = signal
  }

  read(start: number, end: number): Promise<Uint8Array> {
    const { storage, key } = this.#located
    const signal = this.#signal
    return retrying(() => storage.read(key, start, end, { signal, tag: this.#info.tag }), signal)
  }

  copy(): Promise<string> {
    this.#copy ??= this.#download()
    return this.#copy
  }

  async #download(): Promise<string> {
    const { storage, key } = this.#located
    const folder = await this.#folder()
    if (key.endsWith('.m3u8')) return copyPlaylist(this.#located, folder, this.#signal)
    const path = join(folder, 'source')
    await retrying(() => storage.get(key, path, this.#signal), this.#signal)
    if ((await storage.info(key))?.version === this.#info.version) return path
    throw new InputError('unreadable', `${this.#path}: another file took its place meanwhile`, { retryable: true })
  }
}
