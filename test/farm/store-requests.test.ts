/** What is asked of a store, and what becomes of its failures: by a server that fails where the test says. */
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { AbortError } from '../../lib/batch/errors.js'
import { Lease } from '../../lib/batch/journal/lease.js'
import { retrying } from '../../lib/batch/retrying.js'
import { S3Storage } from '../../lib/batch/storage/s3.js'
import { s3Error } from '../../lib/batch/storage/s3-errors.js'
import { type FakeS3, startFakeS3 } from '../helpers/servers/fake-s3.js'

vi.setConfig({ testTimeout: 60_000 })

const partSize = 5 << 20
let folder: string
let server: FakeS3
let storage: S3Storage
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcodecs-native-requests-'))
  server = await startFakeS3()
  storage = await S3Storage.open('films', { ...server.options, partSize }, { copyPartSize: partSize })
})
afterEach(async () => {
  storage.close()
  await server.remove()
  await rm(folder, { recursive: true, force: true })
})

const sha256Of = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex')
const asked = (method: string, parameter: string) =>
  server.requests.filter((request) => request.method === method && request.query.has(parameter))
async function localFile(data: Uint8Array): Promise<string> {
  const path = join(folder, 'local')
  await writeFile(path, data)
  return path
}

describe('a copy within a store', () => {
  it('is made in parts where the object is large', async () => {
    const content = randomBytes(2 * partSize + 1000)
    await storage.put('a b/wörk', await localFile(content))
    server.requests.length = 0
    expect(await storage.move('a b/wörk', 'done.mp4')).toBe('stored')
    const ranges = asked('PUT', 'partNumber').map(({ headers }) => headers['x-amz-copy-source-range'])
    expect(ranges.sort()).toEqual(
      [
        `bytes=${partSize}-${2 * partSize - 1}`,
        `bytes=${2 * partSize}-${2 * partSize + 999}`,
        `bytes=0-${partSize - 1}`,
      ].sort(),
    )
    expect(await storage.info('a b/wörk')).toBeNull()
    expect(await storage.info('done.mp4')).toMatchObject({ size: content.length, sha256: sha256Of(content) })
    expect(server.objects.get('done.mp4')!.data.equals(content)).toBe(true)
    expect(server.uploads.size).toBe(0)
  })

  it('is made in one request where it is small', async () => {
    await storage.put('work', await localFile(randomBytes(1000)))
    await storage.copy('work', 'done.mp4')
    expect(asked('POST', 'uploads')).toEqual([])
    expect(server.objects.get('done.mp4')).toEqual(server.objects.get('work'))
  })

  it('leaves nothing when it fails, and the original', async () => {
    const content = randomBytes(2 * partSize)
    await storage.put('work', await localFile(content))
    server.fault = ({ method, query }) =>
      method === 'PUT' && query.get('partNumber') === '2' ? { status: 403, code: 'AccessDenied' } : undefined
    await expect(storage.move('work', 'done.mp4')).rejects.toMatchObject({ code: 'access-denied', retryable: false })
    expect([...server.objects.keys()]).toEqual(['work'])
    expect(server.uploads.size).toBe(0)
  })

  it('is not made of another object that took the place of the one that is meant', async () => {
    await storage.put('work', await localFile(randomBytes(2 * partSize)))
    server.fault = ({ method, query }) => {
      if (method === 'POST' && query.has('uploads')) {
        server.objects.set('work', { data: randomBytes(2 * partSize), tag: '"another"', metadata: {} })
      }
      return undefined
    }
    await expect(storage.copy('work', 'done.mp4')).rejects.toMatchObject({ code: 'unavailable', retryable: true })
    expect([...server.objects.keys()]).toEqual(['work'])
    expect(server.uploads.size).toBe(0)
  })
})

describe('an upload', () => {
  it('goes on in the next attempt with what is there', async () => {
    const content = randomBytes(3 * partSize)
    const path = await localFile(content)
    let broken = 0
    server.fault = ({ method, query }) =>
      // More often than the SDK tries by itself.
      method === 'PUT' && query.get('partNumber') === '3' && broken++ < 5 ? { cutAfter: 0 } : undefined
    expect(await retrying(() => storage.take('done.mp4', path))).toBe('stored')
    const numbers = asked('PUT', 'partNumber').map(({ query }) => query.get('partNumber'))
    expect(numbers.filter((number) => number !== '3').sort()).toEqual(['1', '2'])
    expect(server.objects.get('done.mp4')!.data.equals(content)).toBe(true)
    expect(server.uploads.size).toBe(0)
  })

  it('that was begun for another file gets the right SHA-256', async () => {
    const content = randomBytes(2 * partSize)
    const parts = new Map([[1, content.subarray(0, partSize)]])
    server.uploads.set('earlier', { key: 'done.mp4', metadata: { sha256: sha256Of(Buffer.from('other')) }, parts })
    await storage.put('done.mp4', await localFile(content))
    expect(asked('PUT', 'partNumber').filter(({ query }) => query.get('uploadId') === 'earlier')).toHaveLength(1)
    expect(await storage.info('done.mp4')).toMatchObject({ sha256: sha256Of(content), size: content.length })
    await storage.get('done.mp4', join(folder, 'copy'))
  })

  it('begins anew where the caller may not look for one that broke off', async () => {
    server.fault = ({ method, query }) =>
      method === 'GET' && query.has('uploads') ? { status: 403, code: 'AccessDenied' } : undefined
    expect(await storage.put('done.mp4', await localFile(randomBytes(2 * partSize)))).toBe('stored')
  })

  it('that somebody else ended begins anew', async () => {
    let dropped = false
    server.fault = ({ method, query }) => {
      if (dropped || method !== 'PUT' || !query.has('partNumber')) return undefined
      dropped = true
      server.uploads.clear()
      return undefined
    }
    expect(await storage.put('done.mp4', await localFile(randomBytes(2 * partSize)))).toBe('stored')
  })

  it.each([
    ['fails for good', { status: 403, code: 'AccessDenied' }, undefined],
    ['is aborted', { hangAfter: 0 }, 200],
  ])('leaves nothing when it %s', async (_, fault, abortAfter) => {
    server.fault = ({ method, query }) => (method === 'PUT' && query.get('partNumber') === '2' ? fault : undefined)
    const controller = new AbortController()
    const putting = storage.put('done.mp4', await localFile(randomBytes(2 * partSize)), { signal: controller.signal })
    if (abortAfter !== undefined) setTimeout(() => controller.abort(), abortAfter)
    await expect(putting).rejects.toBeInstanceOf(abortAfter === undefined ? Error : AbortError)
    expect(server.uploads.size).toBe(0)
    expect(server.objects.size).toBe(0)
  })
})

describe('a download', () => {
  it('that breaks off goes on where it was', async () => {
    const content = randomBytes(300_000)
    await storage.put('in.mp4', await localFile(content))
    server.requests.length = 0
    server.fault = ({ method, headers }) => (method === 'GET' && !headers.range ? { cutAfter: 100_000 } : undefined)
    await storage.get('in.mp4', join(folder, 'copy'))
    expect((await readFile(join(folder, 'copy'))).equals(content)).toBe(true)
    const gets = server.requests.filter(({ method }) => method === 'GET')
    expect(gets.at(-1)!.headers.range).toMatch(/^bytes=[1-9]\d*-$/)
    for (const { headers } of gets) expect(headers['if-match']).toBe(server.objects.get('in.mp4')!.tag)
  })

  it('leaves no file when it is aborted', async () => {
    await storage.put('in.mp4', await localFile(randomBytes(300_000)))
    server.fault = ({ method }) => (method === 'GET' ? { hangAfter: 100_000 } : undefined)
    const getting = storage.get('in.mp4', join(folder, 'copy'), AbortSignal.timeout(300))
    await expect(getting).rejects.toBeInstanceOf(AbortError)
    expect(await readdir(folder)).toEqual(['local'])
  })
})

describe('failures', () => {
  it('of who may not list are told as what they may mean', async () => {
    server.fault = ({ method }) => (method === 'PUT' ? undefined : { status: 403, code: 'AccessDenied' })
    const denied = {
      name: 'StorageError',
      code: 'access-denied',
      retryable: false,
      message: expect.stringMatching(
        /^s3:\/\/films\/in\.mp4: there is no such object, or access is denied \(status 403/,
      ),
    }
    await expect(storage.info('in.mp4')).rejects.toMatchObject(denied)
    await expect(storage.read('in.mp4', 0, 10)).rejects.toMatchObject(denied)
    await expect(storage.readWhole('in.mp4')).rejects.toMatchObject(denied)
    await expect(storage.get('in.mp4', join(folder, 'copy'))).rejects.toMatchObject(denied)
    server.fault = () => ({ status: 403, code: 'AccessDenied' })
    await expect(storage.put('in.mp4', await localFile(randomBytes(10)))).rejects.toThrow(
      's3://films/in.mp4: access is denied (status 403: AccessDenied',
    )
  })

  it.each([
    [400, 'InvalidRequest', 'unavailable', false],
    [400, 'RequestTimeout', 'unavailable', true],
    [400, 'BadDigest', 'checksum', true],
    [401, 'Unauthorized', 'access-denied', false],
    [403, 'SignatureDoesNotMatch', 'access-denied', false],
    [404, 'NoSuchBucket', 'not-found', false],
    [404, 'NoSuchUpload', 'unavailable', true],
    [405, 'MethodNotAllowed', 'unavailable', false],
    [408, 'RequestTimeout', 'unavailable', true],
    [409, 'OperationAborted', 'unavailable', true],
    [412, 'PreconditionFailed', 'unavailable', true],
    [429, 'TooManyRequests', 'unavailable', true],
    [500, 'InternalError', 'unavailable', true],
    [501, 'NotImplemented', 'unavailable', false],
    [503, 'SlowDown', 'unavailable', true],
    [507, 'InsufficientStorage', 'no-space', true],
  ])('of status %i %s are %s, worth a retry: %s', (httpStatusCode, name, code, retryable) => {
    const error = Object.assign(new Error('as it says'), { name, $metadata: { httpStatusCode } })
    expect(s3Error('s3://films/a', error, { reading: true })).toMatchObject({ name: 'StorageError', code, retryable })
  })

  it.each([
    ['ECONNRESET', 'unavailable', true],
    ['ENOTFOUND', 'unavailable', true],
    ['CERT_HAS_EXPIRED', 'unavailable', false],
  ])('on the way to the store, %s, are %s, worth a retry: %s', (systemCode, code, retryable) => {
    const error = Object.assign(new Error('as it says'), { code: systemCode, syscall: 'read' })
    expect(s3Error('s3://films/a', error)).toMatchObject({ code, retryable })
  })

  it("of the disk are the disk's", () => {
    const error = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC', syscall: 'write' })
    expect(s3Error('s3://films/a', error)).toMatchObject({ code: 'no-space', retryable: true })
  })

  it('tell no credentials', async () => {
    server.fault = () => ({ status: 403, code: 'SignatureDoesNotMatch' })
    const error = await storage.put('a', await localFile(randomBytes(10))).catch((reason) => reason)
    expect(JSON.stringify(error)).not.toContain('secret-of-the-tests')
    expect(String(error.stack)).not.toContain('secret-of-the-tests')
  })

  it.each([0, 1.5, 1 << 20])('of a part size of %d bytes are told before anything is asked', async (size) => {
    const opening = S3Storage.open('films', { ...server.options, partSize: size })
    await expect(opening).rejects.toThrow(`expected at least 5242880 bytes for partSize but received ${size}`)
  })
})

describe('the lock of a journal', () => {
  const located = () => ({ storage, key: 'journal/lock' })
  const held = (holder: object) => {
    const data = Buffer.from(JSON.stringify({ host: 'elsewhere', place: 'there', pid: 1, renewal: 'a', ...holder }))
    server.objects.set('journal/lock', { data, tag: '"theirs"', metadata: {} })
  }

  it.each(['kept', 'ignored', 'refused'] as const)(
    'is taken and released where conditions are %s',
    async (conditions) => {
      server.conditions = conditions
      const lease = await Lease.take(located())
      await expect(Lease.take(located())).rejects.toThrow(`process ${process.pid} of`)
      lease.requireHeld()
      await lease.release()
      expect([...server.objects.keys()]).toEqual([])
      await (await Lease.take(located())).release()
    },
  )

  it.each(['kept', 'ignored', 'refused'] as const)(
    'goes to one of two who see none, where conditions are %s',
    async (conditions) => {
      server.conditions = conditions
      // The other one writes after this one has looked: before it writes, or, where nothing can be refused, just after.
      server.fault = ({ method, key }) => {
        const isFirst =
          server.requests.filter((request) => request.method === method && request.key === key).length === 1
        if (method === 'PUT' && isFirst) {
          if (conditions === 'kept') held({})
          else setTimeout(() => held({}), 100)
        }
        return undefined
      }
      await expect(Lease.take(located())).rejects.toMatchObject({
        name: 'OutputError',
        message: 's3://films/journal/lock: process 1 of elsewhere is at work on the same batch',
      })
      expect(server.objects.get('journal/lock')!.data.toString()).toContain('elsewhere')
    },
  )

  it('is ours although the answer was lost that said so', async () => {
    server.fault = ({ method, headers }) => {
      const isFirst = server.requests.filter((request) => request.method === 'PUT').length === 1
      if (method !== 'PUT' || !isFirst || headers['if-none-match'] !== '*') return undefined
      return { loses: 'answer' }
    }
    await (await Lease.take(located())).release()
    expect(server.requests.filter(({ method }) => method === 'PUT').length).toBeGreaterThan(1)
  })
})
