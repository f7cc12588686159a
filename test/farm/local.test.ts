import { execFileSync } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { JobDescription } from '../../lib/batch/job.js'
import { LocalRunner } from '../../lib/batch/steps/local-runner.js'
import { prepareTask } from '../../lib/batch/steps/prepare.js'
import type { Step, StepResult } from '../../lib/batch/steps/step.js'
import { StepPool } from '../../lib/batch/steps/step-pool.js'
import { Locations } from '../../lib/batch/storage/locations.js'
import { complaints, probeVideo } from '../helpers/farm.js'
import { makeClip, testClipArguments } from '../helpers/media.js'

// Several processes and servers on a machine that may have other things to do.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 })

const locations = new Locations()
const FRAMES = 220
const isFull = process.env['WEBCODECS_FARM_FULL'] !== undefined

let folder: string
let source: string
const runners: LocalRunner[] = []
const pools: StepPool[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcodecs-native-local-test-'))
  const x264 = ['-g', '16', '-bf', '2', '-preset', 'ultrafast']
  source = await makeClip(testClipArguments({ width: 160, height: 120, fps: 10, seconds: 22, x264 }), 'mp4')
})
afterEach(async () => {
  await Promise.all(runners.splice(0).map((runner) => runner.close()))
  for (const pool of pools.splice(0)) pool.close()
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const localRunner = (concurrency = 2) => {
  const runner = new LocalRunner({ concurrency })
  runners.push(runner)
  return runner
}
const stepPool = (concurrency = 2) => {
  const pool = new StepPool({ concurrency })
  pools.push(pool)
  return pool
}
const prepare = (job: Partial<JobDescription> & { output: string }, input = source, work = join(folder, 'work')) =>
  prepareTask({ input, video: { codec: 'h264' }, ...job }, { locations, work })

/** The chunk steps of a task, as its probe asks for them. */
async function chunkSteps(pool: StepPool, task: Step['task']): Promise<Step[]> {
  const probed = (await pool.perform({ kind: 'probe', task }, { inputs: [] })) as Extract<StepResult, { kind: 'probe' }>
  return probed.additions.map(({ step }) => step).filter(({ kind }) => kind === 'chunk')
}

describe('the embedded runner', () => {
  it('encodes a file in chunks, and leaves nothing else behind', async () => {
    const output = join(folder, 'out', 'chunked.mp4')
    const result = await localRunner().run(await prepare({ output }))
    expect(result).toMatchObject({ frames: FRAMES, outputs: [{ path: output, video: { frames: FRAMES } }] })
    expect((await probeVideo(output)).timestamps).toEqual((await probeVideo(source)).timestamps)
    expect(await complaints(output)).toBe('')
    expect(await readdir(join(folder, 'work'))).toEqual([])
    expect(await readdir(join(folder, 'out'))).toEqual(['chunked.mp4'])
  })

  it('finishes what a process had begun that is killed', async () => {
    const runner = localRunner(1)
    const output = join(folder, 'killed.mp4')
    let killed = false
    const result = await runner.run(await prepare({ output }), {
      onProgress({ frames }) {
        if (killed || frames === 0) return
        killed = true
        for (const pid of runner.pool.pids) process.kill(pid, 'SIGKILL')
      },
    })
    expect(killed).toBe(true)
    expect(result).toMatchObject({ frames: FRAMES })
    expect((await probeVideo(output)).timestamps).toEqual((await probeVideo(source)).timestamps)
  })

  it('does not encode chunks again that an earlier run made', async () => {
    const task = await prepare({ output: join(folder, 'resumed.mp4') })
    const pool = stepPool()
    const steps = await chunkSteps(pool, task)
    await Promise.all(steps.map((step) => pool.perform(step, { inputs: [] })))
    const chunk = join(folder, 'work', task.id, 'chunk-0-0.packets')
    const before = await stat(chunk)
    await pool.perform(steps[0]!, { inputs: [] })
    expect((await stat(chunk)).ino).toBe(before.ino)
    // One that is damaged is made again.
    await writeFile(chunk, 'rubbish')
    await pool.perform(steps[0]!, { inputs: [] })
    expect((await stat(chunk)).size).toBe(before.size)
    expect(await localRunner().run(task)).toMatchObject({ frames: FRAMES })
  })

  it('keeps what the first of two made who race for one chunk', async () => {
    const task = await prepare({ output: join(folder, 'raced.mp4') })
    const pool = stepPool(2)
    const [step] = await chunkSteps(pool, task)
    const results = await Promise.all([0, 1].map(() => pool.perform(step!, { inputs: [] })))
    expect(results[0]).toEqual(results[1])
    expect(await readdir(join(folder, 'work', task.id))).toEqual(['chunk-0-0.packets'])
  })

  it('ends at once when it is told to, and leaves no output', async () => {
    const giveUp = new AbortController()
    const output = join(folder, 'given-up.mp4')
    const started = performance.now()
    const result = localRunner().run(await prepare({ output }), {
      signal: giveUp.signal,
      onProgress: () => giveUp.abort(),
    })
    await expect(result).rejects.toMatchObject({ name: 'AbortError', retryable: true })
    expect(performance.now() - started).toBeLessThan(60_000)
    expect(await readdir(folder)).not.toContain('given-up.mp4')
  })

  const count = isFull ? 200 : 6
  it(`makes ${count} files but for the damaged one`, async () => {
    const clip = await makeClip(testClipArguments({ width: 160, height: 120, fps: 10, seconds: 1 }), 'mp4')
    const input = join(folder, 'many')
    await mkdir(input)
    for (let index = 0; index < count; index++) await copyFile(clip, join(input, `${index}.mp4`))
    await writeFile(join(input, '3.mp4'), 'this is no film')
    const runner = localRunner(2)
    const outcomes = await Promise.allSettled(
      Array.from({ length: count }, async (_, index) =>
        runner.run(await prepare({ output: join(folder, 'many-out', `${index}.mp4`) }, join(input, `${index}.mp4`))),
      ),
    )
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    expect(failures).toMatchObject([{ name: 'InputError', retryable: false }])
    const made = await readdir(join(folder, 'many-out'))
    expect(made).toHaveLength(count - 1)
    for (const name of made) {
      expect(await complaints(join(folder, 'many-out', name))).toBe('')
      expect((await probeVideo(join(folder, 'many-out', name))).timestamps).toHaveLength(10)
    }
  }, 900_000)
})

function mountSmallDisk(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', path], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe('a disk that is full', () => {
  let disk: string
  let mounted = false
  beforeAll(async () => {
    disk = join(folder, 'disk')
    await mkdir(disk)
    mounted = mountSmallDisk(disk)
  })
  afterAll(() => {
    if (mounted) execFileSync('umount', [disk])
  })

  it('fails a step with an error that is worth a retry, and the work goes on once there is space', async (context) => {
    context.skip(!mounted, 'only root can mount a small file system')
    const work = join(disk, 'work')
    const task = await prepare({ output: join(folder, 'full.mp4') }, source, work)
    const ballast = join(disk, 'ballast')
    const { bavail, bsize } = await statfs(disk)
    await writeFile(ballast, Buffer.alloc((bavail - 8) * bsize))
    const pool = stepPool(1)
    const [step] = await chunkSteps(pool, task)
    await expect(pool.perform(step!, { inputs: [] })).rejects.toMatchObject({ code: 'no-space', retryable: true })
    expect(await readdir(join(work, task.id))).toEqual([])
    const result = localRunner(1).run(task)
    setTimeout(() => void rm(ballast), 2500)
    expect(await result).toMatchObject({ frames: FRAMES })
    expect((await probeVideo(join(folder, 'full.mp4'))).timestamps).toHaveLength(FRAMES)
  })
})
