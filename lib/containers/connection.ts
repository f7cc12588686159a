/** A demuxer's or muxer's side of native code: its handle, what it waits for, and its end. */
import { abortError, exceptionFromStatus } from '../errors.js'
import { type CodecHandle, EventKind, type NativeBinding } from '../native.js'
import { type ContainerReceiverEvent, type EventReceiver, getRuntime, type Runtime } from '../runtime.js'

/** Called with the events that are not about errors. */
export type EventHandler = (event: ContainerReceiverEvent) => void

export class Connection implements EventReceiver {
  /** Nothing here is ever reset. */
  readonly generation = 0
  readonly #runtime: Runtime = getRuntime()
  readonly #id: number
  readonly #name: string
  readonly #onEvent: EventHandler
  readonly #onEnd: (reason: unknown) => void
  #handle: CodecHandle | null
  #waiting = 0
  #ended = false
  #reason: unknown

  /**
   * @param create makes the native side, given its id
   * @param onEnd called once, with why nothing more comes: an error, or an AbortError after close()
   */
  constructor(
    name: string,
    create: (native: NativeBinding, id: number) => CodecHandle,
    onEvent: EventHandler,
    onEnd: (reason: unknown) => void,
  ) {
    this.#name = name
    this.#onEvent = onEvent
    this.#onEnd = onEnd
    this.#id = this.#runtime.register(this)
    this.#handle = create(this.#runtime.native, this.#id)
  }

  get native(): NativeBinding {
    return this.#runtime.native
  }

  get isOpen(): boolean {
    return !this.#ended
  }

  /** @throws what the connection ended with */
  get handle(): CodecHandle {
    if (this.#ended) throw this.#reason
    return this.#handle!
  }

  /** Until as many calls of done(), events come even if nobody refers to the connection any more. */
  wait(): void {
    if (this.#waiting++ === 0) this.#runtime.setActive(this, true)
  }

  done(): void {
    if (--this.#waiting === 0) this.#runtime.setActive(this, false)
  }

  receive(event: Parameters<EventReceiver['receive']>[0]): boolean {
    if (event[0] === EventKind.error) this.end(exceptionFromStatus(event[3], event[4]))
    else this.#onEvent(event as ContainerReceiverEvent)
    return true
  }

  /** @param reason an AbortError by default */
  end(reason: unknown = abortError(`${this.#name} was closed`)): void {
    if (this.#ended) return
    this.#ended = true
    this.#reason = reason
    this.native.codecClose(this.#handle!)
    this.#runtime.unregister(this, this.#id)
    this.#handle = null
    this.#onEnd(reason)
  }
}

/** Ends `connection` when the signal is aborted, as long as both live. @returns what to call at the end */
export function endOnAbort(connection: Connection, signal: AbortSignal | undefined): () => void {
  if (!signal) return () => {}
  const weak = new WeakRef(connection)
  const onAbort = (): void => weak.deref()?.end(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  return () => signal.removeEventListener('abort', onAbort)
}
