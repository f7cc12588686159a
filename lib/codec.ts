/**
 * What the codecs share: state, control message queue, saturation, pending flush promises, the dequeue event and
 * generations, in the words of the specification ("Codec Processing Model" and the algorithms of each codec). A codec
 * interface of the specification inherits from EventTarget alone, so it holds one of these instead of extending it.
 */
import { type ControlMessageOutcome, ControlMessageQueue } from './control-queue.js'
import { withStack } from './diagnostics/call-tracking.js'
import { abortError, exceptionFromStatus, invalidStateError, reportException } from './errors.js'
import { type CodecHandle, EventKind, type NativeBinding } from './native.js'
import { type CodecEvent, type EventReceiver, getRuntime, type Runtime } from './runtime.js'
import { EventHandler } from './webidl/event-handler.js'

export type CodecState = 'unconfigured' | 'configured' | 'closed'

/** Web IDL: WebCodecsErrorCallback */
export type WebCodecsErrorCallback = (error: DOMException) => void

export type OutputEvent = Extract<
  CodecEvent,
  {
    0: typeof EventKind.chunk | typeof EventKind.frame | typeof EventKind.outputConfig | typeof EventKind.audioData
  }
>

/** What differs from codec to codec. */
export interface CodecTraits {
  /** The interface's name in error messages. */
  readonly name: string
  /**
   * How many encode or decode requests native code may hold at once before the codec is saturated (spec: [[codec
   * saturated]]).
   */
  saturationLimit(): number
  /** Makes the native codec; called for the first configuration. */
  create(native: NativeBinding, codecId: number): CodecHandle
  /** Handles an output. @returns whether the output callback was called */
  output(event: OutputEvent): boolean
  /** Clears the slots of the codec's own (the part of the Reset algorithm that differs). */
  reset(): void
}

/** A control message to configure the codec. */
export interface ConfigureMessage {
  /** The NotSupportedError to close the codec with, when it is known already that the configuration is not supported. */
  readonly rejection: DOMException | null
  /** Hands the configuration to native code. */
  apply(native: NativeBinding, codec: CodecHandle): void
  /** Called when the configuration is in effect: outputs that follow belong to it. */
  configured(): void
}

/** A control message to encode or decode. */
export interface WorkMessage {
  /** Hands the input to native code, and gives up what the message holds. */
  submit(native: NativeBinding, codec: CodecHandle): void
  /** Gives up what the message holds. */
  drop(): void
}

interface PendingFlush {
  resolve(): void
  reject(exception: DOMException): void
}

export class Codec implements EventReceiver {
  readonly #target: EventTarget
  readonly #traits: CodecTraits
  readonly #errorCallback: WebCodecsErrorCallback
  readonly ondequeue: EventHandler<EventTarget>

  #state: CodecState = 'unconfigured'
  #queueSize = 0
  #dequeueEventScheduled = false
  readonly #controlMessageQueue = new ControlMessageQueue()
  readonly #pendingFlushPromises = new Map<number, PendingFlush>()
  #nextFlushId = 1

  #runtime: Runtime | null = null
  #codecId = 0
  /** spec: [[codec implementation]] */
  #codecImplementation: CodecHandle | null = null
  #generation = 0
  /** Encode or decode requests in native code's hands. */
  #inFlight = 0
  /** The configuration on its way through native code, which answers with `configured`. */
  #pendingConfiguration: ConfigureMessage | null = null
  /** Whether native code has had a configuration since the last reset. */
  #hasConfiguration = false
  /** What closes the codec for a configuration that is not supported: the end of a flush, or a task. */
  #pendingRejection: { flushId: number; exception: DOMException } | NodeJS.Immediate | null = null

  constructor(target: EventTarget, traits: CodecTraits, errorCallback: WebCodecsErrorCallback) {
    this.#target = target
    this.#traits = traits
    this.#errorCallback = errorCallback
    this.ondequeue = new EventHandler(target, 'dequeue')
  }

  get state(): CodecState {
    return this.#state
  }

  /** spec: [[encodeQueueSize]], [[decodeQueueSize]] */
  get queueSize(): number {
    return this.#queueSize
  }

  /** The number of resets; native code counts them too, and its events tell it. */
  get generation(): number {
    return this.#generation
  }

  /** @throws InvalidStateError unless the codec is configured */
  requireConfigured(): void {
    if (this.#state !== 'configured') {
      throw invalidStateError(`expected a configured ${this.#traits.name} but it is ${this.#state}`)
    }
  }

  #requireOpen(): void {
    if (this.#state === 'closed') throw invalidStateError(`expected an open ${this.#traits.name} but it is closed`)
  }

  /** The steps of configure() after the configuration was found valid. */
  configure(message: ConfigureMessage): void {
    this.#requireOpen()
    this.#state = 'configured'
    this.#controlMessageQueue.enqueue({ run: () => this.#runConfigure(message) })
    this.#process()
  }

  /** The steps of encode() and decode() from the increment of the queue size on. */
  enqueueWork(message: WorkMessage): void {
    this.#queueSize++
    const work = withStack(message)
    this.#controlMessageQueue.enqueue({ run: () => this.#runWork(work), drop: () => work.drop() })
    this.#process()
  }

  /** The steps of flush() from the new promise on. */
  flush(): Promise<void> {
    const flushId = this.#nextFlushId++
    const promise = new Promise<void>((resolve, reject) => this.#pendingFlushPromises.set(flushId, { resolve, reject }))
    this.#controlMessageQueue.enqueue({ run: () => this.#runFlush(flushId) })
    this.#process()
    return promise
  }

  reset(): void {
    this.#reset(abortError(`${this.#traits.name} was reset`))
  }

  close(): void {
    this.#close(abortError(`${this.#traits.name} was closed`))
  }

  /** spec: "Process the control message queue" */
  #process(): void {
    this.#controlMessageQueue.process()
    this.#updateActivity()
  }

  /** Running a control message to configure the codec. */
  #runConfigure(message: ConfigureMessage): ControlMessageOutcome {
    this.#controlMessageQueue.blocked = true
    if (message.rejection) {
      this.#rejectConfiguration(message.rejection)
      return 'processed'
    }
    this.#runtime ??= getRuntime()
    const { native } = this.#runtime
    if (!this.#codecImplementation) {
      this.#codecId = this.#runtime.register(this)
      this.#codecImplementation = this.#traits.create(native, this.#codecId)
    }
    this.#pendingConfiguration = message
    this.#hasConfiguration = true
    message.apply(native, this.#codecImplementation)
    return 'processed'
  }

  /** Closes the codec in a task of its own, after the outputs of what was requested before. */
  #rejectConfiguration(exception: DOMException): void {
    if (this.#hasConfiguration) {
      const flushId = this.#nextFlushId++
      this.#pendingRejection = { flushId, exception }
      this.#runFlush(flushId)
    } else {
      this.#pendingRejection = setImmediate(() => this.#close(exception))
    }
  }

  /** Running a control message to encode or decode. */
  #runWork(message: WorkMessage): ControlMessageOutcome {
    if (this.#inFlight >= this.#traits.saturationLimit()) return 'not processed'
    this.#inFlight++
    this.#queueSize--
    this.#scheduleDequeueEvent()
    message.submit(this.#runtime!.native, this.#codecImplementation!)
    return 'processed'
  }

  /** Running a control message to flush the codec. */
  #runFlush(flushId: number): ControlMessageOutcome {
    this.#runtime!.native.codecFlush(this.#codecImplementation!, flushId)
    return 'processed'
  }

  receive(event: CodecEvent): boolean {
    switch (event[0]) {
      case EventKind.configured:
        return this.#onConfigured()
      case EventKind.done:
        this.#inFlight -= event[3]
        this.#process()
        return false
      case EventKind.flushed:
        return this.#onFlushed(event[3])
      case EventKind.error:
        this.#close(exceptionFromStatus(event[3], event[4]))
        return true
      default:
        return this.#traits.output(event)
    }
  }

  #onConfigured(): boolean {
    this.#pendingConfiguration?.configured()
    this.#pendingConfiguration = null
    this.#controlMessageQueue.blocked = false
    this.#process()
    return false
  }

  #onFlushed(flushId: number): boolean {
    const rejection = this.#pendingRejection
    if (rejection && 'flushId' in rejection && rejection.flushId === flushId) {
      this.#close(rejection.exception)
      return true
    }
    this.#pendingFlushPromises.get(flushId)?.resolve()
    this.#pendingFlushPromises.delete(flushId)
    this.#updateActivity()
    return true
  }

  /** spec: "Reset VideoDecoder" and its like */
  #reset(exception: DOMException): void {
    this.#requireOpen()
    this.#state = 'unconfigured'
    this.#traits.reset()
    if (this.#codecImplementation) {
      this.#runtime!.native.codecReset(this.#codecImplementation)
      this.#generation++
      this.#runtime!.discardEvents(this)
    }
    this.#cancelRejection()
    this.#pendingConfiguration = null
    this.#hasConfiguration = false
    this.#inFlight = 0
    this.#controlMessageQueue.clear()
    this.#controlMessageQueue.blocked = false
    if (this.#queueSize > 0) {
      this.#queueSize = 0
      this.#scheduleDequeueEvent()
    }
    const flushes = [...this.#pendingFlushPromises.values()]
    this.#pendingFlushPromises.clear()
    for (const flush of flushes) flush.reject(exception)
    this.#updateActivity()
  }

  /** spec: "Close VideoDecoder" and its like */
  #close(exception: DOMException): void {
    this.#reset(exception)
    this.#state = 'closed'
    if (this.#codecImplementation) {
      this.#runtime!.native.codecClose(this.#codecImplementation)
      this.#runtime!.unregister(this, this.#codecId)
      this.#codecImplementation = null
    }
    if (exception.name !== 'AbortError') invokeCallback(this.#errorCallback, exception)
  }

  #cancelRejection(): void {
    if (this.#pendingRejection && !('flushId' in this.#pendingRejection)) clearImmediate(this.#pendingRejection)
    this.#pendingRejection = null
  }

  /** spec: "Schedule Dequeue Event" */
  #scheduleDequeueEvent(): void {
    if (this.#dequeueEventScheduled) return
    this.#dequeueEventScheduled = true
    setImmediate(() => {
      // The specification clears the flag after the event. Cleared before it, a listener that queues more work is told
      // about that too, and nobody who waits for the event waits in vain.
      this.#dequeueEventScheduled = false
      this.#target.dispatchEvent(new Event('dequeue'))
    })
  }

  /** While work is under way the codec lives on even if nobody refers to it. */
  #updateActivity(): void {
    if (!this.#runtime) return
    const { blocked, isEmpty } = this.#controlMessageQueue
    this.#runtime.setActive(this, blocked || !isEmpty || this.#inFlight > 0 || this.#pendingFlushPromises.size > 0)
  }
}

/** Calls a callback of the user's; what it throws is reported and stops nothing. */
export function invokeCallback<Arguments extends unknown[]>(
  callback: (...args: Arguments) => void,
  ...args: Arguments
): void {
  try {
    callback(...args)
  } catch (error) {
    reportException(error)
  }
}
