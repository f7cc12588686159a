/** Copies within a store, which does them itself. */
import type { S3Client } from '@aws-sdk/client-s3'
import { contentTypeOf } from './content-type.js'
import type { S3Sdk } from './s3.js'
import { isPreconditionFailed } from './s3-errors.js'
import { beginUpload, completeUpload, keepsNothing, MOST_PARTS, sending, type Target } from './s3-multipart.js'

/**
 * Bytes above which an object is copied in parts of this size. S3 refuses more than 5 GiB in one piece, and takes long
 * without a word for much less.
 */
export const COPY_PART_SIZE = 256 << 20

export interface CopySource {
  readonly Bucket: string
  readonly Key: string
  readonly size: number
  /** Its ETag: another object that takes its place meanwhile is not meant. */
  readonly tag: string | null | undefined
}

/** The new object appears in one step, with the metadata of `target`. */
export async function copyObject(
  sdk: S3Sdk,
  client: S3Client,
  target: Target,
  source: CopySource,
  partSize: number = COPY_PART_SIZE,
): Promise<void> {
  try {
    await copyOnce(sdk, client, target, source, partSize)
  } catch (error) {
    if (!source.tag || !isPreconditionFailed(error)) throw error
    // Some stores compare the ETag of an object that was made in parts with another one that nobody is told.
    const { Bucket, Key } = source
    const { ETag } = await client.send(new sdk.HeadObjectCommand({ Bucket, Key }), sending(target.signal))
    if (ETag !== source.tag) throw error
    await copyOnce(sdk, client, target, { ...source, tag: null }, partSize)
  }
}

async function copyOnce(
  sdk: S3Sdk,
  client: S3Client,
  target: Target,
  source: CopySource,
  partSize: number,
): Promise<void> {
  const { Bucket, Key, Metadata, signal } = target
  const from = {
    CopySource: encodeURIComponent(`${source.Bucket}/${source.Key}`).replaceAll('%2F', '/'),
    ...(source.tag ? { CopySourceIfMatch: source.tag } : {}),
  }
  if (source.size <= partSize) {
    // What browsers are told follows the new name.
    const about = { MetadataDirective: 'REPLACE', ContentType: contentTypeOf(Key), Metadata } as const
    await client.send(new sdk.CopyObjectCommand({ Bucket, Key, ...from, ...about }), sending(signal))
    return
  }
  const length = Math.max(partSize, Math.ceil(source.size / MOST_PARTS))
  const UploadId = await beginUpload(sdk, client, target)
  const copyPart = async (PartNumber: number) => {
    const start = (PartNumber - 1) * length
    const CopySourceRange = `bytes=${start}-${Math.min(source.size, start + length) - 1}`
    const command = new sdk.UploadPartCopyCommand({ Bucket, Key, UploadId, PartNumber, ...from, CopySourceRange })
    return (await client.send(command, sending(signal))).CopyPartResult?.ETag
  }
  const parts = {
    count: Math.ceil(source.size / length),
    partSize: 0,
    condition: {},
    send: copyPart,
    keeps: keepsNothing,
  }
  await completeUpload(sdk, client, target, { UploadId, there: new Map() }, parts)
}
