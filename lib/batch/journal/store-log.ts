/**
 * A journal in a store, where nothing can be appended to an object: a folder of parts, each of which has some lines. A part
 * is written anew with each line that it gets until it is full, then another begins. Each run has parts of its own, so that
 * none can destroy what another wrote.
 */
import { randomUUID } from 'node:crypto'
import { AbortError, StorageError } from '../errors.js'
import { retrying } from '../retrying.js'
import type { Located, Storage } from '../storage/storage.js'
import { Lease } from './lease.js'
import type { Log } from './log.js'

/** Bytes of a part: as many are written again for a line, at most. */
const PART_SIZE = 64 << 10
/** Parts that are read at the same time. */
const PARTS_AT_ONCE = 8

/** The lines of all parts, those of an earlier run first. */
export async function readStoreLog({ storage, key }: Located, signal?: AbortSignal): Promise<string> {
  const keys: string[] = []
  for await (const listed of storage.list(`${key}/`)) if (listed.key.endsWith('.jsonl')) keys.push(listed.key)
  // Names begin with the time at which their run did.
  keys.sort()
  const texts = new Array<string>(keys.length)
  let next = 0
  const readNext = async (): Promise<void> => {
    for (let index = next++; index < keys.length; index = next++) {
      if (signal?.aborted) throw new AbortError(signal.reason)
      texts[index] = await readPart(storage, keys[index]!)
    }
  }
  await Promise.all(Array.from({ length: PARTS_AT_ONCE }, readNext))
  return texts.join('')
}

async function readPart(storage: Storage, key: string): Promise<string> {
  const data = await retrying(() => storage.readWhole(key))
  if (!data) throw new StorageError('not-found', `${storage.url}/${key}: it is gone since it was listed`)
  return Buffer.from(data).toString('utf8')
}

export class StoreLog implements Log {
  readonly #storage: Storage
  readonly #begin: string
  readonly #lease: Lease
  #number = 0
  /** The lines of the part at work. */
  #part = ''
  /** Lines that are not written yet. */
  #waiting = ''
  #writing: Promise<void> = Promise.resolve()
  /** The write that takes what waits, once the one before it is over. */
  #next: Promise<void> | null = null

  private constructor({ storage, key }: Located, lease: Lease) {
    this.#storage = storage
    this.#begin = `${key}/${String(Date.now()).padStart(14, '0')}-${randomUUID().slice(0, 8)}`
    this.#lease = lease
  }

  /** @throws StorageError; OutputError when another process is at work with it; AbortError */
  static async open(located: Located, signal?: AbortSignal): Promise<{ log: StoreLog; text: string }> {
    const lease = await Lease.take({ ...located, key: `${located.key}/lock` }, signal)
    try {
      return { log: new StoreLog(located, lease), text: await readStoreLog(located, signal) }
    } catch (error) {
      await lease.release()
      throw error
    }
  }

  append(line: string): Promise<void> {
    this.#waiting += line
    this.#next ??= this.#writing.catch(() => {}).then(() => this.#write())
    return this.#next
  }

  async close(): Promise<void> {
    await (this.#next ?? this.#writing).catch(() => {})
    await this.#lease.release()
  }

  async #write(): Promise<void> {
    this.#writing = this.#next!
    this.#next = null
    this.#lease.requireHeld()
    this.#part += this.#waiting
    this.#waiting = ''
    const key = `${this.#begin}-${String(this.#number).padStart(6, '0')}.jsonl`
    const data = Buffer.from(this.#part)
    await retrying(() => this.#storage.write(key, data))
    if (data.length < PART_SIZE) return
    this.#number++
    this.#part = ''
  }
}
