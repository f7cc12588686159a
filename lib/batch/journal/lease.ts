/** Says in a store that a process is at work, as long as it is: an object that is written again and again. */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { AbortError, OutputError } from '../errors.js'
import { isAlive } from '../file-writer.js'
import type { Located } from '../storage/storage.js'

/** Milliseconds between two renewals. */
const RENEWAL = 10_000
/** Milliseconds without a renewal after which whoever held the lease is taken to be gone. No clocks are compared. */
const PATIENCE = 35_000
/** Milliseconds between two looks at the lease of another. */
const LOOK = 2_500

interface Holder {
  readonly host: string
  readonly pid: number
  /** Another with each renewal. */
  readonly renewal: string
}

export class Lease {
  readonly #located: Located
  readonly #timer: NodeJS.Timeout
  #renewing: Promise<unknown> = Promise.resolve()

  private constructor(located: Located) {
    this.#located = located
    this.#timer = setInterval(() => {
      // One that cannot be renewed is no reason to end: at worst another process does the same work too.
      this.#renewing = write(located).catch(() => {})
    }, RENEWAL)
    this.#timer.unref()
  }

  /**
   * Waits until it is certain whether another process is at work: at once on the same machine, else for up to 35 seconds.
   * @throws OutputError when there is one; StorageError
   */
  static async take(located: Located, signal?: AbortSignal): Promise<Lease> {
    const holder = await read(located)
    if (holder && !isGone(holder)) await waitForEnd(located, holder, signal)
    const renewal = await write(located)
    const stays = await read(located)
    if (stays && stays.renewal !== renewal) throw isHeld(located, stays)
    return new Lease(located)
  }

  async release(): Promise<void> {
    clearInterval(this.#timer)
    await this.#renewing
    await this.#located.storage.remove(this.#located.key).catch(() => {})
  }
}

async function waitForEnd(located: Located, first: Holder, signal: AbortSignal | undefined): Promise<void> {
  const began = performance.now()
  while (performance.now() - began < PATIENCE) {
    await sleep(LOOK, undefined, { signal }).catch((error) => {
      throw new AbortError(error)
    })
    const holder = await read(located)
    if (!holder) return
    if (holder.renewal === first.renewal) continue
    throw isHeld(located, holder)
  }
}

const isHeld = ({ storage, key }: Located, { pid, host }: Holder): OutputError =>
  new OutputError('not-writable', `${storage.url}/${key}: process ${pid} of ${host} is at work on the same batch`)

/** Certain only of processes of this machine. */
const isGone = ({ host, pid }: Holder): boolean => host === hostname() && (pid === process.pid || !isAlive(pid))

async function read({ storage, key }: Located): Promise<Holder | null> {
  const data = await storage.readWhole(key)
  if (!data) return null
  try {
    const { host, pid, renewal } = JSON.parse(Buffer.from(data).toString('utf8')) as Holder
    return { host: String(host), pid: Number(pid), renewal: String(renewal) }
  } catch {
    return { host: '', pid: 0, renewal: '' }
  }
}

/** @returns what tells this renewal from others */
async function write({ storage, key }: Located): Promise<string> {
  const holder: Holder = { host: hostname(), pid: process.pid, renewal: randomUUID() }
  await storage.write(key, Buffer.from(JSON.stringify(holder)))
  return holder.renewal
}
