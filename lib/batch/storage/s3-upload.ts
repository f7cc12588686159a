/** Uploads to S3: small files in one request, large ones in parts that a later attempt can build on. */
import { createHash } from 'node:crypto'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import type { S3Client } from '@aws-sdk/client-s3'
import { StorageError } from '../errors.js'
import { contentTypeOf } from './content-type.js'
import type { S3Sdk } from './s3.js'
import { copyObject } from './s3-copy.js'
import { isGoneUpload, statusOf } from './s3-errors.js'
import {
  type BegunUpload,
  beginUpload,
  completeUpload,
  keepsWhatMayPass,
  MOST_PARTS,
  sending,
  type Target,
} from './s3-multipart.js'

/** How often an upload begins anew that somebody else has ended. */
const BEGINNINGS = 3

export interface MultipartOptions {
  /** Bytes of a part, more where there would be too many of them. */
  readonly partSize: number
}

export interface DataUpload extends Target {
  /** Nothing is to be replaced: whoever comes second is refused. */
  readonly ifAbsent: boolean
}

export interface Upload extends DataUpload {
  /** Of the local file. */
  readonly path: string
  readonly size: number
}

export async function uploadWhole(sdk: S3Sdk, client: S3Client, upload: Upload): Promise<void> {
  await uploadData(sdk, client, upload, await readFile(upload.path), upload.ifAbsent ? { IfNoneMatch: '*' } : {})
}

/** @returns the ETag of what is there now */
export async function uploadData(
  sdk: S3Sdk,
  client: S3Client,
  { Bucket, Key, Metadata, signal }: Target,
  Body: Uint8Array,
  condition: { IfNoneMatch?: string; IfMatch?: string } = {},
): Promise<string | undefined> {
  const command = new sdk.PutObjectCommand({
    Bucket,
    Key,
    Body,
    ContentMD5: createHash('md5').update(Body).digest('base64'),
    ContentType: contentTypeOf(Key),
    Metadata,
    ...condition,
  })
  return (await client.send(command, sending(signal))).ETag
}

/**
 * Goes on with an upload of the same content that broke off: parts that are there are not sent again. When somebody
 * else completed or dropped that upload meanwhile, another begins. What may pass leaves its parts for the next attempt;
 * an abort, and what does not pass, leaves nothing.
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
    let begun = await unfinishedUpload(sdk, client, upload, parts)
    for (let beginning = 1; ; beginning++) {
      const isOurs = begun === null
      begun ??= { UploadId: await beginUpload(sdk, client, upload), there: new Map() }
      try {
        const tag = await completeUpload(sdk, client, upload, begun, {
          count: parts.count,
          partSize,
          send: (PartNumber, UploadId) => sendPart(sdk, client, upload, parts, PartNumber, UploadId),
          condition: upload.ifAbsent ? { IfNoneMatch: '*' } : {},
          keeps: keepsWhatMayPass,
        })
        return await verify(sdk, client, upload, tag, isOurs)
      } catch (error) {
        if (!isGoneUpload(error) || beginning >= BEGINNINGS) throw error
        begun = null
      }
    }
  } finally {
    await file.close()
  }
}

async function sendPart(
  sdk: S3Sdk,
  client: S3Client,
  { Bucket, Key, signal }: Upload,
  reader: PartReader,
  PartNumber: number,
  UploadId: string,
): Promise<string | undefined> {
  const { Body, md5 } = await reader.read(PartNumber)
  const ContentMD5 = md5.toString('base64')
  const command = new sdk.UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ContentMD5 })
  return (await client.send(command, sending(signal))).ETag
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
    const Body = Buffer.allocUnsafe(Math.min(this.#partSize, this.#size - start))
    for (let filled = 0; filled < Body.length; ) {
      const { bytesRead } = await this.#file.read(Body, filled, Body.length - filled, start + filled)
      if (bytesRead === 0) throw new StorageError('checksum', 'the file changed while it was uploaded')
      filled += bytesRead
    }
    return { Body, md5: createHash('md5').update(Body).digest() }
  }
}

/**
 * The newest upload to this key that was begun and not completed, unless it has no part yet, or one that is not of this
 * file. Whoever may write need not be allowed to look for it, and not every store can.
 */
async function unfinishedUpload(
  sdk: S3Sdk,
  client: S3Client,
  { Bucket, Key, signal }: Upload,
  reader: PartReader,
): Promise<BegunUpload | null> {
  const there = new Map<number, string>()
  try {
    const list = new sdk.ListMultipartUploadsCommand({ Bucket, Prefix: Key })
    const { Uploads = [] } = await client.send(list, sending(signal))
    const ours = Uploads.filter((candidate) => candidate.Key === Key && candidate.UploadId)
    ours.sort((a, b) => (b.Initiated?.getTime() ?? 0) - (a.Initiated?.getTime() ?? 0))
    const UploadId = ours[0]?.UploadId
    if (!UploadId) return null
    let marker: string | undefined
    do {
      const at = marker ? { PartNumberMarker: marker } : {}
      const listParts = new sdk.ListPartsCommand({ Bucket, Key, UploadId, ...at })
      const page = await client.send(listParts, sending(signal))
      for (const { PartNumber, ETag } of page.Parts ?? []) {
        if (!PartNumber || !ETag || PartNumber > reader.count) return null
        const { md5 } = await reader.read(PartNumber)
        if (ETag.replaceAll('"', '') !== md5.toString('hex')) return null
        there.set(PartNumber, ETag)
      }
      marker = page.IsTruncated ? page.NextPartNumberMarker : undefined
    } while (marker)
    return there.size > 0 ? { UploadId, there } : null
  } catch (error) {
    const cannotLook = [403, 405, 501].includes(statusOf(error) ?? 0)
    if (cannotLook || isGoneUpload(error)) return null
    throw error
  }
}

/** @param isOurs whether this process began the upload, and gave it the metadata */
async function verify(
  sdk: S3Sdk,
  client: S3Client,
  upload: Upload,
  tag: string | undefined,
  isOurs: boolean,
): Promise<void> {
  const { Bucket, Key, Metadata, size, signal } = upload
  const head = await client.send(new sdk.HeadObjectCommand({ Bucket, Key }), sending(signal))
  // Of two who write at the same time the later one's stays.
  if (tag !== undefined && head.ETag !== tag) return
  if (head.ContentLength !== size) {
    const difference = `expected ${size} bytes but the store has ${head.ContentLength}`
    throw new StorageError('checksum', `s3://${Bucket}/${Key}: ${difference}`, { retryable: true })
  }
  // The upload may have been begun for another file that has the same beginning: its content is right, its SHA-256 is not.
  const isLabelled = Object.entries(Metadata).every(([name, value]) => head.Metadata?.[name] === value)
  if (!isOurs && !isLabelled) await copyObject(sdk, client, upload, { Bucket, Key, size, tag: head.ETag })
}
