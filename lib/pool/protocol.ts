/** What a pool and those who borrow from it in another thread say to each other over a port. */

/** What is asked of a port: Node's MessagePort, Worker and parentPort have it, and so has a browser's MessagePort. */
export interface PortLike {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void
}

const prefix = 'webcodecs-native/pool:'

/** A buffer comes home. */
export interface ReturnMessage {
  readonly type: `${typeof prefix}return`
  readonly buffer: ArrayBuffer
}

/** The pool has ended: buffers need not come home any more. */
export interface ClosedMessage {
  readonly type: `${typeof prefix}closed`
}

export type PoolMessage = ReturnMessage | ClosedMessage

export function returnMessage(buffer: ArrayBuffer): ReturnMessage {
  return { type: `${prefix}return`, buffer }
}

export const closedMessage: ClosedMessage = { type: `${prefix}closed` }

/** The message if it is one of ours and well formed; other traffic on the port is none of our business. */
export function parsePoolMessage(message: unknown): PoolMessage | undefined {
  if (typeof message !== 'object' || message === null) return undefined
  const { type, buffer } = message as Partial<ReturnMessage>
  if ((type as string) === closedMessage.type) return closedMessage
  return type === `${prefix}return` && buffer instanceof ArrayBuffer ? returnMessage(buffer) : undefined
}

interface EmitterPort {
  on(event: 'message', listener: (message: unknown) => void): void
  off(event: 'message', listener: (message: unknown) => void): void
}

interface EventTargetPort {
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  removeEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  start?(): void
}

function isEmitter(port: object): port is EmitterPort {
  return 'on' in port && typeof port.on === 'function'
}

function isEventTarget(port: object): port is EventTargetPort {
  return 'addEventListener' in port && typeof port.addEventListener === 'function'
}

/**
 * Hears the pool messages of a port.
 * @returns what ends it
 * @throws TypeError when `port` is not a port
 */
export function listen(port: PortLike, onMessage: (message: PoolMessage) => void): () => void {
  const receive = (data: unknown) => {
    const message = parsePoolMessage(data)
    if (message) onMessage(message)
  }
  if (typeof port === 'object' && port !== null && typeof port.postMessage === 'function') {
    if (isEmitter(port)) {
      port.on('message', receive)
      return () => port.off('message', receive)
    }
    if (isEventTarget(port)) {
      const listener = ({ data }: { data: unknown }) => receive(data)
      port.addEventListener('message', listener)
      port.start?.()
      return () => port.removeEventListener('message', listener)
    }
  }
  throw new TypeError('expected a MessagePort or a Worker for port')
}
