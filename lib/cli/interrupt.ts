/** What happens when somebody presses Ctrl-C: the work is aborted, cleans up, and the exit status says so. */

const SIGNALS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const
/** Milliseconds after which the process ends whatever it is at. */
const PATIENCE = 900

export interface Interrupt {
  readonly signal: AbortSignal
  /** The exit status for the signal that came; undefined while none has. */
  readonly status: number | undefined
  /** Stops listening. */
  release(): void
}

/** @param beforeExit is called before a process that does not end in time is ended */
export function listenForInterrupt(beforeExit: () => void = () => {}): Interrupt {
  const controller = new AbortController()
  let status: number | undefined
  const handlers = Object.entries(SIGNALS).map(([name, number]) => {
    const handler = () => {
      // Asked twice, it ends at once: what is unfinished is removed on the way out all the same.
      if (status !== undefined) process.exit(128 + number)
      status = 128 + number
      controller.abort(name)
      setTimeout(() => {
        beforeExit()
        process.exit(status)
      }, PATIENCE).unref()
    }
    process.on(name, handler)
    return [name, handler] as const
  })
  return {
    signal: controller.signal,
    get status() {
      return status
    },
    release() {
      for (const [name, handler] of handlers) process.off(name, handler)
    },
  }
}
