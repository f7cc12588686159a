/** From the addresses that jobs name to storages and keys. */
import { basename, dirname, resolve } from 'node:path'
import { parseS3Address } from './addresses.js'
import { FolderStorage } from './folder.js'
import { type S3Options, S3Storage } from './s3.js'
import type { Located, Storage } from './storage.js'

/**
 * Opens storages by address, each once. An address is a path ("/shared/in.mov", the same on all machines) or
 * "s3://bucket/key".
 */
export class Locations {
  readonly #options: S3Options
  readonly #buckets = new Map<string, Promise<S3Storage>>()

  constructor(options: S3Options = {}) {
    this.#options = options
  }

  async locate(address: string): Promise<Located> {
    const s3 = parseS3Address(address)
    if (s3) return { storage: await this.#bucket(s3.bucket), key: s3.key }
    const path = resolve(address)
    return { storage: new FolderStorage(dirname(path)), key: basename(path) }
  }

  /** The storage whose keys lie below an address, and what to put before them. */
  async folder(address: string): Promise<{ storage: Storage; prefix: string }> {
    const s3 = parseS3Address(address)
    if (!s3) return { storage: new FolderStorage(address), prefix: '' }
    const prefix = s3.key === '' || s3.key.endsWith('/') ? s3.key : `${s3.key}/`
    return { storage: await this.#bucket(s3.bucket), prefix }
  }

  /** Whether there is an object, or a file, of this address. */
  async has(address: string): Promise<boolean> {
    const { storage, key } = await this.locate(address)
    return (await storage.info(key)) !== null
  }

  async close(): Promise<void> {
    for (const bucket of this.#buckets.values()) await bucket.then((storage) => storage.close()).catch(() => {})
    this.#buckets.clear()
  }

  #bucket(name: string): Promise<S3Storage> {
    let bucket = this.#buckets.get(name)
    if (!bucket) {
      bucket = S3Storage.open(name, this.#options)
      this.#buckets.set(name, bucket)
      bucket.catch(() => this.#buckets.delete(name))
    }
    return bucket
  }
}
