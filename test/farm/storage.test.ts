import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { FolderStorage } from '../../lib/batch/storage/folder.js'
import { Locations } from '../../lib/batch/storage/locations.js'
import { S3Storage } from '../../lib/batch/storage/s3.js'
import type { Storage } from '../../lib/batch/storage/storage.js'
import { type S3Server, s3Missing, startS3 } from '../helpers/servers/s3.js'

// Several processes and servers on a machine that may have other things to do.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 })

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcodecs-native-storage-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function localFile(name: string, content: Uint8Array | string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

async function keysOf(storage: Storage, prefix = ''): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of storage.list(prefix)) keys.push(key)
  return keys.sort()
}

/** What every storage must do. Without `mostWinners` it has no conditional writes, and the last of several stays. */
function storageTests(open: () => Storage, mostWinners?: number): void {
  it('gives back what was put, whole and in ranges', async () => {
    const content = randomBytes(300_000)
    const storage = open()
    expect(await storage.put('a/b.bin', await localFile('b.bin', content))).toBe('stored')
    expect(await storage.info('a/b.bin')).toMatchObject({ size: content.length })
    expect(content.subarray(1000, 200_000).equals(await storage.read('a/b.bin', 1000, 200_000))).toBe(true)
    const copy = join(folder, 'copies', 'b.bin')
    await storage.get('a/b.bin', copy)
    expect(content.equals(await readFile(copy))).toBe(true)
  })

  it('tells that an object is not there', async () => {
    const storage = open()
    expect(await storage.info('nowhere')).toBeNull()
    await expect(storage.read('nowhere', 0, 10)).rejects.toMatchObject({ name: 'StorageError', code: 'not-found' })
    await expect(storage.get('nowhere', join(folder, 'x'))).rejects.toMatchObject({
      code: 'not-found',
      retryable: false,
    })
    await expect(storage.remove('nowhere')).resolves.toBeUndefined()
  })

  it('reads no fewer bytes than were asked for', async () => {
    const storage = open()
    await storage.put('short', await localFile('short', 'abc'))
    await expect(storage.read('short', 0, 10)).rejects.toMatchObject({ code: 'checksum' })
  })

  it('replaces an object, unless it is to be left alone', async () => {
    const storage = open()
    await storage.put('one', await localFile('first', 'first'))
    expect(await storage.put('one', await localFile('second', 'second!'), { ifAbsent: true })).toBe('existed')
    expect(await storage.info('one')).toMatchObject({ size: 5 })
    expect(await storage.put('one', await localFile('second', 'second!'))).toBe('stored')
    expect(await storage.info('one')).toMatchObject({ size: 7 })
  })

  it('lets one of many writers win', async () => {
    const storage = open()
    const paths = await Promise.all([0, 1, 2, 3].map((index) => localFile(`race-${index}`, `writer ${index}`)))
    const results = await Promise.all(paths.map((path) => storage.put('race', path, { ifAbsent: true })))
    const winners = results.flatMap((result, index) => (result === 'stored' ? [`writer ${index}`] : []))
    expect(winners.length).toBeGreaterThanOrEqual(1)
    if (mostWinners !== undefined) expect(winners.length).toBeLessThanOrEqual(mostWinners)
    expect(winners).toContain(Buffer.from(await storage.read('race', 0, 8)).toString())
    expect(await keysOf(storage, 'race')).toEqual(['race'])
  })

  it('moves an object', async () => {
    const storage = open()
    await storage.put('from', await localFile('moved', 'moved'))
    expect(await storage.move('from', 'far/to')).toBe('stored')
    expect(await storage.info('from')).toBeNull()
    expect(Buffer.from(await storage.read('far/to', 0, 5)).toString()).toBe('moved')
    await storage.put('from', await localFile('late', 'late'))
    expect(await storage.move('from', 'far/to', { ifAbsent: true })).toBe('existed')
    expect(await storage.info('from')).toBeNull()
    expect(Buffer.from(await storage.read('far/to', 0, 5)).toString()).toBe('moved')
  })

  it('lists what begins with a prefix', async () => {
    const storage = open()
    for (const key of ['list/1', 'list/2/deep', 'lists']) await storage.put(key, await localFile('any', 'any'))
    expect(await keysOf(storage, 'list/')).toEqual(['list/1', 'list/2/deep'])
    await storage.remove('list/1')
    expect(await keysOf(storage, 'list/')).toEqual(['list/2/deep'])
  })
}

describe('a folder', () => {
  let storage: FolderStorage
  beforeAll(() => {
    storage = new FolderStorage(join(folder, 'shared'))
  })
  storageTests(() => storage, 1)

  it('refuses keys outside of it', async () => {
    await expect(storage.info('../secret')).rejects.toMatchObject({ name: 'StorageError' })
    expect(() => storage.localPath('/etc/passwd')).toThrow('expected a key inside')
  })

  it('shows nothing of what could not be written to its end', async () => {
    await expect(storage.put('half/one', join(folder, 'does-not-exist'))).rejects.toMatchObject({ code: 'not-found' })
    expect(await readdir(storage.localPath('half'))).toEqual([])
  })
})

describe.skipIf(s3Missing())('an S3-compatible store (OpenStack Swift)', () => {
  let server: S3Server
  let storage: S3Storage
  let client: S3Client
  const partSize = 5 << 20
  beforeAll(async () => {
    server = await startS3()
    await server.createBucket('bucket')
    storage = await S3Storage.open('bucket', { ...server.options, partSize }, { copyPartSize: partSize })
    client = new S3Client({ ...server.options, forcePathStyle: true })
  })
  afterAll(async () => {
    client?.destroy()
    storage?.close()
    await server?.remove()
  })
  storageTests(() => storage)

  it('keeps the SHA-256 of what was put', async () => {
    await storage.put('sum', await localFile('sum', 'content'))
    const sha256 = createHash('sha256').update('content').digest('hex')
    expect(await storage.info('sum')).toMatchObject({ size: 7, sha256 })
  })

  it('refuses a download whose checksum is not the one it was stored with', async () => {
    const Metadata = { sha256: '0'.repeat(64) }
    await client.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'rotten', Body: 'rotten', Metadata }))
    const target = join(folder, 'rotten-copy')
    await expect(storage.get('rotten', target)).rejects.toMatchObject({ code: 'checksum', retryable: true })
    expect(await readdir(folder)).not.toContain('rotten-copy')
  })

  it('uploads large files in parts', async () => {
    const content = randomBytes(2 * partSize + 1000)
    await storage.put('large', await localFile('large', content))
    const copy = join(folder, 'large-copy')
    await storage.get('large', copy)
    expect((await readFile(copy)).equals(content)).toBe(true)
  })

  it('moves large objects in parts', async () => {
    const content = randomBytes(2 * partSize + 1000)
    await storage.put('work/large ü', await localFile('to-move', content))
    expect(await storage.move('work/large ü', 'done/large.mp4')).toBe('stored')
    expect(await storage.info('work/large ü')).toBeNull()
    // An object that was made in parts has as many in its ETag.
    expect(await storage.info('done/large.mp4')).toMatchObject({ tag: expect.stringMatching(/-3"$/) })
    const copy = join(folder, 'moved-copy')
    await storage.get('done/large.mp4', copy)
    expect((await readFile(copy)).equals(content)).toBe(true)
    const { ContentType } = await client.send(new HeadObjectCommand({ Bucket: 'bucket', Key: 'done/large.mp4' }))
    expect(ContentType).toBe('video/mp4')
  })

  it('goes on with an upload that broke off, and with none of another file', async () => {
    const content = randomBytes(2 * partSize + 1000)
    const path = await localFile('resumed', content)
    for (const [Key, first] of [
      ['resumed', content.subarray(0, partSize)],
      ['other', randomBytes(partSize)],
    ] as const) {
      const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket: 'bucket', Key }))
      await client.send(new UploadPartCommand({ Bucket: 'bucket', Key, UploadId, PartNumber: 1, Body: first }))
      await storage.put(Key, path)
      const copy = join(folder, `${Key}-copy`)
      await storage.get(Key, copy)
      expect((await readFile(copy)).equals(content)).toBe(true)
      // Whoever began the upload gave it none.
      expect(await storage.info(Key)).toMatchObject({ sha256: createHash('sha256').update(content).digest('hex') })
    }
    const left = await client.send(new ListMultipartUploadsCommand({ Bucket: 'bucket' }))
    expect((left.Uploads ?? []).map(({ Key }) => Key)).toEqual(['other'])
  })

  it('tells a missing bucket and wrong credentials from a store that cannot be reached', async () => {
    const file = await localFile('any', 'any')
    const elsewhere = await S3Storage.open('no-such-bucket', server.options)
    await expect(elsewhere.put('key', file)).rejects.toMatchObject({ code: 'not-found', retryable: false })
    const credentials = { accessKeyId: 'test:tester', secretAccessKey: 'wrong' }
    const stranger = await S3Storage.open('bucket', { ...server.options, credentials })
    await expect(stranger.put('key', file)).rejects.toMatchObject({ code: 'access-denied', retryable: false })
    const nobody = await S3Storage.open('bucket', { ...server.options, endpoint: 'http://127.0.0.1:9' })
    await expect(nobody.put('key', file)).rejects.toMatchObject({ code: 'unavailable', retryable: true })
    for (const opened of [elsewhere, stranger, nobody]) opened.close()
  })
})

describe('addresses', () => {
  it('are of a known region', async () => {
    const names = ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3']
    for (const name of names) vi.stubEnv(name, undefined)
    vi.stubEnv('AWS_CONFIG_FILE', '/dev/null')
    const locations = new Locations({ credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
    await expect(locations.locate('s3://bucket/a.mp4')).rejects.toMatchObject({
      code: 'unavailable',
      retryable: false,
      message: expect.stringContaining('expected a region'),
    })
    vi.unstubAllEnvs()
    await locations.close()
  })

  it('are paths or s3://bucket/key', async () => {
    const locations = new Locations({ credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, region: 'us-east-1' })
    const inBucket = await locations.locate('s3://bucket/a/b.mp4')
    expect([inBucket.storage.url, inBucket.key]).toEqual(['s3://bucket', 'a/b.mp4'])
    const inFolder = await locations.locate('/shared/a/b.mp4')
    expect(inFolder.storage.localPath(inFolder.key)).toBe('/shared/a/b.mp4')
    await expect(locations.locate('s3:///key')).rejects.toMatchObject({ name: 'JobError' })
    await locations.close()
  })
})
