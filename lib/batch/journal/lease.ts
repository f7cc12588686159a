/** Says in a store that a process is at work, as long as it is: an object that is written again and again. */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { AbortError, InternalError, OutputError } from '../errors.js'
import { isAlive } from '../file-writer.js'
import { placeOfProcesses } from '../storage/scratch.js'
import type { ConditionalStore, Located } from '../storage/storage.js'

/** Milliseconds between two renewals. */
const RENEWAL = 10_000
/** Milliseconds without a renewal after which whoever held the lease is taken to be gone. No clocks are compared. */
const PATIENCE = 35_000
/** Milliseconds between two looks at the lease of another. */
const LOOK = 2_500
/**
 * Where the store has no conditional writes, whoever writes last holds the lease: milliseconds until others that looked at
 * the same time have written too, at least, and as a multiple of the time that looking and writing took.
 */
const SETTLING = 500
const SETTLING_FACTOR = 4

interface Holder {
  readonly host: string
  /** Of the process ids: a machine, or a container on it. */
  readonly place: string
  readonly pid: number
  /** Another with each renewal. */
  readonly renewal: string
}

/** The lease as somebody left it. */
interface Held {
  readonly holder: Holder
  readonly tag: string
}

/** Addresses of the leases that this process has. */
const own = new Set<string>()

export class Lease {
  readonly #place: LeasePlace
  readonly #timer: NodeJS.Timeout
  #held: Held
  #renewing: Promise<void> = Promise.resolve()
  #lost: OutputError | null = null

  private constructor(place: LeasePlace, held: Held) {
    this.#place = place
    this.#held = held
    this.#timer = setInterval(() => {
      // One that cannot be renewed for now may still be ours the next time.
      this.#renewing = this.#renewing.then(() => this.#renew()).catch(() => {})
    }, RENEWAL)
    this.#timer.unref()
  }

  /**
   * Waits until it is certain whether another process is at work: at once on the same machine, else for up to 35 seconds.
   * Of several that ask at the same time one gets it.
   * @throws OutputError when there is another; StorageError
   */
  static async take(located: Located, signal?: AbortSignal): Promise<Lease> {
    const place = new LeasePlace(located)
    if (own.has(place.address)) throw await place.refusal()
    own.add(place.address)
    try {
      return new Lease(place, await place.take(signal))
    } catch (error) {
      own.delete(place.address)
      throw error
    }
  }

  /** @throws OutputError when another process has taken it, because this one did not renew it in time */
  requireHeld(): void {
    if (this.#lost) throw this.#lost
  }

  async release(): Promise<void> {
    clearInterval(this.#timer)
    await this.#renewing
    own.delete(this.#place.address)
    if (!this.#lost) await this.#place.remove(this.#held).catch(() => {})
  }

  async #renew(): Promise<void> {
    if (this.#lost) return
    const written = await this.#place.renew(this.#held)
    if (written) this.#held = written
    else {
      clearInterval(this.#timer)
      this.#lost = await this.#place.refusal()
    }
  }
}

/** Where a lease lies. */
class LeasePlace {
  readonly address: string
  readonly #key: string
  readonly #located: Located
  readonly #store: ConditionalStore
  /** Whether the store has conditional writes; null: not known yet. */
  #isConditional: boolean | null = null

  constructor(located: Located) {
    const { storage, key } = located
    if (!storage.conditional) throw new InternalError('internal', `${storage.url}/${key}: it lies in no store`)
    this.address = `${storage.url}/${key}`
    this.#key = key
    this.#located = located
    this.#store = storage.conditional
  }

  async look(): Promise<Held | null> {
    const found = await this.#store.readTagged(this.#key)
    return found && { holder: parseHolder(found.data), tag: found.tag }
  }

  async take(signal: AbortSignal | undefined): Promise<Held> {
    const began = performance.now()
    let before = await this.look()
    if (before && !this.#isGone(before.holder)) before = await this.#waitForEnd(before, signal)
    const held = await this.#write(before)
    if (!held) throw await this.refusal()
    if (this.#isConditional) return held
    await sleep(Math.max(SETTLING, SETTLING_FACTOR * (performance.now() - began)))
    if (await this.#isOurs(held)) return held
    throw await this.refusal()
  }

  /** @returns null when another process has taken it */
  async renew(held: Held): Promise<Held | null> {
    if (!this.#isConditional && !(await this.#isOurs(held))) return null
    return this.#write(held)
  }

  /**
   * @param before what is there as far as is known
   * @returns null when there is something else
   */
  async #write(before: Held | null): Promise<Held | null> {
    const holder = { host: hostname(), place: placeOfProcesses(), pid: process.pid, renewal: randomUUID() }
    const data = Buffer.from(JSON.stringify(holder))
    const tag = this.#isConditional === false ? 'unknown' : await this.#writeInPlaceOf(before?.tag ?? null, data)
    if (tag === 'refused') {
      // The answer to a first attempt may have been lost on its way.
      const now = await this.look()
      return now?.holder.renewal === holder.renewal ? now : null
    }
    // Some stores pass over conditions that they do not know: what is there now must not be written again.
    this.#isConditional ??= tag !== 'unknown' && (await this.#writeInPlaceOf(null, data)) === 'refused'
    if (tag === 'unknown') await this.#located.storage.write(this.#key, data)
    return { holder, tag }
  }

  #writeInPlaceOf(tag: string | null, data: Uint8Array): Promise<string> {
    return this.#store.writeInPlaceOf(tag, this.#key, data)
  }

  async remove(held: Held): Promise<void> {
    if (await this.#isOurs(held)) await this.#located.storage.remove(this.#key)
  }

  /**
   * Waits for a renewal, which says that the holder is there.
   * @returns what is there when it is certain that nobody is: null when it was released
   * @throws OutputError when there is somebody
   */
  async #waitForEnd(first: Held, signal: AbortSignal | undefined): Promise<Held | null> {
    const began = performance.now()
    while (performance.now() - began < PATIENCE) {
      await sleep(LOOK, undefined, { signal }).catch((error) => {
        throw new AbortError(error)
      })
      const held = await this.look()
      if (!held) return null
      if (held.holder.renewal !== first.holder.renewal) throw this.#isHeldBy(held.holder)
    }
    return first
  }

  async refusal(): Promise<OutputError> {
    const held = await this.look().catch(() => null)
    if (held) return this.#isHeldBy(held.holder)
    return new OutputError('not-writable', `${this.address}: another process is at work on the same batch`)
  }

  async #isOurs({ holder }: Held): Promise<boolean> {
    return (await this.look())?.holder.renewal === holder.renewal
  }

  /** Certain only of processes of this machine. A lease of this very process would have been refused before. */
  #isGone({ place, pid }: Holder): boolean {
    return place === placeOfProcesses() && (pid === process.pid || !isAlive(pid))
  }

  #isHeldBy({ pid, host }: Holder): OutputError {
    return new OutputError('not-writable', `${this.address}: process ${pid} of ${host} is at work on the same batch`)
  }
}

function parseHolder(data: Uint8Array): Holder {
  try {
    const { host, place, pid, renewal } = JSON.parse(Buffer.from(data).toString('utf8')) as Holder
    return { host: String(host), place: String(place), pid: Number(pid), renewal: String(renewal) }
  } catch {
    return { host: '', place: '', pid: 0, renewal: '' }
  }
}
