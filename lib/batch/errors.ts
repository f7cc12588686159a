/** The errors of batch transcoding. Each says in one line what is wrong, has a code for programs, and knows whether trying again can help. */

/** What went wrong, for programs. The codes of one class are listed with it. */
export type BatchErrorCode =
  | 'invalid-job'
  | 'not-found'
  | 'unreadable'
  | 'unknown-format'
  | 'truncated'
  | 'no-tracks'
  | 'undecodable'
  | 'unsupported-codec'
  | 'unsupported-container'
  | 'unsupported-settings'
  | 'encoding-failed'
  | 'out-of-memory'
  | 'not-writable'
  | 'access-denied'
  | 'no-space'
  | 'would-overwrite-input'
  | 'aborted'
  | 'checksum'
  | 'unavailable'
  | 'not-installed'
  | 'different-build'
  | 'worker-lost'
  | 'internal'

/** An error as plain JSON, for journals and other machines. */
export interface SerializedBatchError {
  name: string
  code: BatchErrorCode
  message: string
  retryable: boolean
}

export abstract class BatchError extends Error {
  readonly code: BatchErrorCode
  /** Whether the same job may succeed when it is tried again, on this machine or on another of the same kind. */
  readonly retryable: boolean

  constructor(code: BatchErrorCode, message: string, { retryable = false, cause }: BatchErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.retryable = retryable
  }

  toJSON(): SerializedBatchError {
    const { name, code, message, retryable } = this
    return { name, code, message, retryable }
  }
}

export interface BatchErrorOptions {
  /** Default: false. */
  retryable?: boolean | undefined
  /** What it came from. */
  cause?: unknown
}

/** The job description is not valid (`invalid-job`): "expected X for name but received Y". Never worth a retry. */
export class JobError extends BatchError {
  override readonly name = 'JobError'

  constructor(message: string) {
    super('invalid-job', message)
  }
}

/**
 * The input is at fault: `not-found`, `unreadable`, `unknown-format`, `truncated`, `no-tracks` or `undecodable`. Worth a
 * retry only where it could not be read for a reason that may pass.
 */
export class InputError extends BatchError {
  override readonly name = 'InputError'
}

/**
 * This build or the container cannot do what is asked for: `unsupported-codec`, `unsupported-container` or
 * `unsupported-settings`. Never worth a retry.
 */
export class UnsupportedError extends BatchError {
  override readonly name = 'UnsupportedError'
}

/** An encoder failed at work: `encoding-failed`, or `out-of-memory`, which is worth a retry. */
export class EncodeError extends BatchError {
  override readonly name = 'EncodeError'
}

/**
 * The output cannot be written: `not-writable`, `would-overwrite-input`, or `no-space`, which is worth a retry once there
 * is some.
 */
export class OutputError extends BatchError {
  override readonly name = 'OutputError'
}

/**
 * A folder or a store: `not-found`, `not-writable`, `access-denied` (also where a store does not tell whether there is
 * such an object), `no-space`, `checksum` (what is there is not what was written) or `unavailable`, which is worth a retry
 * when the reason may pass.
 */
export class StorageError extends BatchError {
  override readonly name = 'StorageError'
}

/**
 * The farm itself: `different-build` (a worker whose versions would show in the output; another worker can do the job),
 * `not-installed` (an optional package), `worker-lost` (the process that did the work ended: worth a retry) or
 * `unavailable` (the queue's server).
 */
export class FarmError extends BatchError {
  override readonly name = 'FarmError'
}

/** The work was stopped by its AbortSignal (`aborted`). It can be done again. */
export class AbortError extends BatchError {
  override readonly name = 'AbortError'

  constructor(cause?: unknown) {
    super('aborted', 'the work was aborted', { retryable: true, cause })
  }
}

/** A fault of this library's own (`internal`). */
export class InternalError extends BatchError {
  override readonly name = 'InternalError'
}

const CLASSES = { InputError, UnsupportedError, EncodeError, OutputError, StorageError, FarmError, InternalError }

/** The error that was made plain by `toJSON()`, as one of its class again. */
export function errorFromJSON({ name, code, message, retryable }: SerializedBatchError): BatchError {
  if (name === 'JobError') return new JobError(message)
  if (name === 'AbortError') return new AbortError()
  const Class = CLASSES[name as keyof typeof CLASSES] ?? InternalError
  return new Class(code, message, { retryable })
}

/** The code of a failed system call, such as "ENOENT". */
export const systemCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

export const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] || 'it gave no reason'

/** Reading may succeed another time when the reason is one of these. */
const PASSING_CODES = new Set(['EAGAIN', 'EBUSY', 'EIO', 'EMFILE', 'ENFILE', 'ESTALE', 'ETIMEDOUT', 'ECONNRESET'])

/** For what goes wrong while `path` is read. */
export function inputError(path: string, error: unknown): BatchError {
  if (error instanceof BatchError) return error
  const code = systemCode(error)
  if (code === 'ENOENT') return new InputError('not-found', `${path}: there is no such file`, { cause: error })
  const retryable = code !== undefined && PASSING_CODES.has(code)
  return new InputError('unreadable', `${path}: it cannot be read (${messageOf(error)})`, { retryable, cause: error })
}

/** For what goes wrong while `path` is written. */
export function outputError(path: string, error: unknown): BatchError {
  if (error instanceof BatchError) return error
  const code = systemCode(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new OutputError('no-space', `${path}: there is no space left`, { retryable: true, cause: error })
  }
  const retryable = code !== undefined && PASSING_CODES.has(code)
  return new OutputError('not-writable', `${path}: it cannot be written (${messageOf(error)})`, {
    retryable,
    cause: error,
  })
}

/** For what a codec's error callback or promise says while it works. */
export function encodeError(path: string, error: unknown): BatchError {
  if (error instanceof BatchError) return error
  const name = error instanceof DOMException ? error.name : ''
  if (name === 'QuotaExceededError') {
    return new EncodeError('out-of-memory', `${path}: there is not enough memory`, { retryable: true, cause: error })
  }
  if (name === 'NotSupportedError') {
    return new UnsupportedError('unsupported-settings', `${path}: this build cannot encode it (${messageOf(error)})`, {
      cause: error,
    })
  }
  return new EncodeError('encoding-failed', `${path}: encoding failed (${messageOf(error)})`, { cause: error })
}
