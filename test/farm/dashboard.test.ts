/** The dashboard, as a process with a real queue behind it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { QueueRunner } from '../../lib/batch/farm/queue-runner.js'
import { prepareTask } from '../../lib/batch/steps/prepare.js'
import { Locations } from '../../lib/batch/storage/locations.js'
import { executablePath, launchChromium } from '../helpers/chromium.js'
import { startWorker, type WorkerProcess } from '../helpers/farm.js'
import { exited, freePort } from '../helpers/servers/process.js'
import { type Redis, redisMissing, startRedis } from '../helpers/servers/redis.js'

// Several processes and servers on a machine that may have other things to do.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const bin = fileURLToPath(new URL('../../bin/webcodecs-native.mjs', import.meta.url))
const missing = new URL('../helpers/missing-packages.mjs', import.meta.url).href

/** Runs a command until it has printed a line, or ended. */
async function start(args: readonly string[], { node = [] as string[], env = {} } = {}) {
  const child = spawn(process.execPath, [...node, bin, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  let [stdout, stderr] = ['', '']
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  await new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      if (stdout.includes('\n')) resolve()
    })
    child.on('close', () => resolve())
  })
  return { child, output: () => ({ code: child.exitCode, stdout, stderr }) }
}

/** The status of an answer to a request that names a host. */
const statusFor = (port: number, host: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })

describe.skipIf(redisMissing())('the dashboard', () => {
  let folder: string
  let redis: Redis
  let worker: WorkerProcess
  let dashboard: ChildProcess
  let url: URL

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'webcodecs-native-dashboard-test-'))
    redis = await startRedis()
    worker = await startWorker({ redis: redis.url })
    const input = join(folder, 'broken.mp4')
    await writeFile(input, 'this is no film')
    const runner = await QueueRunner.connect({ redis: redis.url })
    const job = { input, output: join(folder, 'out.mp4') }
    const task = await prepareTask(job, { locations: new Locations(), work: join(folder, 'work') })
    await expect(runner.run(task)).rejects.toMatchObject({ code: 'unknown-format' })
    await runner.close()
    const { child, output } = await start(['dashboard', '--redis', redis.url, '--port', '0'])
    dashboard = child
    expect(output()).toMatchObject({ code: null, stderr: '' })
    url = new URL(output().stdout.trim())
  })
  afterAll(async () => {
    dashboard?.kill()
    await worker?.stop()
    await redis?.remove()
    await rm(folder, { recursive: true, force: true })
  })

  it('serves a page, and what is in the queue', async () => {
    const page = await fetch(url)
    expect(page.status).toBe(200)
    expect(await page.text()).toMatch(/<div id="root">/)
    const response = await fetch(new URL('api/queues?activeQueue=webcodecs-native&status=failed', url))
    const { queues } = (await response.json()) as { queues: { name: string; counts: object; jobs: object[] }[] }
    expect(queues).toMatchObject([{ name: 'webcodecs-native', counts: { failed: expect.any(Number) } }])
    const reasons = queues[0]!.jobs.map((job) => (job as { failedReason: string }).failedReason)
    expect(reasons).toContainEqual(expect.stringMatching(/^InputError \(unknown-format\): .*broken\.mp4/))
  })

  it.skipIf(!existsSync(executablePath))('shows the queue, and why a job failed, in a browser', async () => {
    const browser = await launchChromium()
    try {
      const page = await browser.newPage()
      const errors: string[] = []
      page.on('pageerror', (error) => errors.push(String(error)))
      await page.goto(url.href)
      await page.getByText('webcodecs-native').first().waitFor()
      await page.goto(new URL('queue/webcodecs-native?status=failed', url).href)
      await page
        .getByText(/InputError \(unknown-format\)/)
        .first()
        .waitFor()
      expect(errors).toEqual([])
    } finally {
      await browser.close()
    }
  })

  it('is for this machine alone', async () => {
    expect(url.hostname).toBe('127.0.0.1')
    const others = Object.values(networkInterfaces()).flatMap((addresses = []) =>
      addresses.filter(({ internal, family }) => !internal && family === 'IPv4').map(({ address }) => address),
    )
    for (const address of others) await expect(fetch(`http://${address}:${url.port}/`)).rejects.toThrow()
    // Nor for a page in this machine's browser whose name leads here.
    expect(await statusFor(Number(url.port), `elsewhere.example:${url.port}`)).toBe(403)
    expect(await statusFor(Number(url.port), `localhost:${url.port}`)).toBe(200)
  })

  it('says what is wrong', async () => {
    const missingPackages = { MISSING_PACKAGES: '@bull-board/api,@bull-board/express' }
    const args = ['dashboard', '--redis', redis.url, '--port']
    const [without, taken, away] = await Promise.all([
      start([...args, '0'], { node: ['--import', missing], env: missingPackages }),
      start([...args, url.port]),
      start(['dashboard', '--redis', `redis://127.0.0.1:${await freePort()}`, '--port', '0']),
    ])
    const said = (text: RegExp) => ({ code: 1, stdout: '', stderr: expect.stringMatching(text) })
    expect(without.output()).toEqual(said(/npm install @bull-board\/api @bull-board\/express\n$/))
    expect(taken.output()).toEqual(said(/the dashboard cannot listen there \(.*EADDRINUSE/))
    expect(away.output()).toEqual(said(/the queue's server cannot be reached/))
  })

  it('stops at Ctrl-C', async () => {
    const began = performance.now()
    dashboard.kill('SIGINT')
    await exited(dashboard)
    expect(dashboard.exitCode).toBe(0)
    expect(performance.now() - began).toBeLessThan(1000)
    await expect(fetch(url)).rejects.toThrow()
  })
})
