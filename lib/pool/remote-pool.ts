import { invalidStateError } from '../errors.js'
import type { VideoFrame } from '../video-frame.js'
import type { VideoFrameBufferInit } from '../video-frame-init.js'
import { arrayBuffer, isDetached } from '../webidl/buffer-source.js'
import { closedMessage, listen, type PortLike, returnMessage } from './protocol.js'
import { createReturningFrame } from './returning-frame.js'

/** The way home for buffers of a TransferableBufferPool that lives in another thread. */
export interface RemoteBufferPool {
  /** Whether the pool's end has said that nothing needs to come home any more, or close() was called. */
  readonly closed: boolean
  /** Buffers that frames of createFrame() hold. */
  readonly inFlight: number
  /**
   * Sends a buffer home. It is detached here.
   * @throws TypeError when `buffer` is not an ArrayBuffer, or is detached: sent home already, say
   * @throws InvalidStateError after close()
   */
  release(buffer: ArrayBuffer): void
  /**
   * A frame over the memory of a buffer, without a copy. When the frame, its clones and the codecs that it was given to
   * are done with it, the buffer goes home by itself. The buffer is detached at once.
   * @throws as VideoFrame's constructor does; then the buffer is still the caller's
   * @throws InvalidStateError after close()
   */
  createFrame(buffer: ArrayBuffer, init: Omit<VideoFrameBufferInit, 'transfer'>): VideoFrame
  /** Stops listening to the port. Buffers that frames still hold go home all the same, while the port is open. */
  close(): void
}

/**
 * The borrower's end of a pool: `port` is the other end of the port that the pool's connect() was given.
 * @throws TypeError when `port` is not a port
 */
export function connectToPool(port: PortLike): RemoteBufferPool {
  let isPoolClosed = false
  let isClosed = false
  let inFlight = 0
  const stop = listen(port, (message) => {
    if (message.type === closedMessage.type) isPoolClosed = true
  })
  const send = (buffer: ArrayBuffer) => {
    if (!isPoolClosed) port.postMessage(returnMessage(buffer), [buffer])
  }
  const requireOpen = () => {
    if (isClosed) throw invalidStateError('expected an open RemoteBufferPool but it is closed')
  }
  return {
    get closed() {
      return isClosed || isPoolClosed
    },
    get inFlight() {
      return inFlight
    },
    release(buffer) {
      requireOpen()
      const returned = arrayBuffer(buffer, 'buffer')
      if (isDetached(returned)) throw new TypeError('expected a usable ArrayBuffer for buffer but it is detached')
      send(returned)
    },
    createFrame(buffer, init) {
      requireOpen()
      const frame = createReturningFrame(buffer, init, (returned) => {
        inFlight--
        send(returned)
      })
      inFlight++
      return frame
    },
    close() {
      isClosed = true
      stop()
    },
  }
}
