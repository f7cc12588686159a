import type { CodecHandle, NativeBinding, NativeEvent, PictureHandle } from '../../lib/native.js'

/** A NativeBinding in memory: it records what it is asked to do, and says what the test tells it to. */
export class FakeBinding {
  /** The calls so far, each as [name, ...arguments]. */
  readonly calls: [name: string, ...args: unknown[]][] = []
  /** Pictures that are open: made or cloned, and not closed. */
  readonly openPictures = new Set<PictureHandle>()
  #onEvents: (events: NativeEvent[]) => void = () => {}

  /** Delivers a batch of events as native code does. */
  emit(...events: NativeEvent[]): void {
    this.#onEvents(events)
  }

  callsOf(name: string): unknown[][] {
    return this.calls.filter(([called]) => called === name).map(([, ...args]) => args)
  }

  makePicture(): PictureHandle {
    const picture = {} as PictureHandle
    this.openPictures.add(picture)
    return picture
  }

  readonly binding = new Proxy({} as NativeBinding & Record<PropertyKey, unknown>, {
    get: (target, name) => {
      if (typeof name === 'symbol') return target[name]
      return (...args: unknown[]) => {
        this.calls.push([name, ...args])
        return this.#answer(name, args)
      }
    },
  })

  #answer(name: string, args: unknown[]): unknown {
    if (name === 'start') this.#onEvents = args[0] as (events: NativeEvent[]) => void
    if (name === 'createPicture' || name === 'clonePicture') return this.makePicture()
    if (name === 'closePicture') this.openPictures.delete(args[0] as PictureHandle)
    if (name.startsWith('create')) return { codecId: args[0] } as unknown as CodecHandle
    return undefined
  }
}

/** Lets all microtasks, ticks and tasks run that are due. */
export const turnOfEventLoop = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
