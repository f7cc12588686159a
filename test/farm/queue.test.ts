import { spawn } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Queue } from 'bullmq'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { QueueRunner } from '../../lib/batch/farm/queue-runner.js'
import type { JobDescription } from '../../lib/batch/job.js'
import { prepareTask } from '../../lib/batch/steps/prepare.js'
import type { FileProgress } from '../../lib/batch/steps/runner.js'
import { Locations } from '../../lib/batch/storage/locations.js'
import { complaints, probeVideo, startWorker, type WorkerProcess } from '../helpers/farm.js'
import { makeClip, testClipArguments } from '../helpers/media.js'
import { exited } from '../helpers/servers/process.js'
import { type Redis, redisMissing, startRedis } from '../helpers/servers/redis.js'

// Several processes and servers on a machine that may have other things to do.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 })

const locations = new Locations()
/** 22 seconds, which are two chunks. */
const FRAMES = 220
const isFull = process.env['WEBCODECS_FARM_FULL'] !== undefined

describe.skipIf(redisMissing())('a farm on Redis', () => {
  let folder: string
  let redis: Redis
  let source: string
  const workers: WorkerProcess[] = []
  const runners: QueueRunner[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'webcodecs-native-farm-test-'))
    redis = await startRedis()
    const x264 = ['-g', '16', '-bf', '2', '-preset', 'ultrafast']
    source = await makeClip(testClipArguments({ width: 160, height: 120, fps: 10, seconds: 22, x264 }), 'mp4')
  })
  afterEach(async () => {
    await Promise.all(runners.splice(0).map((runner) => runner.close()))
    await Promise.all(workers.splice(0).map((worker) => worker.stop()))
  })
  afterAll(async () => {
    await redis?.remove()
    await rm(folder, { recursive: true, force: true })
  })

  const work = async (options: Partial<Parameters<typeof startWorker>[0]> = {}) => {
    const worker = await startWorker({ redis: redis.url, ...options })
    workers.push(worker)
    return worker
  }
  const submitter = async () => {
    const runner = await QueueRunner.connect({ redis: redis.url, pollInterval: 500 })
    runners.push(runner)
    return runner
  }
  const prepare = (job: Partial<JobDescription> & { output: string }, input = source) =>
    prepareTask({ input, video: { codec: 'h264' }, ...job }, { locations, work: join(folder, 'work') })
  const expectWhole = async (output: string) => {
    const { timestamps, keyframes } = await probeVideo(output)
    expect(timestamps).toEqual((await probeVideo(source)).timestamps)
    expect(keyframes).toEqual([0, 5, 10, 15, 20])
    expect(await complaints(output)).toBe('')
    expect(await readdir(join(folder, 'work'))).toEqual([])
  }
  const isChunk = (line: string) => line.startsWith('begin chunk')

  it('encodes a file in chunks, and tells how far it is', async () => {
    await work()
    await work()
    const output = join(folder, 'chunked.mp4')
    const progress: FileProgress[] = []
    const task = await prepare({ output })
    const result = await (await submitter()).run(task, { onProgress: (some) => progress.push(some) })
    expect(result).toMatchObject({ frames: FRAMES, outputs: [{ path: output }] })
    await expectWhole(output)
    expect(progress.at(-1)).toMatchObject({ frames: FRAMES })
    expect(workers.flatMap(({ lines }) => lines.filter(isChunk))).toHaveLength(2)
  })

  it('shares a bitrate out by a first pass', async () => {
    await work({ concurrency: 2 })
    const output = join(folder, 'bitrate.mp4')
    const result = await (await submitter()).run(await prepare({ output, video: { codec: 'h264', bitrate: 300_000 } }))
    await expectWhole(output)
    expect(result.outputs[0]!.video!.bitrate! / 300_000).toBeGreaterThan(0.85)
    expect(result.outputs[0]!.video!.bitrate! / 300_000).toBeLessThan(1.15)
    expect(workers[0]!.lines.filter((line) => line.startsWith('done measure'))).toHaveLength(2)
  })

  it('finishes what a worker had begun that is killed', async () => {
    const first = await work()
    const output = join(folder, 'killed.mp4')
    const result = (await submitter()).run(await prepare({ output }))
    await first.said(isChunk)
    await first.kill()
    const second = await work()
    expect(await result).toMatchObject({ frames: FRAMES })
    await expectWhole(output)
    expect(second.lines.filter(isChunk).length).toBeGreaterThanOrEqual(1)
  })

  it('goes on when the server of the queue was restarted', async () => {
    const worker = await work()
    const output = join(folder, 'restarted.mp4')
    const result = (await submitter()).run(await prepare({ output }))
    await worker.said(isChunk)
    await redis.stop()
    await new Promise((resolve) => setTimeout(resolve, 500))
    await redis.start()
    expect(await result).toMatchObject({ frames: FRAMES })
    await expectWhole(output)
  })

  it('lets a submitter come back for what another had submitted', async () => {
    const output = join(folder, 'resubmitted.mp4')
    const task = await prepare({ output })
    const program = fileURLToPath(new URL('../helpers/farm-submitter.mjs', import.meta.url))
    const dying = spawn(process.execPath, [program, redis.url, JSON.stringify(task)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await new Promise((resolve) => dying.stdout.once('data', resolve))
    const worker = await work()
    await worker.said(isChunk)
    dying.kill('SIGKILL')
    await exited(dying)
    expect(await (await submitter()).run(task)).toMatchObject({ frames: FRAMES })
    await expectWhole(output)
    expect(worker.lines.filter(isChunk)).toHaveLength(2)
    // And once more, when all is long done.
    expect(await (await submitter()).run(task)).toMatchObject({ frames: FRAMES })
    expect(worker.lines.filter(isChunk)).toHaveLength(2)
  })

  it('refuses work that a worker of another build would do differently', async () => {
    const worker = await work({ env: { WEBCODECS_FARM_BUILD: 'webcodecs-native 0.0.1, libx264.so.1' } })
    const task = await prepare({ output: join(folder, 'refused.mp4') })
    const result = (await submitter()).run(task)
    await expect(result).rejects.toMatchObject({ name: 'FarmError', code: 'different-build', retryable: false })
    await expect(result).rejects.toThrow('libx264.so.1')
    await exited(worker.process)
    expect(worker.process.exitCode).toBe(3)
    // A worker of the right build can do it after all.
    await work()
    expect(await (await submitter()).run(task)).toMatchObject({ frames: FRAMES })
  })

  it('keeps the event loop free that renews the locks', async () => {
    const worker = await work()
    await (await submitter()).run(await prepare({ output: join(folder, 'free.mp4'), video: { codec: 'vp9' } }))
    await worker.stop()
    const delay = worker.lines.find((line) => line.startsWith('delay '))
    // A lock of 3 seconds is renewed every 1.5.
    expect(Number(delay?.slice('delay '.length))).toBeLessThan(750)
  })

  it('stops working on a file that the submitter gives up', async () => {
    const worker = await work()
    const giveUp = new AbortController()
    const runner = await submitter()
    const result = runner.run(await prepare({ output: join(folder, 'given-up.mp4') }), { signal: giveUp.signal })
    await worker.said(isChunk)
    giveUp.abort()
    await expect(result).rejects.toMatchObject({ name: 'AbortError' })
    const queue = new Queue('webcodecs-native', { connection: { url: redis.url } })
    const open = () => queue.getJobCountByTypes('waiting', 'prioritized', 'waiting-children', 'active')
    await expect.poll(open, { timeout: 30_000 }).toBe(0)
    expect(await readdir(folder)).not.toContain('given-up.mp4')
    await queue.close()
  })

  const count = isFull ? 200 : 8
  it(`makes ${count} files but for the damaged one, on four workers`, async () => {
    const clip = await makeClip(testClipArguments({ width: 160, height: 120, fps: 10, seconds: 1 }), 'mp4')
    const input = join(folder, 'many')
    await mkdir(input)
    const damaged = Math.floor(count / 2)
    for (let index = 0; index < count; index++) await copyFile(clip, join(input, `${index}.mp4`))
    await writeFile(join(input, `${damaged}.mp4`), 'this is no film')
    for (let index = 0; index < 4; index++) await work()
    const runner = await submitter()
    const outcomes = await Promise.allSettled(
      Array.from({ length: count }, async (_, index) => {
        const output = join(folder, 'many-out', `${index}.mp4`)
        return runner.run(await prepare({ output }, join(input, `${index}.mp4`)))
      }),
    )
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    expect(failures).toMatchObject([{ name: 'InputError', retryable: false }])
    expect((failures[0] as Error).message).toContain(`${damaged}.mp4`)
    const made = await readdir(join(folder, 'many-out'))
    expect(made).toHaveLength(count - 1)
    for (const name of made) {
      expect(await complaints(join(folder, 'many-out', name))).toBe('')
      expect((await probeVideo(join(folder, 'many-out', name))).timestamps).toHaveLength(10)
    }
    const busy = workers.filter(({ lines }) => lines.some((line) => line.startsWith('done whole')))
    expect(busy.length).toBeGreaterThan(1)
  }, 900_000)
})
