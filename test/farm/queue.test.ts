import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { QueueRunner } from '../../lib/batch/farm/queue-runner.js'
import type { JobDescription } from '../../lib/batch/job.js'
import { prepareTask } from '../../lib/batch/steps/prepare.js'
import type { FileProgress } from '../../lib/batch/steps/runner.js'
import { Locations } from '../../lib/batch/storage/locations.js'
import { complaints, probeVideo, startWorker, type WorkerProcess } from '../helpers/farm.js'
import { makeClip, testClipArguments } from '../helpers/media.js'
import { type Redis, redisMissing, startRedis } from '../helpers/servers/redis.js'

const locations = new Locations()

describe.skipIf(redisMissing())('a farm on Redis', () => {
  let folder: string
  let redis: Redis
  let source: string
  const workers: WorkerProcess[] = []
  const runners: QueueRunner[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'webcodecs-native-farm-test-'))
    redis = await startRedis()
    source = await makeClip(
      [...testClipArguments({ seconds: 22, x264: ['-g', '40', '-bf', '2', '-preset', 'ultrafast'] })],
      'mp4',
    )
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
    prepareTask({ input, video: { codec: 'h264', threads: 1 }, ...job }, { locations, work: join(folder, 'work') })

  it('encodes a file in chunks, and tells how far it is', async () => {
    await work()
    await work()
    const output = join(folder, 'chunked.mp4')
    const task = await prepare({ output })
    const progress: FileProgress[] = []
    const result = await (await submitter()).run(task, { onProgress: (some) => progress.push(some) })
    expect(result.outputs.map(({ path }) => path)).toEqual([output])
    expect(result.frames).toBe(550)
    expect((await probeVideo(output)).timestamps).toEqual((await probeVideo(source)).timestamps)
    expect(await complaints(output)).toBe('')
    expect(progress.at(-1)).toMatchObject({ frames: 550 })
    expect(progress.some(({ fps }) => fps > 0)).toBe(true)
    expect(await readdir(join(folder, 'work'))).toEqual([])
  })
})
