/**
 * An event handler IDL attribute (HTML, "event handlers"): its listener takes its place among the others when the
 * handler is set from null, keeps it while it is replaced, and gives it up when it is set to null.
 */
export class EventHandler<Target extends EventTarget> {
  readonly #target: Target
  readonly #type: string
  #value: object | null = null

  constructor(target: Target, type: string) {
    this.#target = target
    this.#type = type
  }

  get value(): ((this: Target, event: Event) => unknown) | null {
    return this.#value as ((this: Target, event: Event) => unknown) | null
  }

  /** Anything that is not an object becomes null ([LegacyTreatNonObjectAsNull]). */
  set value(value: unknown) {
    const handler = typeof value === 'function' || typeof value === 'object' ? value : null
    if (handler && !this.#value) this.#target.addEventListener(this.#type, this.#listener)
    if (!handler && this.#value) this.#target.removeEventListener(this.#type, this.#listener)
    this.#value = handler
  }

  readonly #listener = (event: Event): void => {
    if (typeof this.#value === 'function') Reflect.apply(this.#value, this.#target, [event])
  }
}
