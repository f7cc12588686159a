import { AbortError, BatchError, messageOf, StorageError, systemCode } from '../errors.js'

/** Reading and writing may succeed another time when the reason is one of these. */
const PASSING_CODES = new Set([
  'EAGAIN',
  'EBUSY',
  'EIO',
  'EMFILE',
  'ENFILE',
  'ESTALE',
  'ETIMEDOUT',
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
])

/** For what a folder or a store says about the object called `name`. */
export function storageError(name: string, error: unknown): BatchError {
  if (error instanceof BatchError) return error
  if (error instanceof Error && error.name === 'AbortError') return new AbortError(error)
  const cause = { cause: error }
  const code = systemCode(error)
  if (code === 'ENOENT') return new StorageError('not-found', `${name}: there is no such file`, cause)
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new StorageError('no-space', `${name}: there is no space left`, { retryable: true, ...cause })
  }
  if (code === 'EROFS') return new StorageError('not-writable', `${name}: nothing can be written there`, cause)
  if (code === 'EACCES' || code === 'EPERM') {
    return new StorageError('access-denied', `${name}: access is denied (${messageOf(error)})`, cause)
  }
  const retryable = code !== undefined && PASSING_CODES.has(code)
  return new StorageError('unavailable', `${name}: the storage failed (${messageOf(error)})`, { retryable, ...cause })
}
