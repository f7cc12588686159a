/** Ctrl-C while files are on their way to and from a store: within a second nothing is at work, and nothing half is left. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { makeClip, run } from '../helpers/media.js'
import { type FakeRequest, type FakeS3, startFakeS3 } from '../helpers/servers/fake-s3.js'
import { exited } from '../helpers/servers/process.js'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const bin = fileURLToPath(new URL('../../bin/webcodecs-native.mjs', import.meta.url))
/** Whether what takes long is wanted too: see npm run test:farm. */
const isFull = process.env['WEBCODECS_FARM_FULL'] !== undefined
/** Milliseconds; the rest of the machine's tests may be at work. */
const PROMISED = 1_000
const LENIENCE = 500

const isPart = ({ method, query }: FakeRequest): boolean => method === 'PUT' && query.get('partNumber') === '2'
/** Not the short one that finds out what it is. */
const isDownload = ({ method, key, headers }: FakeRequest): boolean =>
  method === 'GET' && key.endsWith('.flv') && !/-\d+$/.test(headers.range ?? '')

/** Those that have ended count no more, whether or not anybody asked how. */
async function aliveInGroup(group: number): Promise<string[]> {
  const { stdout } = await run('ps', ['-eo', 'pgid=,stat=,pid=,args='])
  return stdout
    .toString()
    .split('\n')
    .filter((line) => new RegExp(`^\\s*${group}\\s+[^Z]`).test(line))
}

describe('Ctrl-C', () => {
  let folder: string
  let server: FakeS3
  /** More than a part of an upload. */
  let large: string
  let old: string

  beforeAll(async () => {
    const noise = ['-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=25:duration=6', '-vf', 'noise=alls=80:allf=t']
    const encoder = ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '8', '-pix_fmt', 'yuv420p']
    large = await makeClip([...noise, ...encoder], 'mp4')
    old = await makeClip([...noise, ...encoder], 'flv')
  })
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'webcodecs-native-interrupt-'))
    await mkdir(join(folder, 'tmp'))
    server = await startFakeS3()
  })
  afterEach(async () => {
    await server.remove()
    await rm(folder, { recursive: true, force: true })
  })
  afterAll(() => Promise.all([large, old].map((path) => rm(path, { force: true }))))

  /** Starts a command whose work stops at what `hangs`, presses Ctrl-C there, and tells how long it takes to end. */
  async function interrupt(args: readonly string[], hangs: (request: FakeRequest) => boolean) {
    let child: ChildProcess | null = null
    const hung = new Promise<void>((resolve) => {
      server.fault = (request) => {
        if (!hangs(request)) return undefined
        resolve()
        return { hangAfter: 1000 }
      }
    })
    child = spawn(process.execPath, [bin, ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      // A terminal tells the whole group.
      detached: true,
      env: {
        ...process.env,
        TMPDIR: join(folder, 'tmp'),
        AWS_ENDPOINT_URL_S3: server.options.endpoint,
        AWS_REGION: server.options.region,
        AWS_ACCESS_KEY_ID: server.options.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: server.options.credentials.secretAccessKey,
      },
    })
    let said = ''
    for (const stream of [child.stdout!, child.stderr!]) stream.setEncoding('utf8').on('data', (text) => (said += text))
    await Promise.race([hung, exited(child).then(() => Promise.reject(new Error(`it ended before:\n${said}`)))])
    // The parts beside it are on their way too.
    await new Promise((resolve) => setTimeout(resolve, 200))
    const began = performance.now()
    process.kill(-child.pid!, 'SIGINT')
    await exited(child)
    const took = performance.now() - began
    // Processes that it started may be a moment longer about it.
    await vi.waitFor(async () => expect(await aliveInGroup(child!.pid!)).toEqual([]), { timeout: 1000 })
    return { status: child.exitCode, took, said }
  }

  async function expectNothing({ status, took, said }: Awaited<ReturnType<typeof interrupt>>): Promise<void> {
    expect({ status, said }).toMatchObject({ status: 130, said: expect.not.stringContaining('secret-of-the-tests') })
    expect(took).toBeLessThan(PROMISED + LENIENCE)
    expect(server.uploads.size).toBe(0)
    expect(await readdir(join(folder, 'tmp'))).toEqual([])
    const keys = [...server.objects.keys()]
    expect(keys.filter((key) => /\.mp4$|lock$/.test(key) && !key.startsWith('in/'))).toEqual([])
  }

  const store = async (key: string, path: string) =>
    server.objects.set(key, { data: await readFile(path), tag: `"${key}"`, metadata: {} })

  it('ends an upload of transcode', async () => {
    const args = ['transcode', large, 's3://films/out.mp4', '--video', 'copy']
    await expectNothing(await interrupt(args, isPart))
  })

  it('ends a download of transcode', async () => {
    await store('in/old.flv', old)
    await expectNothing(
      await interrupt(['transcode', 's3://films/in/old.flv', 'out.mp4', '--video', 'copy'], isDownload),
    )
    expect(await readdir(folder)).toEqual(['tmp'])
  })

  it.skipIf(!isFull)('ends the uploads of a batch, whose lock goes too', async () => {
    await store('in/large.mp4', large)
    await writeFile(join(folder, 'copy.json'), JSON.stringify({ video: { codec: 'copy' } }))
    const args = ['batch', 's3://films/in/*.mp4', '--out', 's3://films/done', '--preset', 'copy.json']
    await expectNothing(await interrupt(args, isPart))
    expect([...server.objects.keys()].some((key) => key.endsWith('.jsonl'))).toBe(true)
  })

  it.skipIf(!isFull)('ends the downloads of a batch, whose lock goes too', async () => {
    await store('in/old.flv', old)
    const args = ['batch', 's3://films/in/*.flv', '--out', 's3://films/done', '--video', 'copy']
    await expectNothing(await interrupt(args, isDownload))
  })

  it.skipIf(!isFull)('ends the steps of a batch in chunks', async () => {
    await store('in/large.mp4', large)
    await writeFile(join(folder, 'copy.json'), JSON.stringify({ video: { codec: 'copy' } }))
    const args = ['batch', 's3://films/in/*.mp4', '--out', 's3://films/done', '--preset', 'copy.json', '--chunked']
    await expectNothing(await interrupt(args, isPart))
  })
})
