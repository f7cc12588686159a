/** What uploads in parts and copies in parts have in common. */
import type { S3Client } from '@aws-sdk/client-s3'
import { StorageError } from '../errors.js'
import { contentTypeOf } from './content-type.js'
import type { S3Sdk } from './s3.js'
import { isPreconditionFailed, s3Error, statusOf } from './s3-errors.js'

/** S3 takes no more parts than these. */
export const MOST_PARTS = 10_000
/** Parts that are on their way at the same time. */
const PARTS_AT_ONCE = 4
/** Bytes of them in memory, unless a single part has more. */
const BYTES_AT_ONCE = 64 << 20
/** Milliseconds that the end of an upload may take that is given up: whoever presses Ctrl-C waits for it. */
const DROP_PATIENCE = 5_000

/** An object that is being made. */
export interface Target {
  readonly Bucket: string
  readonly Key: string
  /** What the object has besides its content. */
  readonly Metadata: Record<string, string>
  readonly signal: AbortSignal | undefined
}

export interface BegunUpload {
  readonly UploadId: string
  /** The ETag of each part that the store has. */
  readonly there: ReadonlyMap<number, string>
}

export interface Parts {
  readonly count: number
  /** Bytes of each that are held in memory; 0 for none. */
  readonly partSize: number
  readonly condition: { readonly IfNoneMatch?: string }
  /** @returns the ETag of the part */
  send(PartNumber: number, UploadId: string): Promise<string | undefined>
  /** Whether what is there stays for another attempt after this error. */
  keeps(error: unknown): boolean
}

export const sending = (signal: AbortSignal | undefined): { abortSignal?: AbortSignal } =>
  signal ? { abortSignal: signal } : {}

export async function beginUpload(sdk: S3Sdk, client: S3Client, target: Target): Promise<string> {
  const { Bucket, Key, Metadata, signal } = target
  signal?.throwIfAborted()
  const command = new sdk.CreateMultipartUploadCommand({ Bucket, Key, ContentType: contentTypeOf(Key), Metadata })
  // It is not aborted: nobody would know the upload that the store has begun.
  const { UploadId } = await client.send(command)
  if (!UploadId) throw new StorageError('unavailable', `s3://${Bucket}/${Key}: the store began no upload`)
  return UploadId
}

/**
 * Sends the parts that are missing, and makes them one object.
 * @returns its ETag
 */
export async function completeUpload(
  sdk: S3Sdk,
  client: S3Client,
  target: Target,
  begun: BegunUpload,
  parts: Parts,
): Promise<string | undefined> {
  const { Bucket, Key, signal } = target
  const { UploadId } = begun
  try {
    signal?.throwIfAborted()
    const Parts = await sendAll(target, begun, parts)
    const complete = { Bucket, Key, UploadId, MultipartUpload: { Parts }, ...parts.condition }
    return (await client.send(new sdk.CompleteMultipartUploadCommand(complete), sending(signal))).ETag
  } catch (error) {
    if (signal?.aborted || !parts.keeps(error)) await dropUpload(sdk, client, { Bucket, Key, UploadId })
    throw error
  }
}

/** Rejects when no part is on its way any more: what is sent to an upload that was dropped might stay. */
async function sendAll(
  { Bucket, Key }: Target,
  { UploadId, there }: BegunUpload,
  { count, partSize, send }: Parts,
): Promise<{ PartNumber: number; ETag: string }[]> {
  const numbers = Array.from({ length: count }, (_, index) => index + 1)
  const sent: { PartNumber: number; ETag: string }[] = []
  const sendParts = async (): Promise<void> => {
    for (let PartNumber = numbers.shift(); PartNumber !== undefined; PartNumber = numbers.shift()) {
      const ETag = there.get(PartNumber) ?? (await send(PartNumber, UploadId))
      if (!ETag) throw new StorageError('checksum', `s3://${Bucket}/${Key}: the store gave a part no ETag`)
      sent.push({ PartNumber, ETag })
    }
  }
  const lanes = Math.max(1, Math.min(PARTS_AT_ONCE, Math.floor(BYTES_AT_ONCE / Math.max(partSize, 1))))
  const stopping = () =>
    sendParts().catch((error) => {
      numbers.length = 0
      throw error
    })
  const ends = await Promise.allSettled(Array.from({ length: lanes }, stopping))
  const failed = ends.find((end) => end.status === 'rejected')
  if (failed) throw failed.reason
  return sent.sort((a, b) => a.PartNumber - b.PartNumber)
}

/** A store that cannot do it now keeps the parts until its own rules say otherwise. */
async function dropUpload(
  sdk: S3Sdk,
  client: S3Client,
  upload: { Bucket: string; Key: string; UploadId: string },
): Promise<void> {
  const abortSignal = AbortSignal.timeout(DROP_PATIENCE)
  await client.send(new sdk.AbortMultipartUploadCommand(upload), { abortSignal }).catch(() => {})
}

export const keepsNothing = (): boolean => false

/** Another attempt may build on what is there; also one without a condition that the store does not know. */
export const keepsWhatMayPass = (error: unknown): boolean =>
  statusOf(error) === 501 || (!isPreconditionFailed(error) && s3Error('', error).retryable)
