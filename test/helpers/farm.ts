import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ffmpeg, run } from './media.js'
import { exited } from './servers/process.js'

const program = fileURLToPath(new URL('./farm-worker.mjs', import.meta.url))

/** A worker in a process of its own, as on another machine. */
export interface WorkerProcess {
  readonly process: ChildProcess
  /** What it has said: "begin chunk ID", "done chunk ID", "failed chunk ID CODE". */
  readonly lines: string[]
  /** Resolves when it says a line that `matches`. */
  said(matches: (line: string) => boolean): Promise<string>
  /** Ends the worker as a power cut would: it and what it started. */
  kill(): Promise<void>
  stop(): Promise<void>
}

export interface WorkerProcessOptions {
  redis: string
  concurrency?: number
  /** Milliseconds. */
  lockDuration?: number
  env?: NodeJS.ProcessEnv
}

export async function startWorker(options: WorkerProcessOptions): Promise<WorkerProcess> {
  const { env, ...rest } = options
  const child = spawn(process.execPath, [program, JSON.stringify({ lockDuration: 3000, concurrency: 1, ...rest })], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  })
  const lines: string[] = []
  const watchers = new Set<() => void>()
  let rest_ = ''
  child.stdout.on('data', (data: Buffer) => {
    const parts = (rest_ + data).split('\n')
    rest_ = parts.pop()!
    lines.push(...parts)
    for (const look of watchers) look()
  })
  const worker: WorkerProcess = {
    process: child,
    lines,
    said: (matches) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const line = lines.find(matches)
          if (line === undefined) return
          watchers.delete(look)
          resolve(line)
        }
        watchers.add(look)
        child.once('exit', () => reject(new Error(`the worker ended:\n${lines.join('\n')}`)))
        look()
      }),
    async kill() {
      child.kill('SIGKILL')
      await exited(child)
    },
    async stop() {
      child.stdin.end()
      await exited(child)
    },
  }
  await worker.said((line) => line === 'ready')
  return worker
}

export interface VideoFacts {
  /** Presentation timestamps in seconds, in order. */
  readonly timestamps: number[]
  readonly keyframes: number[]
}

/** What ffprobe finds in the first video track. */
export async function probeVideo(path: string): Promise<VideoFacts> {
  const entries = ['-show_entries', 'packet=pts_time,flags', '-of', 'csv=p=0']
  const { stdout } = await run('ffprobe', ['-v', 'error', '-select_streams', 'v:0', ...entries, path])
  const rows = stdout.toString().trim().split('\n').filter(Boolean)
  const packets = rows.map((row) => ({ time: Number(row.split(',')[0]), key: row.split(',')[1]!.startsWith('K') }))
  packets.sort((a, b) => a.time - b.time)
  return {
    timestamps: packets.map(({ time }) => time),
    keyframes: packets.filter(({ key }) => key).map(({ time }) => time),
  }
}

/** Decodes everything by ffmpeg, and returns what it complains of. */
export async function complaints(path: string): Promise<string> {
  const { stderr } = await ffmpeg(['-i', path, '-f', 'null', '-'])
  return stderr
}

/** Luma PSNR in decibels of each picture of `path` against the picture with the same number in `reference`. */
export async function framePsnr(path: string, reference: string): Promise<number[]> {
  const number = 'settb=1/1000,setpts=N*40'
  const graph = `[0:v]${number}[a];[1:v]${number}[b];[a][b]psnr=stats_file=-`
  const { stdout } = await ffmpeg([
    '-i',
    path,
    '-i',
    reference,
    '-lavfi',
    graph,
    '-fps_mode',
    'passthrough',
    '-f',
    'null',
    '-',
  ])
  const rows = stdout.toString().trim().split('\n')
  return rows.map((row) => Math.min(100, Number(/psnr_y:(\S+)/.exec(row)?.[1]?.replace('inf', '100'))))
}

/** The PSNR that the mean error of several pictures comes to. */
export const meanPsnr = (values: readonly number[]): number =>
  -10 * Math.log10(values.reduce((sum, value) => sum + 10 ** (-value / 10), 0) / values.length)
