/** Any store that speaks S3, through the official SDK, which is an optional peer dependency. */
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { S3Client } from '@aws-sdk/client-s3'
import { BatchError, FarmError, messageOf, StorageError } from '../errors.js'
import { sha256OfFile } from './checksum.js'
import { contentTypeOf } from './content-type.js'
import { storageError } from './failure.js'
import { type MultipartOptions, SHA256_METADATA, uploadData, uploadInParts, uploadWhole } from './s3-upload.js'
import { makeScratch } from './scratch.js'
import type { ListedObject, ObjectInfo, PutOptions, PutResult, ReadOptions, Storage } from './storage.js'

export type S3Sdk = typeof import('@aws-sdk/client-s3')

export interface S3Options {
  /** Address of a store other than Amazon's. Default: the environment variables AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL. */
  endpoint?: string
  /** Default: as the SDK finds it, else "us-east-1". */
  region?: string
  /** Default: as the SDK finds them: environment, files, roles. They never travel through the queue. */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }
  /** Whether the bucket is in the path rather than the host name. Default: true with an endpoint of one's own. */
  forcePathStyle?: boolean
  /** Bytes of a part of a large upload, at least 5 MiB (5,242,880). Default 8 MiB, more for files above 80 GB. */
  partSize?: number
}

async function loadSdk(): Promise<S3Sdk> {
  try {
    return await import('@aws-sdk/client-s3')
  } catch (error) {
    throw new FarmError('not-installed', 's3:// needs the package @aws-sdk/client-s3: npm install @aws-sdk/client-s3', {
      cause: error,
    })
  }
}

/** One bucket. */
export class S3Storage implements Storage {
  readonly url: string
  readonly #bucket: string
  readonly #sdk: S3Sdk
  readonly #client: S3Client
  readonly #multipart: MultipartOptions
  /** Whether the store knows the condition that nothing is replaced, as far as is known. */
  #conditional = true

  private constructor(bucket: string, sdk: S3Sdk, client: S3Client, multipart: MultipartOptions) {
    this.url = `s3://${bucket}`
    this.#bucket = bucket
    this.#sdk = sdk
    this.#client = client
    this.#multipart = multipart
  }

  /** @throws FarmError `not-installed` when the SDK is missing; StorageError `unavailable` when no region is known */
  static async open(bucket: string, options: S3Options = {}): Promise<S3Storage> {
    const sdk = await loadSdk()
    const endpoint = options.endpoint ?? process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL']
    const region = options.region ?? process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION']
    const client = new sdk.S3Client({
      ...(endpoint ? { endpoint, region: region ?? 'us-east-1' } : region ? { region } : {}),
      ...(options.credentials ? { credentials: options.credentials } : {}),
      forcePathStyle: options.forcePathStyle ?? endpoint !== undefined,
      // Trailing CRC32 checksums are Amazon's alone; every store verifies Content-MD5, which uploads carry.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      maxAttempts: 5,
    })
    // Also a profile in the user's files may say it.
    await client.config.region().catch((error: unknown) => {
      const received = 'expected a region in AWS_REGION or the option region but received none'
      throw new StorageError('unavailable', `s3://${bucket}: ${received} (${messageOf(error)})`, { cause: error })
    })
    return new S3Storage(bucket, sdk, client, { partSize: options.partSize ?? 8 << 20 })
  }

  async info(key: string): Promise<ObjectInfo | null> {
    try {
      const head = await this.#client.send(new this.#sdk.HeadObjectCommand(this.#at(key)))
      const { ContentLength: size = 0, Metadata, ETag: tag = null } = head
      const sha256 = Metadata?.[SHA256_METADATA] ?? ''
      return { size, sha256: SHA256.test(sha256) ? sha256 : null, version: `${size}-${tag}`, tag }
    } catch (error) {
      if (statusOf(error) === 404) return null
      throw this.#failure(key, error)
    }
  }

  async read(key: string, start: number, end: number, { signal, tag }: ReadOptions = {}): Promise<Uint8Array> {
    if (end <= start) return new Uint8Array(0)
    return this.#doing(key, async () => {
      const same = tag ? { IfMatch: tag } : {}
      const command = new this.#sdk.GetObjectCommand({ ...this.#at(key), Range: `bytes=${start}-${end - 1}`, ...same })
      const { Body } = await this.#client.send(command, sending(signal))
      const bytes = await Body!.transformToByteArray()
      if (bytes.length === end - start) return bytes
      throw new StorageError(
        'checksum',
        `${this.#nameOf(key)}: expected ${end - start} bytes but received ${bytes.length}`,
      )
    })
  }

  async readWhole(key: string): Promise<Uint8Array | null> {
    try {
      const { Body } = await this.#client.send(new this.#sdk.GetObjectCommand(this.#at(key)))
      return await Body!.transformToByteArray()
    } catch (error) {
      if (isMissingObject(error)) return null
      throw this.#failure(key, error)
    }
  }

  async write(key: string, data: Uint8Array): Promise<void> {
    const sha256 = createHash('sha256').update(data).digest('hex')
    const upload = { ...this.#at(key), sha256, ifAbsent: false, signal: undefined }
    await this.#doing(key, () => uploadData(this.#sdk, this.#client, upload, data))
  }

  async put(key: string, path: string, { ifAbsent = false, signal }: PutOptions = {}): Promise<PutResult> {
    return this.#doing(key, async () => {
      if (ifAbsent && (await this.info(key))) return 'existed'
      const { size } = await stat(path)
      const sha256 = await sha256OfFile(path, signal)
      const send = async (): Promise<PutResult> => {
        const upload = { ...this.#at(key), path, size, sha256, ifAbsent: ifAbsent && this.#conditional, signal }
        if (size <= this.#multipart.partSize) await uploadWhole(this.#sdk, this.#client, upload)
        else await uploadInParts(this.#sdk, this.#client, upload, this.#multipart)
        return 'stored'
      }
      try {
        return await send()
      } catch (error) {
        if (ifAbsent && isPreconditionFailed(error)) return 'existed'
        // Not every store has conditional writes. There, of two who write at the same instant, the later object stays.
        if (!ifAbsent || statusOf(error) !== 501) throw error
        this.#conditional = false
        return await send()
      }
    })
  }

  async take(key: string, path: string, options: PutOptions = {}): Promise<PutResult> {
    const result = await this.put(key, path, options)
    await rm(path, { force: true })
    return result
  }

  scratch(): Promise<string> {
    return makeScratch()
  }

  /** A download that breaks off goes on from where it was, as long as the object is the same. */
  async get(key: string, path: string, signal?: AbortSignal): Promise<void> {
    await this.#doing(key, async () => {
      await mkdir(dirname(path), { recursive: true })
      const info = await this.info(key)
      if (!info) throw new StorageError('not-found', `${this.#nameOf(key)}: there is no such object`)
      const temporary = `${path}.unfinished`
      await this.#download(key, temporary, info.size, signal)
      if (info.sha256 && (await sha256OfFile(temporary, signal)) !== info.sha256) {
        await rm(temporary, { force: true })
        throw new StorageError('checksum', `${this.#nameOf(key)}: its checksum is not the one it was stored with`, {
          retryable: true,
        })
      }
      await rename(temporary, path)
    })
  }

  async #download(key: string, path: string, size: number, signal?: AbortSignal): Promise<void> {
    let eTag: string | undefined
    for (let attempt = 0; ; attempt++) {
      // What another process left unfinished may be of another object: only what this call wrote is gone on with.
      const have =
        attempt === 0
          ? 0
          : await stat(path).then(
              ({ size: bytes }) => bytes,
              () => 0,
            )
      if (have === size && attempt > 0) return
      try {
        const range = have > 0 ? { Range: `bytes=${have}-`, IfMatch: eTag } : {}
        const command = new this.#sdk.GetObjectCommand({ ...this.#at(key), ...range })
        const response = await this.#client.send(command, sending(signal))
        eTag = response.ETag
        await pipeline(response.Body as Readable, createWriteStream(path, { flags: have > 0 ? 'a' : 'w' }), { signal })
        const { size: bytes } = await stat(path)
        if (bytes === size) return
        throw new StorageError('unavailable', `${this.#nameOf(key)}: the download broke off`, { retryable: true })
      } catch (error) {
        const failure = this.#failure(key, error)
        if (!failure.retryable || attempt >= 4 || signal?.aborted) throw failure
      }
    }
  }

  async copy(from: string, to: string, signal?: AbortSignal): Promise<void> {
    await this.#doing(from, async () => {
      const info = await this.info(from)
      if (!info) throw new StorageError('not-found', `${this.#nameOf(from)}: there is no such object`)
      const command = new this.#sdk.CopyObjectCommand({
        ...this.#at(to),
        CopySource: encodeURIComponent(`${this.#bucket}/${from}`).replaceAll('%2F', '/'),
        // What browsers are told follows the new name.
        MetadataDirective: 'REPLACE',
        ContentType: contentTypeOf(to),
        ...(info.sha256 === null ? {} : { Metadata: { [SHA256_METADATA]: info.sha256 } }),
      })
      await this.#client.send(command, sending(signal))
    })
  }

  /** Copies within the store and removes the original: the new key appears in one step. */
  async move(from: string, to: string, { ifAbsent = false, signal }: PutOptions = {}): Promise<PutResult> {
    return this.#doing(from, async () => {
      if (ifAbsent && (await this.info(to))) {
        await this.remove(from)
        return 'existed'
      }
      await this.copy(from, to, signal)
      await this.remove(from)
      return 'stored'
    })
  }

  async *list(prefix: string): AsyncGenerator<ListedObject> {
    let token: string | undefined
    do {
      const command = new this.#sdk.ListObjectsV2Command({
        Bucket: this.#bucket,
        Prefix: prefix,
        ...(token ? { ContinuationToken: token } : {}),
      })
      const page = await this.#doing(prefix, () => this.#client.send(command))
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        if (Key) yield { key: Key, size: Size ?? 0, modified: LastModified?.getTime() ?? 0 }
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined
    } while (token)
  }

  async remove(key: string): Promise<void> {
    await this.#doing(key, () => this.#client.send(new this.#sdk.DeleteObjectCommand(this.#at(key))))
  }

  async requireWritable(key: string): Promise<void> {
    try {
      await this.#client.send(new this.#sdk.HeadBucketCommand({ Bucket: this.#bucket }))
    } catch (error) {
      // Whoever may write need not be allowed to look.
      if (statusOf(error) !== 403) throw this.#failure(key, error)
    }
  }

  localPath(): null {
    return null
  }

  close(): void {
    this.#client.destroy()
  }

  #at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: key }
  }

  #nameOf(key: string): string {
    return `${this.url}/${key}`
  }

  async #doing<T>(key: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw this.#failure(key, error)
    }
  }

  #failure(key: string, error: unknown): BatchError {
    return s3Error(this.#nameOf(key), error)
  }
}

const sending = (signal: AbortSignal | undefined): { abortSignal?: AbortSignal } =>
  signal ? { abortSignal: signal } : {}

/** The HTTP status that an error of the SDK came with. */
function statusOf(error: unknown): number | undefined {
  const metadata = error instanceof Error && '$metadata' in error ? error.$metadata : undefined
  return (metadata as { httpStatusCode?: number } | undefined)?.httpStatusCode
}

const SHA256 = /^[0-9a-f]{64}$/

/** Not a bucket, which is another matter. */
const isMissingObject = (error: unknown): boolean => error instanceof Error && error.name === 'NoSuchKey'

const isPreconditionFailed = (error: unknown): boolean => statusOf(error) === 412 || statusOf(error) === 409

function s3Error(name: string, error: unknown): BatchError {
  if (error instanceof BatchError) return error
  const status = statusOf(error)
  const reason = error instanceof Error ? `${error.name}: ${messageOf(error)}` : messageOf(error)
  const cause = { cause: error }
  if (status === 404) return new StorageError('not-found', `${name}: there is no such object or bucket`, cause)
  if (status === 401 || status === 403) {
    return new StorageError('not-writable', `${name}: access is denied (${reason})`, cause)
  }
  if (status === 412) {
    return new StorageError('unavailable', `${name}: another object took its place meanwhile`, {
      retryable: true,
      ...cause,
    })
  }
  if (status === 507)
    return new StorageError('no-space', `${name}: there is no space left`, { retryable: true, ...cause })
  if (status !== undefined && status < 500 && status !== 408 && status !== 429 && status !== 409) {
    return new StorageError('unavailable', `${name}: the store refused (${reason})`, cause)
  }
  if (error instanceof Error && error.name === 'CredentialsProviderError') {
    return new StorageError('not-writable', `${name}: there are no credentials (${messageOf(error)})`, cause)
  }
  // Without a status the store was not reached at all, or a local file failed.
  if (status === undefined && error instanceof Error && 'syscall' in error && 'path' in error)
    return storageError(name, error)
  return new StorageError('unavailable', `${name}: the store failed (${reason})`, { retryable: true, ...cause })
}
