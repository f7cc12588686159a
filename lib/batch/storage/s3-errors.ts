/** What the SDK's errors mean: which of them say that something is missing or in the way, and which may pass. */
import { AbortError, BatchError, messageOf, StorageError, systemCode } from '../errors.js'
import { storageError } from './failure.js'

/** The HTTP status that an error of the SDK came with. */
export function statusOf(error: unknown): number | undefined {
  const metadata = error instanceof Error && '$metadata' in error ? error.$metadata : undefined
  return (metadata as { httpStatusCode?: number } | undefined)?.httpStatusCode
}

const isNamed = (error: unknown, names: ReadonlySet<string>): boolean => error instanceof Error && names.has(error.name)

const MISSING_OBJECT = new Set(['NoSuchKey'])
/** Not a bucket, which is another matter. */
export const isMissingObject = (error: unknown): boolean => isNamed(error, MISSING_OBJECT)

export const isPreconditionFailed = (error: unknown): boolean => statusOf(error) === 412 || statusOf(error) === 409

const GONE_UPLOAD = new Set(['NoSuchUpload', 'InvalidPart'])
/** Somebody else completed an upload in parts, dropped it, or sent other parts to it. */
export const isGoneUpload = (error: unknown): boolean => isNamed(error, GONE_UPLOAD)

/** What came is not what was sent. */
const DAMAGED = new Set(['BadDigest', 'XAmzContentSHA256Mismatch'])
/** Of status 400, but the connection's fault. */
const BROKEN_OFF = new Set(['RequestTimeout', 'IncompleteBody'])
/** Statuses below 500 whose reason may pass. */
const PASSING_STATUSES = new Set([408, 409, 412, 425, 429])
/** Statuses from 500 on whose reason does not pass: the store does not know what it was asked for. */
const LASTING_STATUSES = new Set([501, 505])
/** Wrong credentials: whether there is such an object makes no difference. */
const UNKNOWN_CALLER = new Set([
  'SignatureDoesNotMatch',
  'InvalidAccessKeyId',
  'ExpiredToken',
  'InvalidToken',
  'RequestTimeTooSkewed',
])
/** Without a status no store has answered: on the way to it, or while its answer came. */
const NETWORK_CODES = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ETIMEDOUT',
])
const NETWORK_NAMES = new Set(['TimeoutError', 'NetworkingError'])

export interface FailedRequest {
  /** Whether an object was asked for that need not be there. */
  readonly reading?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** @param name of the object, "s3://bucket/key" */
export function s3Error(name: string, error: unknown, { reading = false, signal }: FailedRequest = {}): BatchError {
  // However a request ended that was aborted: its connection is simply gone.
  if (signal?.aborted) return new AbortError(signal.reason)
  if (error instanceof BatchError) return error
  const cause = { cause: error }
  const status = statusOf(error)
  const reason = reasonOf(error)
  const failure = (code: StorageError['code'], what: string, retryable: boolean) =>
    new StorageError(code, `${name}: ${what}`, { retryable, ...cause })
  if (isNamed(error, DAMAGED)) return failure('checksum', `the store received something else (${reason})`, true)
  if (isGoneUpload(error)) return failure('unavailable', `somebody else ended the upload (${reason})`, true)
  if (status === 404) return failure('not-found', 'there is no such object or bucket', false)
  if (status === 401 || status === 403) {
    // A store that does not let the caller list a bucket does not tell what is missing from what is forbidden.
    const missing = reading && !isNamed(error, UNKNOWN_CALLER) ? 'there is no such object, or ' : ''
    return failure('access-denied', `${missing}access is denied (${reason})`, false)
  }
  if (status === 412) return failure('unavailable', 'another object took its place meanwhile', true)
  if (status === 507) return failure('no-space', 'there is no space left', true)
  if (status !== undefined && (status < 500 || LASTING_STATUSES.has(status))) {
    const passes = PASSING_STATUSES.has(status) || isNamed(error, BROKEN_OFF)
    return failure('unavailable', `the store refused (${reason})`, passes)
  }
  if (status !== undefined) return failure('unavailable', `the store failed (${reason})`, true)
  if (error instanceof Error && error.name === 'CredentialsProviderError') {
    return failure('access-denied', `there are no credentials (${messageOf(error)})`, false)
  }
  if (isOfFile(error)) return storageError(name, error)
  const passes = NETWORK_CODES.has(systemCode(error) ?? '') || isNamed(error, NETWORK_NAMES)
  return failure('unavailable', `the store cannot be reached (${reason})`, passes)
}

/** Some errors have a number or nothing for a name or a message: HEAD is answered without a word. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return messageOf(error)
  const status = statusOf(error)
  const said = [...new Set([error.name, messageOf(error)])].filter((text) => !/^(Unknown(Error)?|\d+)$/.test(text))
  return [...(status === undefined ? [] : [`status ${status}`]), ...said].join(': ')
}

/** Whether a file of this machine failed rather than the store: a path is in the error, or a disk is full. */
const isOfFile = (error: unknown): boolean =>
  error instanceof Error &&
  'syscall' in error &&
  ('path' in error || ['ENOSPC', 'EDQUOT'].includes(systemCode(error) ?? ''))
