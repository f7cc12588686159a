// What walks through the states of a decoder and of an encoder have in common.
import type { Random } from './random.js'
import { errorName, type Plain, plain, type Step, show, Trace } from './trace.js'
import { observed } from './values.js'

interface Codec extends EventTarget {
  readonly state: string
  ondequeue: unknown
  flush(): Promise<undefined>
  reset(): void
  close(): void
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 0))

/**
 * Callbacks come when they like, so they go into a list of their own, which is recorded in idle moments: their order
 * is what is compared, not their time.
 */
export class Walk<C extends Codec> {
  readonly trace: Trace
  readonly name: string
  readonly #queueSize: keyof C & string
  readonly #events = new Trace()
  #settling: Promise<unknown>[] = []
  #dequeues = 0
  codec!: C

  constructor(trace: Trace, name: string, queueSize: keyof C & string) {
    this.trace = trace
    this.name = name
    this.#queueSize = queueSize
  }

  /** The callbacks for the constructor; `read` tells of an output what is to be compared. */
  callbacks<Args extends unknown[]>(read: (...args: Args) => Plain) {
    return {
      output: (...args: Args) => this.#events.note('output', '', 'ok', read(...args)),
      error: (error: unknown) => this.#events.note('error', '', errorName(error), { state: this.codec.state }),
    }
  }

  begin(codec: C): void {
    this.codec = codec
    codec.addEventListener('dequeue', () => this.#dequeues++)
  }

  attempt(method: string, call: string, action: () => unknown): void {
    this.trace.attempt(`${this.name}.${method}`, call, action)
    this.trace.attempt(`${this.name}.state`, '', () => this.codec.state)
  }

  /** Records how the promise settles among the callbacks. */
  flush(): void {
    const member = `${this.name}.flush`
    const promise = this.codec.flush().then(
      (value) => this.#events.note(member, 'settled', 'ok', String(value)),
      (error: unknown) => this.#events.note(member, 'settled', errorName(error)),
    )
    this.#settling.push(promise)
  }

  reset(): void {
    this.attempt('reset', '', () => this.codec.reset())
    this.noteQueueSize()
  }

  close(): void {
    this.attempt('close', '', () => this.codec.close())
    this.noteQueueSize()
  }

  noteQueueSize(): void {
    this.trace.attempt(`${this.name}.${this.#queueSize}`, '', () => this.codec[this.#queueSize])
  }

  setHandler(value: unknown): void {
    this.trace.attempt(`${this.name}.ondequeue`, show(value), () => {
      this.codec.ondequeue = value
      return this.codec.ondequeue === value ? 'the same' : this.codec.ondequeue
    })
  }

  /** Waits until all work is done, and records what came of it. */
  async idle(): Promise<void> {
    if (this.codec.state === 'configured') this.flush()
    await Promise.all(this.#settling)
    this.#settling = []
    for (let i = 0; i < 3; i++) await turn()
    this.trace.steps.push(...(this.#events.steps.splice(0) as Step[]))
    this.trace.note(`${this.name}.state`, 'idle', 'ok', this.codec.state)
    this.noteQueueSize()
  }

  /** Whether any dequeue event came at all. How many there are is the implementation's affair. */
  noteDequeues(): void {
    this.trace.note(`${this.name}.ondequeue`, 'events came', 'ok', this.#dequeues > 0)
  }
}

interface Support {
  supported: boolean
  config: object
}

/** Asks whether the configuration is supported, and in which order its members are read. */
export async function noteSupport(
  codec: { name: string; isConfigSupported(config: never): Promise<Support> },
  config: object,
  members: readonly string[],
  random: Random,
  trace: Trace,
): Promise<void> {
  const order: string[] = []
  const argument = random.chance(0.5) ? observed(config, members, order) : config
  const member = `${codec.name}.isConfigSupported`
  const ask = () => codec.isConfigSupported(argument as never)
  await trace.attemptAsync(member, show(config), ask, ({ supported, config: echo }) => {
    return { supported: supported ?? null, config: plain(echo) }
  })
  trace.note(member, 'members read', 'ok', order)
}

/** What a walk can do next, and how likely it does. */
export type Steps = [weight: number, step: () => void | Promise<void>][]

export function pickStep(random: Random, steps: Steps): () => void | Promise<void> {
  let at = random.next() * steps.reduce((sum, [weight]) => sum + weight, 0)
  const found = steps.find(([weight]) => {
    at -= weight
    return at < 0
  })
  return (found ?? steps[0]!)[1]
}

/** Constructors without their callbacks. */
export function constructBadly(trace: Trace, name: string, codec: new (init: never) => unknown): void {
  const callback = () => {}
  for (const init of [
    ...[undefined, null, 5, {}, { output: callback }, { error: callback }, { output: callback, error: {} }],
    { output: null, error: callback },
  ]) {
    trace.attempt(`${name}.constructor`, show(init), () => new codec(init as never))
  }
}
