/** Uploads to S3: small files in one request, large ones in parts that a later attempt can build on. */
import { createHash } from 'node:crypto'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import type { S3Client } from '@aws-sdk/client-s3'
import { StorageError } from '../errors.js'
import { contentTypeOf } from './content-type.js'
import type { S3Sdk } from './s3.js'

/** The object's metadata that holds the SHA-256 of its content. */
export const SHA256_METADATA = 'sha256'

/** S3 takes no more parts than these. */
const MOST_PARTS = 10_000
/** Parts that are on their way at the same time. */
const PARTS_AT_ONCE = 4

export interface MultipartOptions {
  /** Bytes. */
  readonly partSize: number
}

export interface DataUpload {
  readonly Bucket: string
  readonly Key: string
  readonly sha256: string
  readonly ifAbsent: boolean
  readonly signal: AbortSignal | undefined
}

export interface Upload extends DataUpload {
  /** Of the local file. */
  readonly path: string
  readonly size: number
}

interface Part {
  readonly PartNumber: number
  readonly ETag: string
}

const sending = ({ signal }: DataUpload): { abortSignal?: AbortSignal } => (signal ? { abortSignal: signal } : {})

/** Whoever comes second is refused: stores that do not know the condition take the later of two equal objects. */
const condition = ({ ifAbsent }: DataUpload): { IfNoneMatch?: string } => (ifAbsent ? { IfNoneMatch: '*' } : {})

export async function uploadWhole(sdk: S3Sdk, client: S3Client, upload: Upload): Promise<void> {
  await uploadData(sdk, client, upload, await readFile(upload.path))
}

export async function uploadData(sdk: S3Sdk, client: S3Client, upload: DataUpload, Body: Uint8Array): Promise<void> {
  const { Bucket, Key, sha256 } = upload
  const command = new sdk.PutObjectCommand({
    Bucket,
    Key,
    Body,
    ContentMD5: createHash('md5').update(Body).digest('base64'),
    ContentType: contentTypeOf(Key),
    Metadata: { [SHA256_METADATA]: sha256 },
    ...condition(upload),
  })
  await client.send(command, sending(upload))
}

/**
 * Goes on with an upload of the same content that broke off: parts that are there are not sent again. When somebody
 * else completed or dropped that upload meanwhile, another begins.
 */
export async function uploadInParts(
  sdk: S3Sdk,
  client: S3Client,
  upload: Upload,
  { partSize: wanted }: MultipartOptions,
): Promise<void> {
  const partSize = Math.max(wanted, Math.ceil(upload.size / MOST_PARTS))
  const file = await open(upload.path, 'r')
  try {
    const parts = new PartReader(file, upload.size, partSize)
    const begun = await unfinishedUpload(sdk, client, upload, parts)
    if (begun) {
      try {
        return await completeUpload(sdk, client, upload, parts, begun)
      } catch (error) {
        if (!isGone(error)) throw error
      }
    }
    const UploadId = await beginUpload(sdk, client, upload)
    await completeUpload(sdk, client, upload, parts, { UploadId, there: new Map() })
  } finally {
    await file.close()
  }
}

const isGone = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'NoSuchUpload' || error.name === 'InvalidPart')

interface BegunUpload {
  readonly UploadId: string
  /** The MD5, in hexadecimal, of each part that the store has. */
  readonly there: ReadonlyMap<number, string>
}

async function completeUpload(
  sdk: S3Sdk,
  client: S3Client,
  upload: Upload,
  reader: PartReader,
  { UploadId, there }: BegunUpload,
): Promise<void> {
  const { Bucket, Key } = upload
  const numbers = Array.from({ length: reader.count }, (_, index) => index + 1)
  const parts: Part[] = []
  const sendParts = async (): Promise<void> => {
    for (let PartNumber = numbers.shift(); PartNumber !== undefined; PartNumber = numbers.shift()) {
      const known = there.get(PartNumber)
      if (known !== undefined) {
        parts.push({ PartNumber, ETag: `"${known}"` })
        continue
      }
      const { Body, md5 } = await reader.read(PartNumber)
      const ContentMD5 = md5.toString('base64')
      const command = new sdk.UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ContentMD5 })
      const { ETag } = await client.send(command, sending(upload))
      if (!ETag) throw new StorageError('checksum', `s3://${Bucket}/${Key}: the store gave a part no ETag`)
      parts.push({ PartNumber, ETag })
    }
  }
  await Promise.all(Array.from({ length: PARTS_AT_ONCE }, sendParts))
  parts.sort((a, b) => a.PartNumber - b.PartNumber)
  const complete = { Bucket, Key, UploadId, MultipartUpload: { Parts: parts }, ...condition(upload) }
  await client.send(new sdk.CompleteMultipartUploadCommand(complete), sending(upload))
  await verifySize(sdk, client, upload)
}

/** The parts of a local file, numbered from 1. */
class PartReader {
  readonly count: number
  readonly #file: FileHandle
  readonly #size: number
  readonly #partSize: number

  constructor(file: FileHandle, size: number, partSize: number) {
    this.#file = file
    this.#size = size
    this.#partSize = partSize
    this.count = Math.ceil(size / partSize)
  }

  async read(number: number): Promise<{ Body: Buffer; md5: Buffer }> {
    const start = (number - 1) * this.#partSize
    const Body = Buffer.alloc(Math.min(this.#partSize, this.#size - start))
    const { bytesRead } = await this.#file.read(Body, 0, Body.length, start)
    if (bytesRead !== Body.length) throw new StorageError('checksum', 'the file changed while it was uploaded')
    return { Body, md5: createHash('md5').update(Body).digest() }
  }
}

async function beginUpload(sdk: S3Sdk, client: S3Client, upload: Upload): Promise<string> {
  const { Bucket, Key, sha256 } = upload
  const command = new sdk.CreateMultipartUploadCommand({
    Bucket,
    Key,
    ContentType: contentTypeOf(Key),
    Metadata: { [SHA256_METADATA]: sha256 },
  })
  const { UploadId } = await client.send(command, sending(upload))
  if (!UploadId) throw new StorageError('unavailable', `s3://${Bucket}/${Key}: the store began no upload`)
  return UploadId
}

/** The newest upload to this key that was begun and not completed, unless it has a part that is not of this file. */
async function unfinishedUpload(
  sdk: S3Sdk,
  client: S3Client,
  upload: Upload,
  reader: PartReader,
): Promise<BegunUpload | null> {
  const { Bucket, Key } = upload
  const listed = await client.send(new sdk.ListMultipartUploadsCommand({ Bucket, Prefix: Key }), sending(upload))
  const ours = (listed.Uploads ?? []).filter((candidate) => candidate.Key === Key && candidate.UploadId)
  ours.sort((a, b) => (b.Initiated?.getTime() ?? 0) - (a.Initiated?.getTime() ?? 0))
  const UploadId = ours[0]?.UploadId
  if (!UploadId) return null
  const there = new Map<number, string>()
  let marker: string | undefined
  do {
    const at = marker ? { PartNumberMarker: marker } : {}
    const page = await client.send(new sdk.ListPartsCommand({ Bucket, Key, UploadId, ...at }), sending(upload))
    for (const { PartNumber, ETag } of page.Parts ?? []) {
      if (!PartNumber || !ETag || PartNumber > reader.count) return null
      const { md5 } = await reader.read(PartNumber)
      if (ETag.replaceAll('"', '') !== md5.toString('hex')) return null
      there.set(PartNumber, md5.toString('hex'))
    }
    marker = page.IsTruncated ? page.NextPartNumberMarker : undefined
  } while (marker)
  return { UploadId, there }
}

async function verifySize(sdk: S3Sdk, client: S3Client, upload: Upload): Promise<void> {
  const { Bucket, Key, size } = upload
  const { ContentLength } = await client.send(new sdk.HeadObjectCommand({ Bucket, Key }), sending(upload))
  if (ContentLength === size) return
  throw new StorageError(
    'checksum',
    `s3://${Bucket}/${Key}: expected ${size} bytes but the store has ${ContentLength}`,
    {
      retryable: true,
    },
  )
}
