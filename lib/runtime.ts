/**
 * The way of events from native code to their receivers. Native code delivers batches; they go through one first-in
 * first-out queue in which, after each event that ran code of the user's, all microtasks run before the next: promise
 * reactions come between two outputs as they do in browsers, where each output is a task.
 */
import { loadBinding } from './binding.js'
import { beginTracking } from './diagnostics/tracking.js'
import { exceptionFromStatus } from './errors.js'
import { Loans } from './loans.js'
import {
  type AudioBufferHandle,
  type CapturedItem,
  type ContainerEvent,
  EventKind,
  type NativeBinding,
  type NativeEvent,
  type PictureHandle,
  type StagingHandle,
  StatusCode,
} from './native.js'

export type JobEvent = Extract<NativeEvent, { 0: typeof EventKind.job }>
type ReturnedEvent = Extract<NativeEvent, { 0: typeof EventKind.returned }>
export type ImageEvent = Extract<
  NativeEvent,
  { 0: typeof EventKind.imageTracks | typeof EventKind.imageFrame | typeof EventKind.imageError }
>
export type CaptureEvent = Extract<NativeEvent, { 0: typeof EventKind.capture }>
export type CodecEvent = Exclude<NativeEvent, JobEvent | ReturnedEvent | ImageEvent | ContainerEvent | CaptureEvent>
/** What a container's thread tells besides errors. */
export type ContainerReceiverEvent = ContainerEvent | Extract<NativeEvent, { 0: typeof EventKind.done }>

/** What goes to a receiver. */
export type ReceivedEvent = CodecEvent | ImageEvent | ContainerEvent | CaptureEvent

/** A codec, an image, a container or a reader, as the runtime sees it. */
export interface EventReceiver {
  /** Counts resets; events of other generations are stale. */
  readonly generation: number
  /** @returns whether code of the user's ran, or will run in a microtask */
  receive(event: ReceivedEvent): boolean
}

interface Delivery {
  readonly event: NativeEvent
  /** Held from arrival to delivery, so that it is not collected in between. */
  readonly receiver: EventReceiver | undefined
}

interface Job {
  resolve(result: StagingHandle | null): void
  reject(exception: DOMException): void
}

export class Runtime {
  /** Wrapped while allocations are tracked. */
  native: NativeBinding
  #nextCodecId = 1
  /** Codecs that the user may have forgotten are not kept alive by their entry here. */
  readonly #receivers = new Map<number, WeakRef<EventReceiver>>()
  readonly #collected = new FinalizationRegistry<number>((codecId) => this.#receivers.delete(codecId))
  /** Codecs with work under way: their outputs must come even if nobody refers to them any more. */
  readonly #active = new Set<EventReceiver>()
  readonly #jobs = new Map<number, Job>()
  readonly #loans = new Loans()
  #nextReturnId = 1
  readonly #returns = new Map<number, (buffer: ArrayBuffer) => void>()
  #queue: Delivery[] = []
  /** The first of `#queue` that is not delivered. */
  #next = 0
  #pumping = false

  constructor(native: NativeBinding) {
    this.native = native
    native.start((events) => this.#onEvents(events))
    beginTracking(this)
  }

  /** @returns the id that names the receiver in events */
  register(receiver: EventReceiver): number {
    const codecId = this.#nextCodecId++
    this.#receivers.set(codecId, new WeakRef(receiver))
    this.#collected.register(receiver, codecId, receiver)
    return codecId
  }

  unregister(receiver: EventReceiver, codecId: number): void {
    this.#receivers.delete(codecId)
    this.#collected.unregister(receiver)
    this.#active.delete(receiver)
  }

  /** Keeps a receiver alive, or not, whoever else refers to it. */
  setActive(receiver: EventReceiver, active: boolean): void {
    if (active) this.#active.add(receiver)
    else this.#active.delete(receiver)
  }

  /** Frees the outputs of a receiver that was reset; its events are stale, all of them. */
  discardEvents(receiver: EventReceiver): void {
    const waiting = this.#queue.slice(this.#next)
    this.#queue = []
    this.#next = 0
    for (const delivery of waiting) {
      if (delivery.receiver !== receiver) this.#queue.push(delivery)
      else this.#discard(delivery.event)
    }
  }

  /** The end of a job that native code runs. Rejects with the DOMException for its status. */
  waitForJob(jobId: number): Promise<StagingHandle | null> {
    return new Promise((resolve, reject) => this.#jobs.set(jobId, { resolve, reject }))
  }

  /**
   * Waits for an ArrayBuffer that native code adopts to come back. It does not keep the process alive.
   * @returns the id to give it to native code with
   */
  expectReturn(onReturned: (buffer: ArrayBuffer) => void): number {
    this.#returns.set(this.#nextReturnId, onReturned)
    return this.#nextReturnId++
  }

  /** Gives a picture up. What was borrowed of it is taken back with the last handle to it. */
  closePicture(picture: PictureHandle): void {
    const loanId = this.native.closePicture(picture)
    if (loanId) this.#loans.end(loanId, this.native.detachBuffer)
  }

  /** The same for sound. */
  closeAudioBuffer(buffer: AudioBufferHandle): void {
    const loanId = this.native.closeAudioBuffer(buffer)
    if (loanId) this.#loans.end(loanId, this.native.detachBuffer)
  }

  /** Gives up what a reader got. */
  closeCaptured(item: CapturedItem): void {
    if (item.length === 6) this.closeAudioBuffer(item[0])
    else this.closePicture(item[0])
  }

  /** Memory of a resource, lent under its number; `lend` is called when it is not lent already. */
  borrow(loanId: number, lend: () => (ArrayBuffer | number)[]): (ArrayBuffer | number)[] {
    return this.#loans.borrow(loanId, lend)
  }

  #onEvents(events: NativeEvent[]): void {
    for (const event of events) {
      const isOfCodec = event[0] !== EventKind.job && event[0] !== EventKind.returned
      const receiver = isOfCodec ? this.#receivers.get(event[1])?.deref() : undefined
      this.#queue.push({ event, receiver })
    }
    if (!this.#pumping) this.#pump()
  }

  readonly #pump = (): void => {
    this.#pumping = true
    while (this.#next < this.#queue.length) {
      const { event, receiver } = this.#queue[this.#next++]!
      if (this.#deliver(event, receiver)) {
        // Ticks run before microtasks when both wait. Asked for within a microtask, the tick comes after all of them.
        queueMicrotask(() => process.nextTick(this.#pump))
        return
      }
    }
    this.#queue = []
    this.#next = 0
    this.#pumping = false
  }

  #deliver(event: NativeEvent, receiver: EventReceiver | undefined): boolean {
    if (event[0] === EventKind.job) return this.#endJob(event)
    if (event[0] === EventKind.returned) return this.#handBack(event)
    if (receiver && event[2] === receiver.generation) return receiver.receive(event)
    this.#discard(event)
    return false
  }

  #discard(event: NativeEvent): void {
    if (event[0] === EventKind.frame) this.closePicture(event[3])
    if (event[0] === EventKind.imageFrame) this.closePicture(event[4])
    if (event[0] === EventKind.audioData) this.native.closeAudioBuffer(event[3])
    if (event[0] === EventKind.capture) for (const item of event[9]) this.closeCaptured(item)
  }

  #handBack([, returnId, buffer]: ReturnedEvent): boolean {
    this.#returns.get(returnId)?.(buffer)
    this.#returns.delete(returnId)
    return true
  }

  #endJob([, jobId, status, message, result]: JobEvent): boolean {
    const job = this.#jobs.get(jobId)
    this.#jobs.delete(jobId)
    if (status === StatusCode.ok) job?.resolve(result)
    else job?.reject(exceptionFromStatus(status, message))
    return true
  }
}

/**
 * The runtime of this environment. It hangs on the addon's exports: the ES module and the CommonJS build of this
 * package are two copies of this file, but one addon with one receiver of events.
 */
const runtimeKey = Symbol.for('webcodecs-native.runtime')

let runtime: Runtime | undefined

/** Loads the addon on first use. */
export function getRuntime(): Runtime {
  if (runtime) return runtime
  const native: NativeBinding & { [runtimeKey]?: Runtime } = loadBinding()
  native[runtimeKey] ??= new Runtime(native)
  runtime = native[runtimeKey]
  return runtime
}
