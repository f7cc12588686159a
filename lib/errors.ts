/** The exceptions of this package. */
import { StatusCode } from './native.js'

export const invalidStateError = (message: string): DOMException => new DOMException(message, 'InvalidStateError')
export const notSupportedError = (message: string): DOMException => new DOMException(message, 'NotSupportedError')
export const dataError = (message: string): DOMException => new DOMException(message, 'DataError')
export const abortError = (message: string): DOMException => new DOMException(message, 'AbortError')

/** The name of the DOMException for each status that native code reports. */
const EXCEPTION_NAMES: Readonly<Record<number, string>> = {
  [StatusCode.notSupported]: 'NotSupportedError',
  [StatusCode.encoding]: 'EncodingError',
  [StatusCode.outOfMemory]: 'QuotaExceededError',
  [StatusCode.internal]: 'OperationError',
  [StatusCode.dataError]: 'DataError',
  [StatusCode.aborted]: 'AbortError',
  [StatusCode.timeout]: 'TimeoutError',
  [StatusCode.notFound]: 'NotFoundError',
  [StatusCode.network]: 'NetworkError',
  [StatusCode.notReadable]: 'NotReadableError',
}

export function exceptionFromStatus(status: number, message: string): DOMException {
  return new DOMException(message, EXCEPTION_NAMES[status] ?? 'OperationError')
}

/**
 * Reports an exception that a callback of the user's threw: it surfaces as an uncaught exception, as in browsers, and
 * nothing else is disturbed (thrown where native code called us, it would be swallowed).
 */
export function reportException(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
