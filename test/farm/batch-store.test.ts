/** Batches whose sources and outputs lie in an S3-compatible store. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { identify } from '../../lib/batch/identity.js'
import { Locations } from '../../lib/batch/storage/locations.js'
import { removeFolder } from '../../lib/batch/storage/transfer.js'
import { type BatchEvent, probe, readJournal, runBatch, transcode } from '../../lib/batch.js'
import { complaints, probeVideo, startWorker } from '../helpers/farm.js'
import { makeClip, testClipArguments } from '../helpers/media.js'
import { exited } from '../helpers/servers/process.js'
import { type Redis, redisMissing, startRedis } from '../helpers/servers/redis.js'
import { type S3Server, s3Missing, startS3 } from '../helpers/servers/s3.js'

// Several processes and servers on a machine that may have other things to do.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 })

const bin = fileURLToPath(new URL('../../bin/webcodecs-native.mjs', import.meta.url))
/** Whether what takes long is wanted too: see npm run test:farm. */
const isFull = process.env['WEBCODECS_FARM_FULL'] !== undefined
const fast = { codec: 'h264', quality: 30, encoderOptions: { preset: 'ultrafast' } }
const template = { video: fast, renditions: [{ name: 'full' }, { name: 'small', video: { width: 80 } }] }

describe.skipIf(s3Missing())('batches in a store', () => {
  let folder: string
  let server: S3Server
  let client: S3Client
  let locations: Locations
  let short: string
  let other: string
  let long: string
  let s3: S3Server['options']

  beforeAll(async () => {
    server = await startS3()
    s3 = server.options
    await server.createBucket('films')
    client = new S3Client({ ...s3, forcePathStyle: true })
    locations = new Locations(s3)
    const size = { width: 160, height: 120, fps: 10 }
    const sine = (seconds: number) => ['-f', 'lavfi', '-i', `sine=duration=${seconds}`, '-c:a', 'aac']
    short = await makeClip([...sine(1), ...testClipArguments({ ...size, seconds: 1 })], 'mp4')
    other = await makeClip(testClipArguments({ ...size, seconds: 2 }), 'mov')
    long = await makeClip(testClipArguments({ ...size, seconds: 22 }), 'mp4')
  })
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'webcodecs-native-store-test-'))
  })
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true })
    const { storage } = await locations.folder('s3://films')
    await removeFolder(storage, '')
  })
  afterAll(async () => {
    client?.destroy()
    await locations?.close()
    await server?.remove()
  })

  const put = async (key: string, path: string) => {
    const { storage } = await locations.locate(`s3://films/${key}`)
    await storage.put(key, path)
  }
  const keys = async (prefix = '') => {
    const { storage } = await locations.folder('s3://films')
    const found: string[] = []
    for await (const { key } of storage.list(prefix)) found.push(key)
    return found.sort()
  }
  /** Without the journal's parts and the pictures, whose names are different each time. */
  const results = async (prefix: string) => (await keys(prefix)).filter((key) => !key.includes('/.'))
  const fetched = async (key: string) => {
    const path = join(folder, `fetched-${key.replaceAll('/', '-')}`)
    const { storage } = await locations.locate(`s3://films/${key}`)
    await storage.get(key, path)
    return path
  }
  const expectSame = async (key: string, source: string) => {
    const path = await fetched(key)
    expect((await probeVideo(path)).timestamps).toEqual((await probeVideo(source)).timestamps)
    expect(await complaints(path)).toBe('')
  }
  /** Runs a batch, and keeps what it tells. */
  const run = async (options: Partial<Parameters<typeof runBatch>[0]>) => {
    const events: BatchEvent[] = []
    const onEvent = (event: BatchEvent) => events.push(event)
    const wanted = { inputs: ['s3://films/in/**/*.{mov,mp4}'], out: 's3://films/done/', template, s3, onEvent }
    return { result: await runBatch({ ...wanted, ...options }), events }
  }
  const environment = () => ({
    ...process.env,
    AWS_ENDPOINT_URL_S3: s3.endpoint,
    AWS_REGION: s3.region,
    AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
  })
  const start = (args: readonly string[]) => {
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment(),
    })
    const said = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        said[name] += text
      })
    }
    return { child, said }
  }
  const cli = async (args: readonly string[]) => {
    const { child, said } = start(args)
    await exited(child)
    return { code: child.exitCode, ...said }
  }

  it('goes from the store to the store, but for what is broken, and knows it the next time', async () => {
    await put('in/a/one.mp4', short)
    await put('in/b/c/two.mov', other)
    await put('in/.hidden/three.mp4', short)
    await put('in/note.txt', short)
    await writeFile(join(folder, 'broken'), 'this is no film')
    await put('in/broken.mp4', join(folder, 'broken'))
    const preset = join(folder, 'ladder.json')
    await writeFile(preset, JSON.stringify(template))
    const args = ['batch', 's3://films/in/**/*.{mov,mp4}', '--out', 's3://films/done/', '--preset', preset, '--json']
    const first = await cli(args)
    expect(first).toMatchObject({ code: 1, stderr: '' })
    const last = (text: string) => JSON.parse(text.trim().split('\n').at(-1)!)
    expect(last(first.stdout)).toMatchObject({
      total: 3,
      done: 2,
      failed: [{ input: 's3://films/in/broken.mp4', error: { name: 'InputError', code: 'unknown-format' } }],
      journal: 's3://films/done/.webcodecs-batch.jsonl',
      report: 's3://films/done/report.html',
    })
    const made = ['a/one-full.mp4', 'a/one-small.mp4', 'b/c/two-full.mp4', 'b/c/two-small.mp4', 'report.html']
    expect(await results('done/')).toEqual(made.map((name) => `done/${name}`))
    await expectSame('done/a/one-full.mp4', short)
    await expectSame('done/b/c/two-small.mp4', other)

    const page = await client.send(new GetObjectCommand({ Bucket: 'films', Key: 'done/report.html' }))
    expect(page.ContentType).toMatch(/^text\/html/)
    const html = await page.Body!.transformToString()
    expect(html.match(/<img src="data:image\/webp/g)!.length).toBeGreaterThanOrEqual(4)
    expect(html).toContain('href="a/one-full.mp4"')
    expect(html).toMatch(/<strong>InputError<\/strong>/)
    const film = await client.send(new HeadObjectCommand({ Bucket: 'films', Key: 'done/a/one-full.mp4' }))
    expect(film).toMatchObject({
      ContentType: 'video/mp4',
      Metadata: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    })

    const second = await cli(args)
    expect(last(second.stdout)).toMatchObject({ done: 0, skipped: 2, failed: [{}] })
    const records = await readJournal('s3://films/done/.webcodecs-batch.jsonl', { s3 })
    const count = (wanted: string) => records.filter(({ type }) => type === wanted).length
    expect({ batch: count('batch'), start: count('start'), done: count('done'), failed: count('failed') }).toEqual({
      batch: 2,
      start: 4,
      done: 2,
      failed: 2,
    })
    // Nobody is at work any more.
    expect((await keys('done/')).filter((key) => key.endsWith('/lock'))).toEqual([])
  })

  it('goes from this machine to the store, with pictures and HLS', async () => {
    await copyFile(short, join(folder, 'one.mp4'))
    const { result } = await run({
      inputs: [join(folder, '*.mp4')],
      template: {
        video: fast,
        thumbnails: { output: '{name}-%02d.webp', count: 2 },
        contactSheet: { output: '{name}.png', columns: 2, rows: 1 },
        hls: { output: '{name}-hls' },
      },
    })
    expect(result).toMatchObject({ done: 1, failed: [] })
    const names = await results('done/')
    expect(names).toEqual(
      expect.arrayContaining(
        ['one-01.webp', 'one-02.webp', 'one.png', 'one-hls/master.m3u8'].map((name) => `done/${name}`),
      ),
    )
    const type = async (Key: string) => (await client.send(new HeadObjectCommand({ Bucket: 'films', Key }))).ContentType
    expect(await type('done/one-01.webp')).toBe('image/webp')
    expect(await type('done/one-hls/master.m3u8')).toBe('application/vnd.apple.mpegurl')
    const { outputs } = result.jobs[0]!.record!.result
    expect(outputs.map(({ kind }) => kind).sort()).toEqual(['contact-sheet', 'hls', 'thumbnails'])
    expect(
      outputs.flatMap(({ files }) => files).every((file) => names.includes(file.slice('s3://films/'.length))),
    ).toBe(true)
    // What is compared is a variant of HLS, of which a copy is made.
    expect(result.jobs[0]!.comparison).toMatchObject({
      problem: null,
      pairs: [{ seconds: expect.any(Number) }, {}, {}],
    })
  })

  it('goes from the store to this machine, also from what is not read in ranges', async () => {
    const avi = await makeClip(testClipArguments({ width: 160, height: 120, fps: 10, seconds: 1 }), 'avi')
    await put('in/old/film.avi', avi)
    await put('in/new film (1) & more.mp4', short)
    const { result } = await run({ inputs: ['s3://films/in/**/*'], out: join(folder, 'done') })
    expect(result).toMatchObject({ done: 2, failed: [], report: join(folder, 'done', 'report.html') })
    expect((await probeVideo(join(folder, 'done/old/film-full.mp4'))).timestamps).toHaveLength(10)
    expect(await complaints(join(folder, 'done/new film (1) & more-small.mp4'))).toBe('')
    expect(await readFile(join(folder, 'done/report.html'), 'utf8')).toContain('s3://films/in/old/film.avi')
    expect(await keys('done')).toEqual([])
  })

  it.skipIf(!isFull)('recognises content by any name, also on the way from a folder to the store', async () => {
    await mkdir(join(folder, 'in'))
    await copyFile(short, join(folder, 'in/one.mp4'))
    expect((await run({ inputs: [join(folder, 'in/*.mp4')] })).result).toMatchObject({ done: 1 })
    await rm(join(folder, 'in/one.mp4'))
    // Whoever uploads by other means leaves no SHA-256 behind.
    await client.send(new PutObjectCommand({ Bucket: 'films', Key: 'in/one.mp4', Body: await readFile(short) }))
    expect((await run({})).result).toMatchObject({ done: 0, skipped: 1 })
    await client.send(new PutObjectCommand({ Bucket: 'films', Key: 'in/again.mp4', Body: await readFile(short) }))
    const { result, events } = await run({})
    expect(result).toMatchObject({ done: 1, skipped: 1, failed: [] })
    expect(events.find(({ type }) => type === 'done')).toMatchObject({ record: { copied: true } })
    await expectSame('done/again-full.mp4', short)
    // Other content of the same name is other work.
    await client.send(new PutObjectCommand({ Bucket: 'films', Key: 'in/again.mp4', Body: await readFile(other) }))
    expect((await run({})).result).toMatchObject({ done: 1, skipped: 1 })
    await expectSame('done/again-full.mp4', other)
  })

  it('does not read an object again that has the ETag it had', async () => {
    await client.send(new PutObjectCommand({ Bucket: 'films', Key: 'plain', Body: 'content' }))
    const asked: string[] = []
    const known = (input: string, tag: string) => {
      asked.push(`${input} ${tag}`)
      return asked.length > 1 ? 'as the journal says' : undefined
    }
    const first = await identify('s3://films/plain', { locations, known })
    expect(first.inputHash).toBe(createHash('sha256').update('content').digest('hex'))
    expect(await identify('s3://films/plain', { locations, known })).toEqual({
      ...first,
      inputHash: 'as the journal says',
    })
    expect(asked).toEqual([`s3://films/plain ${first.inputTag}`, `s3://films/plain ${first.inputTag}`])
  })

  it('goes on after kill -9 where it was, from a folder that has nothing of it', async () => {
    await put('in/1.mp4', short)
    await put('in/2.mp4', long)
    const slow = JSON.stringify({
      video: { codec: 'h264', quality: 20, encoderOptions: { preset: 'slower' }, width: 320 },
    })
    await writeFile(join(folder, 'slow.json'), slow)
    const args = [
      'batch',
      's3://films/in/*.mp4',
      '--out',
      's3://films/done',
      '--preset',
      'slow.json',
      '--jobs',
      '1',
      '--json',
    ]
    const { child, said } = start(args)
    await vi.waitFor(() => expect(said.stdout).toContain('"type":"start","input":"s3://films/in/2.mp4"'), {
      timeout: 60_000,
    })
    child.kill('SIGKILL')
    await exited(child)
    expect(await results('done/')).toEqual(['done/1.mp4'])
    const elsewhere = await mkdtemp(join(tmpdir(), 'webcodecs-native-elsewhere-'))
    await copyFile(join(folder, 'slow.json'), join(elsewhere, 'slow.json'))
    const { result } = await run({
      inputs: ['s3://films/in/*.mp4'],
      out: 's3://films/done',
      template: JSON.parse(slow),
    })
    await rm(elsewhere, { recursive: true })
    expect(result).toMatchObject({ done: 1, skipped: 1, failed: [] })
    expect(result.jobs.map(({ status }) => status)).toEqual(['before', 'done'])
    await expectSame('done/2.mp4', long)
  })

  it('says at once what is wrong with a store, and what it cannot take', async () => {
    await put('in/one.mp4', short)
    await expect(run({ inputs: ['s3://nowhere/*.mp4'] })).rejects.toMatchObject({
      name: 'StorageError',
      code: 'not-found',
    })
    await expect(run({ out: 's3://nowhere/done' })).rejects.toMatchObject({ name: 'StorageError', code: 'not-found' })
    const credentials = { accessKeyId: 'test:tester', secretAccessKey: 'wrong' }
    await expect(run({ s3: { ...s3, credentials } })).rejects.toMatchObject({
      name: 'StorageError',
      code: 'access-denied',
    })
    await expect(run({ inputs: ['s3://films/nothing/*'] })).rejects.toThrow('there is no file for s3://films/nothing/*')
    await expect(run({ inputs: ['http://127.0.0.1/a.mp4'] })).rejects.toMatchObject({ name: 'JobError' })
    const { result } = await run({ inputs: ['s3://films/in/missing.mp4', 's3://films/in/one.mp4'] })
    expect(result).toMatchObject({ done: 1, failed: [{ error: { name: 'InputError', code: 'not-found' } }] })
  })

  it.skipIf(!isFull)('lets one of several go that are started at the same time', async () => {
    await put('in/long.mp4', long)
    const preset = join(folder, 'slow.json')
    await writeFile(
      preset,
      JSON.stringify({ video: { codec: 'h264', encoderOptions: { preset: 'slower' }, width: 320 } }),
    )
    const args = ['batch', 's3://films/in/*.mp4', '--out', 's3://films/done/', '--preset', preset, '--no-report']
    const ends = await Promise.all([cli(args), cli(args), cli(args)])
    expect(ends.map(({ code }) => code).sort()).toEqual([0, 1, 1])
    for (const { code, stderr } of ends) {
      if (code === 1)
        expect(stderr).toMatch(/done\/\.webcodecs-batch\.jsonl\/lock: process \d+ of .* is at work on the same batch/)
    }
    await expectSame('done/long.mp4', long)
    const records = await readJournal('s3://films/done/.webcodecs-batch.jsonl', { s3 })
    expect(records.filter(({ type }) => type === 'batch')).toHaveLength(1)
  })

  it.skipIf(!isFull)('lets no two processes work on the same batch', async () => {
    await put('in/one.mp4', short)
    const { storage } = await locations.folder('s3://films')
    const holder = () => Buffer.from(JSON.stringify({ host: 'elsewhere', pid: 1, renewal: String(Math.random()) }))
    const lock = 'done/.webcodecs-batch.jsonl/lock'
    await storage.write(lock, holder())
    const renewal = setInterval(() => void storage.write(lock, holder()), 500)
    await expect(run({})).rejects.toThrow('process 1 of elsewhere is at work on the same batch')
    clearInterval(renewal)
    // Whoever does not renew it is gone.
    await storage.write(lock, holder())
    expect((await run({})).result).toMatchObject({ done: 1 })
  })

  it('is not needed for one file: transcode and probe take addresses too', async () => {
    await put('in/one.mp4', short)
    expect(await probe('s3://films/in/one.mp4', { s3 })).toMatchObject({ path: 's3://films/in/one.mp4', duration: 1 })
    const { outputs } = await transcode('s3://films/in/one.mp4', 's3://films/out/one.webm', { s3, video: 'vp8' })
    expect(outputs).toMatchObject([{ path: 's3://films/out/one.webm', files: ['s3://films/out/one.webm'] }])
    await expectSame('out/one.webm', short)
    const itself = transcode('s3://films/in/one.mp4', 's3://films/in/one.mp4', { s3 })
    await expect(itself).rejects.toMatchObject({ code: 'would-overwrite-input' })
    const impossible = transcode('s3://films/in/one.mp4', 's3://films/out/one.webm', { s3, video: 'h264' })
    await expect(impossible).rejects.toThrow('s3://films/out/one.webm: webm files cannot hold h264')
    const { code, stderr } = await cli(['transcode', 's3://films/in/one.mp4', 's3://films/out/one.webm'])
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringMatching(/is there already/) })
  })

  it.skipIf(!isFull)('is done in chunks on one machine, with what is on its way in the store', async () => {
    await put('in/long.mp4', long)
    await put('in/short.mp4', short)
    const preset = join(folder, 'preset.json')
    await writeFile(preset, JSON.stringify({ video: fast }))
    const args = ['batch', 's3://films/in/*.mp4', '--out', 's3://films/done/', '--preset', preset, '--chunked']
    expect(await cli(args)).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^2 files: 2 done/m) })
    expect(await results('done/')).toEqual(['done/long.mp4', 'done/report.html', 'done/short.mp4'])
    expect((await keys('done/')).filter((key) => key.includes('.work/'))).toEqual([])
    await expectSame('done/long.mp4', long)
    expect(await cli(args)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^2 files: 0 done, 2 finished before/m),
    })
  })

  describe.skipIf(!isFull || redisMissing())('on a farm', () => {
    let redis: Redis
    beforeAll(async () => {
      redis = await startRedis()
    })
    afterAll(() => redis?.remove())

    it('is done by workers', async () => {
      await put('in/long.mp4', long)
      await put('in/short.mp4', short)
      await writeFile(join(folder, 'broken'), 'this is no film')
      await put('in/broken.mp4', join(folder, 'broken'))
      const worker = await startWorker({ redis: redis.url, env: environment() })
      try {
        const args = [
          'batch',
          's3://films/in/*.mp4',
          '--out',
          's3://films/done/',
          '--redis',
          redis.url,
          '--video',
          'h264',
        ]
        expect(await cli(args)).toMatchObject({ code: 1, stdout: expect.stringMatching(/^3 files: 2 done.*1 failed/m) })
        await expectSame('done/long.mp4', long)
        await expectSame('done/short.mp4', short)
        const film = await client.send(new HeadObjectCommand({ Bucket: 'films', Key: 'done/long.mp4' }))
        expect(film.ContentType).toBe('video/mp4')
        expect(worker.lines.filter((line) => line.startsWith('done chunk'))).toHaveLength(2)
        expect(await cli(args)).toMatchObject({ stdout: expect.stringMatching(/^3 files: 0 done, 2 finished before/m) })
      } finally {
        await worker.stop()
      }
    })
  })
})
