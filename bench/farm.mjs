/**
 * A farm on this machine, as `node bench/farm.mjs [files] [seconds]`: files per second with one, two and four workers, and what a step costs
 * the queue's server. Needs redis-server.
 */
import { execFileSync, spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { Locations, prepareTask, QueueRunner } from '../dist/farm.js'

const [files = '8', seconds = '20'] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'webcodecs-native-bench-'))
const program = fileURLToPath(new URL('../bin/webcodecs-native.mjs', import.meta.url))
const children = []

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

/** Starts a process and waits until it prints `ready`. */
function start(command, args, ready) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  return new Promise((resolve, reject) => {
    child.on('exit', () => reject(new Error(`${command} ended`)))
    child.stdout.on('data', (data) => String(data).includes(ready) && resolve(child))
  })
}

async function end(child) {
  child.removeAllListeners('exit')
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
}

const callsOf = (info) => [...info.matchAll(/calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0)
const field = (info, name) => Number(new RegExp(`${name}:(\\d+)`).exec(info)?.[1])

const port = await freePort()
const url = `redis://127.0.0.1:${port}`
await start('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], 'Ready to accept')
const client = new Redis(url)
try {
  const clip = join(folder, 'clip.mp4')
  const picture = `testsrc2=size=320x180:rate=24:duration=${seconds}`
  execFileSync('ffmpeg', [
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    picture,
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    '-g',
    '48',
    clip,
  ])
  mkdirSync(join(folder, 'in'))
  for (let index = 0; index < Number(files); index++) copyFileSync(clip, join(folder, 'in', `${index}.mp4`))
  const locations = new Locations()
  let first
  for (const count of [1, 2, 4]) {
    const workers = []
    for (let index = 0; index < count; index++) {
      workers.push(await start(process.execPath, [program, 'worker', '--redis', url, '--concurrency', '1'], 'working'))
    }
    const runner = await QueueRunner.connect({ redis: url })
    await client.config('RESETSTAT')
    const started = performance.now()
    let steps = 0
    await Promise.all(
      readdirSync(join(folder, 'in')).map(async (name) => {
        const job = {
          input: join(folder, 'in', name),
          output: join(folder, `out-${count}`, name),
          video: { codec: 'h264' },
        }
        let all = 0
        const task = await prepareTask(job, { locations, work: join(folder, 'work') })
        await runner.run(task, {
          onProgress: ({ allSteps }) => {
            all = allSteps
          },
        })
        steps += all
      }),
    )
    const elapsed = (performance.now() - started) / 1000
    const [commands, stats] = await Promise.all([client.info('commandstats'), client.info('stats')])
    const rate = Number(files) / elapsed
    first ??= rate
    const traffic = field(stats, 'total_net_input_bytes') + field(stats, 'total_net_output_bytes')
    const bytes = readdirSync(join(folder, `out-${count}`)).reduce(
      (sum, name) => sum + statSync(join(folder, `out-${count}`, name)).size,
      0,
    )
    console.log(
      `${count} workers: ${elapsed.toFixed(1)} s, ${rate.toFixed(3)} files/s, ${(rate / first).toFixed(2)} of one worker; ` +
        `${steps} steps, ${(callsOf(commands) / steps).toFixed(1)} commands in scripts and ${(field(stats, 'total_commands_processed') / steps).toFixed(1)} requests per step, ` +
        `${(traffic / steps / 1024).toFixed(1)} KiB of Redis traffic per step, ${(bytes / 1e6).toFixed(1)} MB of output`,
    )
    await runner.close()
    for (const worker of workers) await end(worker)
  }
  const memory = field(await client.info('memory'), 'used_memory')
  console.log(`Redis holds ${(memory / 1e6).toFixed(1)} MB`)
} finally {
  client.disconnect()
  for (const child of children) {
    child.removeAllListeners('exit')
    child.kill('SIGKILL')
  }
  rmSync(folder, { recursive: true, force: true })
}
