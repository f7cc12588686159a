import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { LocalRunner } from '../../lib/batch/steps/local-runner.js'
import { prepareTask } from '../../lib/batch/steps/prepare.js'
import { Locations } from '../../lib/batch/storage/locations.js'
import { complaints, probeVideo } from '../helpers/farm.js'
import { makeClip, testClipArguments } from '../helpers/media.js'
import { type S3Server, s3Missing, startS3 } from '../helpers/servers/s3.js'

// Several processes and servers on a machine that may have other things to do.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 })

describe.skipIf(s3Missing())('files of an S3-compatible store', () => {
  let folder: string
  let server: S3Server
  let locations: Locations
  let runner: LocalRunner

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'webcodecs-native-s3-test-'))
    server = await startS3()
    await server.createBucket('films')
    locations = new Locations(server.options)
    runner = new LocalRunner({ concurrency: 2, s3: server.options })
  })
  afterAll(async () => {
    await runner?.close()
    await locations?.close()
    await server?.remove()
    await rm(folder, { recursive: true, force: true })
  })

  it.each([
    [22, 'in chunks'],
    [2, 'in one piece'],
  ])('of %i seconds are encoded %s, from the store to the store', async (seconds) => {
    const source = await makeClip(testClipArguments({ width: 160, height: 120, fps: 10, seconds }), 'mp4')
    const { storage } = await locations.folder('s3://films')
    await storage.put(`in/${seconds}.mp4`, source)
    const output = `s3://films/out/${seconds}.mp4`
    const job = { input: `s3://films/in/${seconds}.mp4`, output, video: { codec: 'h264' } }
    const result = await runner.run(await prepareTask(job, { locations, work: 's3://films/work' }))
    expect(result.outputs.map(({ path }) => path)).toEqual([output])
    const copy = join(folder, `${seconds}.mp4`)
    await storage.get(`out/${seconds}.mp4`, copy)
    expect((await probeVideo(copy)).timestamps).toEqual((await probeVideo(source)).timestamps)
    expect(await complaints(copy)).toBe('')
    const left: string[] = []
    for await (const { key } of storage.list('work/')) left.push(key)
    expect(left).toEqual([])
  })

  it('that are not there fail with what is missing', async () => {
    const job = { input: 's3://films/nowhere.mp4', output: 's3://films/out/x.mp4' }
    const preparing = prepareTask(job, { locations, work: 's3://films/work' })
    await expect(preparing).rejects.toMatchObject({ name: 'InputError', code: 'not-found' })
  })
})
