/** What submitters and workers agree on: the queue, its jobs' options, and how errors travel. */
import type { JobsOptions } from 'bullmq'
import type { Redis } from 'ioredis'
import { type BatchError, errorFromJSON, FarmError, type SerializedBatchError } from '../errors.js'
import { ATTEMPTS, RETRY_DELAY } from '../retrying.js'
import { PRIORITIES, type Step, type StepKind, stepId } from '../steps/step.js'
import { loadRedis } from './packages.js'

export interface QueueAddress {
  /** Address of the Redis or Valkey server: "redis://host", "rediss://user:password@host:6379/0". */
  redis: string
  /** Name of the queue, for several farms on one server. Default "webcodecs-native". */
  queue?: string | undefined
}

export const DEFAULT_QUEUE = 'webcodecs-native'
/** Before all keys of the queues, as BullMQ has it. */
export const KEY_PREFIX = 'bull'

export const qualifiedName = (queue: string): string => `${KEY_PREFIX}:${queue}`

/** Where a submitter says that nobody waits for a file any more. */
export const cancelledKey = (queue: string, taskId: string): string => `webcodecs-native:${queue}:cancelled:${taskId}`

/** Seconds that a file's result is kept, for a submitter that comes back. */
export const KEEP_RESULTS = 24 * 3600
/** Results and failures that are kept, at most. */
const KEEP_COUNT = 10_000

/** A connection that waits for a server that is restarted, however long it takes. */
export async function connect(redis: string): Promise<Redis> {
  const { Redis } = await loadRedis()
  let url: URL
  try {
    url = new URL(redis)
  } catch (error) {
    throw new FarmError('unavailable', `expected an address such as redis://host for redis but received "${redis}"`, {
      cause: error,
    })
  }
  const connection = new Redis(url.href, {
    maxRetriesPerRequest: null,
    lazyConnect: true,
    retryStrategy: (attempt) => Math.min(attempt * 200, 3000),
  })
  // The first failure is told to whoever connects; later ones pass when the server is back.
  connection.on('error', () => {})
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it does not answer')), CONNECT_TIMEOUT)
  })
  try {
    await Promise.race([connection.connect().then(() => connection.ping()), timeout])
  } catch (error) {
    connection.disconnect()
    const reason = error instanceof Error ? error.message : String(error)
    throw new FarmError('unavailable', `${url.host}: the queue's server cannot be reached (${reason})`, {
      retryable: true,
      cause: error,
    })
  } finally {
    clearTimeout(timer)
  }
  return connection
}

/** Milliseconds. */
const CONNECT_TIMEOUT = 10_000

export function optionsOf(step: Step): JobsOptions {
  return {
    jobId: stepId(step),
    priority: PRIORITIES[step.kind],
    attempts: ATTEMPTS,
    backoff: { type: 'exponential', delay: RETRY_DELAY },
    // What a step gave is with the one that waits for it; of a file, the last one's result stays.
    removeOnComplete: step.kind === 'publish' ? { age: KEEP_RESULTS, count: KEEP_COUNT } : { count: 100 },
    removeOnFail: { age: KEEP_RESULTS, count: KEEP_COUNT },
    ...(step.kind === 'publish' ? {} : { failParentOnFailure: true }),
  }
}

export const nameOf = (kind: StepKind): string => kind

/** An error as the text that a job fails with: readable on the dashboard, and read again by errorFromReason(). */
export const reasonOf = ({ name, code, message, retryable }: SerializedBatchError): string =>
  `${name} (${code}${retryable ? ', may pass' : ''}): ${message}`

export function errorFromReason(reason: string): BatchError {
  const match = /^(\w+) \(([\w-]+)(, may pass)?\): ([\s\S]*)$/.exec(reason)
  if (match) {
    const [, name, code, passing, message] = match
    const serialized = { name: name!, code: code as SerializedBatchError['code'], message: message! }
    return errorFromJSON({ ...serialized, retryable: passing !== undefined })
  }
  if (reason.includes('stalled')) {
    return new FarmError('worker-lost', `workers that took it were lost again and again (${reason})`, {
      retryable: true,
    })
  }
  return new FarmError('unavailable', reason)
}

/** The id of the job whose failure made another fail. */
export const failedChildOf = (reason: string): string | null => /^child \S*:(\S+) failed/.exec(reason)?.[1] ?? null
