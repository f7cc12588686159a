/** Any store that speaks S3, through the official SDK, which is an optional peer dependency. */
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { S3Client } from '@aws-sdk/client-s3'
import { FarmError, JobError, messageOf, StorageError } from '../errors.js'
import { PendingOutput } from '../file-writer.js'
import { retrying } from '../retrying.js'
import { sha256OfFile } from './checksum.js'
import { COPY_PART_SIZE, copyObject } from './s3-copy.js'
import { type FailedRequest, isMissingObject, isPreconditionFailed, s3Error, statusOf } from './s3-errors.js'
import { sending } from './s3-multipart.js'
import { type MultipartOptions, uploadData, uploadInParts, uploadWhole } from './s3-upload.js'
import { makeScratch } from './scratch.js'
import type {
  ConditionalStore,
  ListedObject,
  ObjectInfo,
  PutOptions,
  PutResult,
  ReadOptions,
  Storage,
  TaggedData,
} from './storage.js'

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

/** The object's metadata that holds the SHA-256 of its content. */
const SHA256_METADATA = 'sha256'
/** Bytes: S3 takes no smaller part but the last. */
const LEAST_PART_SIZE = 5 << 20
const DEFAULT_PART_SIZE = 8 << 20
/** Milliseconds. A connection that is dead does not say so; copies within a store take as long in silence. */
const TIMEOUTS = { connectionTimeout: 10_000, socketTimeout: 120_000 }

interface Limits extends MultipartOptions {
  /** Bytes above which an object is copied in parts of this size. */
  readonly copyPartSize: number
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
export class S3Storage implements Storage, ConditionalStore {
  readonly url: string
  readonly #bucket: string
  readonly #sdk: S3Sdk
  readonly #client: S3Client
  readonly #limits: Limits
  /** Whether the store knows the condition that nothing is replaced, as far as is known. */
  #conditional = true

  private constructor(bucket: string, sdk: S3Sdk, client: S3Client, limits: Limits) {
    this.url = `s3://${bucket}`
    this.#bucket = bucket
    this.#sdk = sdk
    this.#client = client
    this.#limits = limits
  }

  /**
   * @param limits what tests make smaller
   * @throws FarmError `not-installed` when the SDK is missing; StorageError `unavailable` when no region is known; JobError
   *   for a part size that stores refuse
   */
  static async open(
    bucket: string,
    options: S3Options = {},
    limits: { readonly copyPartSize?: number } = {},
  ): Promise<S3Storage> {
    const { partSize = DEFAULT_PART_SIZE } = options
    if (!Number.isInteger(partSize) || partSize < LEAST_PART_SIZE) {
      throw new JobError(`expected at least ${LEAST_PART_SIZE} bytes for partSize but received ${partSize}`)
    }
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
      requestHandler: TIMEOUTS,
    })
    // Also a profile in the user's files may say it.
    await client.config.region().catch((error: unknown) => {
      const received = 'expected a region in AWS_REGION or the option region but received none'
      throw new StorageError('unavailable', `s3://${bucket}: ${received} (${messageOf(error)})`, { cause: error })
    })
    return new S3Storage(bucket, sdk, client, { partSize, copyPartSize: COPY_PART_SIZE, ...limits })
  }

  async info(key: string): Promise<ObjectInfo | null> {
    try {
      const head = await this.#client.send(new this.#sdk.HeadObjectCommand(this.#at(key)))
      const { ContentLength: size = 0, Metadata, ETag: tag = null } = head
      const sha256 = Metadata?.[SHA256_METADATA] ?? ''
      return { size, sha256: SHA256.test(sha256) ? sha256 : null, version: `${size}-${tag}`, tag }
    } catch (error) {
      if (statusOf(error) === 404) return null
      throw this.#failure(key, error, { reading: true })
    }
  }

  async read(key: string, start: number, end: number, { signal, tag }: ReadOptions = {}): Promise<Uint8Array> {
    if (end <= start) return new Uint8Array(0)
    const read = async () => {
      const same = tag ? { IfMatch: tag } : {}
      const command = new this.#sdk.GetObjectCommand({ ...this.#at(key), Range: `bytes=${start}-${end - 1}`, ...same })
      const { Body } = await this.#client.send(command, sending(signal))
      const bytes = await Body!.transformToByteArray()
      if (bytes.length === end - start) return bytes
      throw new StorageError(
        'checksum',
        `${this.#nameOf(key)}: expected ${end - start} bytes but received ${bytes.length}`,
      )
    }
    return this.#doing(key, read, { reading: true, signal })
  }

  async readWhole(key: string): Promise<Uint8Array | null> {
    return (await this.readTagged(key))?.data ?? null
  }

  async readTagged(key: string): Promise<TaggedData | null> {
    try {
      const { Body, ETag = '' } = await this.#client.send(new this.#sdk.GetObjectCommand(this.#at(key)))
      return { data: await Body!.transformToByteArray(), tag: ETag }
    } catch (error) {
      if (isMissingObject(error)) return null
      throw this.#failure(key, error, { reading: true })
    }
  }

  async write(key: string, data: Uint8Array): Promise<void> {
    await this.#doing(key, () => uploadData(this.#sdk, this.#client, this.#dataTarget(key, data), data))
  }

  async writeInPlaceOf(tag: string | null, key: string, data: Uint8Array): Promise<string | 'refused' | 'unknown'> {
    const condition = tag === null ? { IfNoneMatch: '*' } : { IfMatch: tag }
    return this.#doing(key, async () => {
      try {
        const upload = uploadData(this.#sdk, this.#client, this.#dataTarget(key, data), data, condition)
        return (await upload) ?? 'unknown'
      } catch (error) {
        // Also when what was to be replaced is gone.
        if (isPreconditionFailed(error) || statusOf(error) === 404) return 'refused'
        if (statusOf(error) === 501) return 'unknown'
        throw error
      }
    })
  }

  async put(key: string, path: string, { ifAbsent = false, signal }: PutOptions = {}): Promise<PutResult> {
    const put = async (): Promise<PutResult> => {
      if (ifAbsent && (await this.info(key))) return 'existed'
      const { size } = await stat(path)
      const target = this.#target(key, await sha256OfFile(path, signal), signal)
      const send = async (): Promise<PutResult> => {
        const upload = { ...target, path, size, ifAbsent: ifAbsent && this.#conditional }
        if (size <= this.#limits.partSize) await uploadWhole(this.#sdk, this.#client, upload)
        else await uploadInParts(this.#sdk, this.#client, upload, this.#limits)
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
    }
    return this.#doing(key, put, { signal })
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
    const get = async () => {
      await mkdir(dirname(path), { recursive: true })
      const info = await this.#requireInfo(key)
      const pending = new PendingOutput(path)
      try {
        await this.#download(key, pending.temporaryPath, info, signal)
        if (info.sha256 && (await sha256OfFile(pending.temporaryPath, signal)) !== info.sha256) {
          const difference = 'its checksum is not the one it was stored with'
          throw new StorageError('checksum', `${this.#nameOf(key)}: ${difference}`, { retryable: true })
        }
        await pending.commit()
      } finally {
        await pending.discard()
      }
    }
    await this.#doing(key, get, { reading: true, signal })
  }

  async #download(key: string, path: string, { size, tag }: ObjectInfo, signal?: AbortSignal): Promise<void> {
    let have = 0
    const goOn = async () => {
      const range = have > 0 ? { Range: `bytes=${have}-` } : {}
      const same = tag ? { IfMatch: tag } : {}
      const command = new this.#sdk.GetObjectCommand({ ...this.#at(key), ...range, ...same })
      const response = await this.#client.send(command, sending(signal))
      // A store that does not know ranges gives all of it.
      const flags = have > 0 && response.ContentRange !== undefined ? 'a' : 'w'
      try {
        await pipeline(response.Body as Readable, createWriteStream(path, { flags }), { signal })
      } finally {
        have = (await stat(path)).size
      }
      if (have === size) return
      if (have > size) have = 0
      throw new StorageError('unavailable', `${this.#nameOf(key)}: the download broke off`, { retryable: true })
    }
    await retrying(() => this.#doing(key, goOn, { reading: true, signal }), signal)
  }

  async copy(from: string, to: string, signal?: AbortSignal): Promise<void> {
    const copy = async () => {
      const { size, sha256, tag } = await this.#requireInfo(from)
      const source = { ...this.#at(from), size, tag }
      await copyObject(this.#sdk, this.#client, this.#target(to, sha256, signal), source, this.#limits.copyPartSize)
    }
    await this.#doing(from, copy, { reading: true, signal })
  }

  /** Copies within the store and removes the original: the new key appears in one step. */
  async move(from: string, to: string, { ifAbsent = false, signal }: PutOptions = {}): Promise<PutResult> {
    const existed = ifAbsent && (await this.info(to)) !== null
    if (!existed) await this.copy(from, to, signal)
    await this.remove(from)
    return existed ? 'existed' : 'stored'
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

  get conditional(): ConditionalStore {
    return this
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

  #target(key: string, sha256: string | null, signal?: AbortSignal) {
    const Metadata: Record<string, string> = sha256 === null ? {} : { [SHA256_METADATA]: sha256 }
    return { ...this.#at(key), Metadata, signal }
  }

  #dataTarget(key: string, data: Uint8Array) {
    return this.#target(key, createHash('sha256').update(data).digest('hex'))
  }

  async #requireInfo(key: string): Promise<ObjectInfo> {
    const info = await this.info(key)
    if (info) return info
    throw new StorageError('not-found', `${this.#nameOf(key)}: there is no such object`)
  }

  async #doing<T>(key: string, work: () => Promise<T>, request?: FailedRequest): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw this.#failure(key, error, request)
    }
  }

  #failure(key: string, error: unknown, request?: FailedRequest) {
    return s3Error(this.#nameOf(key), error, request)
  }
}

const SHA256 = /^[0-9a-f]{64}$/
