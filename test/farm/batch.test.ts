/** The commands that have files done in chunks: by processes of this machine, and by a farm. */
import { spawn } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { QueueRunner } from '../../lib/batch/farm/queue-runner.js'
import { type BatchEvent, runBatch } from '../../lib/batch.js'
import { stepsFrom } from '../../lib/cli/step-options.js'
import { complaints, probeVideo, startWorker, type WorkerProcess } from '../helpers/farm.js'
import { makeClip, testClipArguments } from '../helpers/media.js'
import { freePort } from '../helpers/servers/process.js'
import { type Redis, redisMissing, startRedis } from '../helpers/servers/redis.js'

// Several processes and servers on a machine that may have other things to do.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 })

const bin = fileURLToPath(new URL('../../bin/webcodecs-native.mjs', import.meta.url))
/** Whether what takes long is wanted too: see npm run test:farm. */
const isFull = process.env['WEBCODECS_FARM_FULL'] !== undefined
/** 22 seconds, which are two chunks. */
const FRAMES = 220
const fast = ['--video', 'h264', '--quality', '30', '--encoder-options', 'preset=ultrafast']
const slow = ['--video', 'h264', '--quality', '20', '--encoder-options', 'preset=slower', '--width', '320']

let folder: string
let long: string
let short: string

beforeAll(async () => {
  const x264 = ['-g', '16', '-bf', '2', '-preset', 'ultrafast']
  const size = { width: 160, height: 120, fps: 10 }
  const sine = ['-f', 'lavfi', '-i', 'sine=sample_rate=48000:duration=22', '-c:a', 'aac']
  long = await makeClip([...sine, ...testClipArguments({ ...size, seconds: 22, x264 })], 'mp4')
  short = await makeClip(testClipArguments({ ...size, seconds: 1 }), 'mp4')
})
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcodecs-native-batch-test-'))
  await mkdir(join(folder, 'in'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

interface Ended {
  code: number | null
  stdout: string
  stderr: string
  /** Milliseconds from the interrupt to the end. */
  patience: number
}

/** Runs a command; `interrupt` is called each 20 ms until it says that Ctrl-C is to be pressed. */
function cli(args: readonly string[], interrupt: () => Promise<boolean> = async () => false): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    let [stdout, stderr, pressed] = ['', '', 0]
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    const timer = setInterval(async () => {
      if (pressed === 0 && (await interrupt()) && pressed === 0) {
        pressed = performance.now()
        child.kill('SIGINT')
      }
    }, 20)
    child.on('error', reject)
    child.on('close', (code) => {
      clearInterval(timer)
      resolve({ code, stdout, stderr, patience: performance.now() - pressed })
    })
  })
}

const eventsOf = ({ stdout }: Ended) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

/** Whether a chunk is whole below a folder. */
const hasChunk = async (work: string): Promise<boolean> => {
  const names = await readdir(work, { recursive: true }).catch((): string[] => [])
  return names.some((name) => /^[^/]+\/chunk-0-\d+\.packets$/.test(name))
}

async function expectWhole(path: string): Promise<void> {
  const { timestamps, keyframes } = await probeVideo(path)
  expect(timestamps).toEqual((await probeVideo(long)).timestamps)
  expect(keyframes).toEqual([0, 5, 10, 15, 20])
  expect(await complaints(path)).toBe('')
}

describe('in chunks on one machine', () => {
  it('transcode makes the same frames, and leaves nothing else', async () => {
    const { code, stdout, stderr } = await cli(['transcode', long, 'out.mp4', '--chunked', ...fast])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(new RegExp(`${FRAMES} frames`))
    await expectWhole(join(folder, 'out.mp4'))
    expect((await readdir(folder)).sort()).toEqual(['in', 'out.mp4'])
  })

  it.skipIf(!isFull)('transcode stops at Ctrl-C within a second, and goes on with what --work has', async () => {
    const args = ['transcode', long, 'out.mp4', '--chunked', '--work', 'work', ...slow]
    const stopped = await cli(args, () => hasChunk(join(folder, 'work')))
    expect(stopped).toMatchObject({ code: 130, stdout: '' })
    expect(stopped.patience).toBeLessThan(1000)
    expect((await readdir(folder)).sort()).toEqual(['in', 'work'])
    const [task] = await readdir(join(folder, 'work'))
    const [chunk] = (await readdir(join(folder, 'work', task!))).filter((name) => name.startsWith('chunk'))
    const before = await stat(join(folder, 'work', task!, chunk!))
    let after = before
    const watch = async () => {
      after = await stat(join(folder, 'work', task!, chunk!)).catch(() => after)
      return false
    }
    expect(await cli(args, watch)).toMatchObject({ code: 0 })
    expect(after.ino).toBe(before.ino)
    await expectWhole(join(folder, 'out.mp4'))
  })

  it('transcode refuses to write over its source', async () => {
    await copyFile(long, join(folder, 'own.mp4'))
    const { code, stderr } = await cli(['transcode', 'own.mp4', './in/../own.mp4', '--chunked', '-y', ...fast])
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringMatching(/would overwrite the input/) })
    expect(await readFile(join(folder, 'own.mp4'))).toEqual(await readFile(long))
  })

  it('transcode refuses what cannot be cut', async () => {
    const { code, stderr } = await cli(['transcode', 'http://127.0.0.1:1/x.mp4', 'out.mp4', '--chunked'])
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringMatching(/which cannot be cut/) })
  })

  it('batch does all but the damaged one, and knows the rest the next time', async () => {
    await copyFile(long, join(folder, 'in/long.mp4'))
    await copyFile(short, join(folder, 'in/short.mp4'))
    await writeFile(join(folder, 'in/broken.mp4'), 'this is no film')
    const args = ['batch', 'in/*.mp4', '--out', 'done', '--chunked', '--json', ...fast]
    const first = await cli(args)
    expect(first).toMatchObject({ code: 1, stderr: '' })
    expect(eventsOf(first).at(-1)).toMatchObject({ type: 'end', total: 3, done: 2, skipped: 0 })
    expect(eventsOf(first).find(({ type }) => type === 'failed')).toMatchObject({ error: { name: 'InputError' } })
    await expectWhole(join(folder, 'done/long.mp4'))
    expect((await readdir(join(folder, 'done'))).sort()).toEqual(
      ['.webcodecs-batch.jsonl', '.webcodecs-batch.pictures', 'long.mp4', 'report.html', 'short.mp4'].sort(),
    )
    const [record] = eventsOf(first).flatMap(({ record }) => (record?.input.endsWith('long.mp4') ? [record] : []))
    expect(record.result).toMatchObject({ frames: FRAMES, outputs: [{ video: { bytesPerSecond: { length: 22 } } }] })
    expect(record.result.seconds).toBeGreaterThan(0)
    // Whoever does without chunks knows it too.
    expect(eventsOf(await cli(args.filter((arg) => arg !== '--chunked'))).at(-1)).toMatchObject({ done: 0, skipped: 2 })
  })
})

describe('options that make no sense are told', () => {
  it.each([
    [{ chunked: true, redis: 'redis://127.0.0.1' }, /expected either --chunked or --redis/],
    [{ queue: 'films' }, /expected --redis for --queue/],
    [{ work: 'work' }, /expected --chunked or --redis for --work/],
    [{ redis: 'nonsense' }, /expected an address such as redis:\/\/host/],
  ])('%j', async (values, message) => {
    await expect(stepsFrom(values)).rejects.toThrow(message)
  })

  it('files that are neither of this machine nor of a store', async () => {
    const batch = runBatch({ inputs: ['http://127.0.0.1/in.mp4'], out: folder, template: {} })
    await expect(batch).rejects.toThrow(/expected paths, or addresses such as s3:\/\/bucket\/key, for a batch/)
  })
})

describe.skipIf(redisMissing())('batch on a farm', () => {
  let redis: Redis
  const workers: WorkerProcess[] = []

  beforeAll(async () => {
    redis = await startRedis()
  })
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop()))
  })
  afterAll(() => redis?.remove())

  const work = async () => {
    const worker = await startWorker({ redis: redis.url })
    workers.push(worker)
    return worker
  }
  const chunksOf = (worker: WorkerProcess) => worker.lines.filter((line) => line.startsWith('done chunk')).length

  it('has workers do the files, and does nothing twice', async () => {
    await copyFile(long, join(folder, 'in/long.mp4'))
    await copyFile(short, join(folder, 'in/short.mp4'))
    await writeFile(join(folder, 'in/broken.mp4'), 'this is no film')
    const worker = await work()
    const args = ['batch', 'in/*.mp4', '--out', 'done', '--redis', redis.url, '--json', ...fast]
    const first = await cli(args)
    expect(first).toMatchObject({ code: 1, stderr: '' })
    expect(eventsOf(first).at(-1)).toMatchObject({
      type: 'end',
      total: 3,
      done: 2,
      failed: [{ error: { name: 'InputError' } }],
    })
    await expectWhole(join(folder, 'done/long.mp4'))
    expect(await complaints(join(folder, 'done/short.mp4'))).toBe('')
    expect(chunksOf(worker)).toBe(2)
    const report = await readFile(join(folder, 'done/report.html'), 'utf8')
    expect(report.match(/<img src="data:image\/webp/g)!.length).toBeGreaterThanOrEqual(6)
    expect(report).toMatch(/<strong>InputError<\/strong>/)

    expect(eventsOf(await cli(args)).at(-1)).toMatchObject({ done: 0, skipped: 2 })
    if (!isFull) return
    // Without a journal the queue remembers.
    const anew = [...args, '--journal', 'other.jsonl', '--no-report']
    expect(eventsOf(await cli(anew)).at(-1)).toMatchObject({ done: 2, skipped: 0 })
    expect(chunksOf(worker)).toBe(2)
    // What it remembers, but somebody has removed, is made again.
    await rm(join(folder, 'done/long.mp4'))
    expect(eventsOf(await cli(anew)).at(-1)).toMatchObject({ done: 1, skipped: 1 })
    await expectWhole(join(folder, 'done/long.mp4'))
    expect(chunksOf(worker)).toBe(4)
  })

  it('stops at Ctrl-C within a second, and goes on where it was', async () => {
    await copyFile(long, join(folder, 'in/long.mp4'))
    const worker = await work()
    const args = ['batch', 'in/*.mp4', '--out', 'done', '--redis', redis.url, '--work', 'work', '--width', '320']
    const stopped = await cli(args, () => hasChunk(join(folder, 'work')))
    expect(stopped).toMatchObject({ code: 130, stderr: '' })
    expect(stopped.patience).toBeLessThan(1000)
    expect((await readdir(join(folder, 'done'))).sort()).toEqual(['.webcodecs-batch.jsonl', 'report.html'])
    expect(await readFile(join(folder, 'done/report.html'), 'utf8')).toMatch(/The batch was interrupted/)
    const before = chunksOf(worker)
    expect(before).toBe(1)
    expect(await cli(args)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^1 files: 1 done/m) })
    await expectWhole(join(folder, 'done/long.mp4'))
  })

  it.skipIf(!isFull)('tells how far it is', async () => {
    await copyFile(long, join(folder, 'in/long.mp4'))
    await work()
    const runner = await QueueRunner.connect({ redis: redis.url })
    const events: BatchEvent[] = []
    const template = { video: { codec: 'h264', width: 320 } }
    const inputs = [join(folder, 'in/*.mp4')]
    const result = await runBatch({
      inputs,
      out: join(folder, 'done'),
      template,
      runner,
      onEvent: (event) => events.push(event),
    })
    await runner.close()
    expect(result).toMatchObject({ done: 1, jobs: [{ status: 'done', record: { result: { frames: FRAMES } } }] })
    const seen = events.flatMap((event) => (event.type === 'progress' ? [event.progress] : []))
    expect(seen.some(({ position, bytes, duration }) => position > 0 && bytes > 0 && duration! > 21)).toBe(true)
    expect(seen.at(-1)).toMatchObject({ frames: FRAMES, eta: 0 })
  })

  it('says so when nobody works, or there is no server', async () => {
    await copyFile(short, join(folder, 'in/short.mp4'))
    const args = ['batch', 'in/*.mp4', '--out', 'done', ...fast, '--queue', 'forsaken']
    const waiting = await cli([...args, '--redis', redis.url], async () => {
      const journal = await readFile(join(folder, 'done/.webcodecs-batch.jsonl'), 'utf8').catch(() => '')
      return journal.includes('"start"')
    })
    expect(waiting).toMatchObject({ code: 130, stderr: expect.stringMatching(/no worker takes from this queue/) })
    const { code, stderr } = await cli([...args, '--redis', `redis://127.0.0.1:${await freePort()}`])
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/queue's server cannot be reached/),
    })
  })
})
