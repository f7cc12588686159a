/** `webcodecs-native worker` and `webcodecs-native dashboard`. */
import { parseArgs } from 'node:util'
import { BatchError } from '../errors.js'
import { startDashboard } from './dashboard.js'
import { FarmWorker, type WorkerEvent } from './worker.js'

const USAGE = {
  worker: `Usage: webcodecs-native worker --redis redis://HOST[:PORT] [--concurrency auto|N] [--queue NAME] [--lock SECONDS] [--json]

Takes work from the queue until it is stopped. The first Ctrl-C (or SIGTERM) lets it finish what it has begun; the second
gives that back to the queue. Stores: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and AWS_ENDPOINT_URL_S3.`,
  dashboard: `Usage: webcodecs-native dashboard --redis redis://HOST[:PORT] [--port 3000] [--host 127.0.0.1] [--queue NAME]

Serves Bull Board, which shows what waits, what is at work, and why something failed, until Ctrl-C. Whoever reaches the page can
remove jobs, without a password: it is for this machine alone unless --host says otherwise.`,
} as const

export type FarmCommand = keyof typeof USAGE

export const isFarmCommand = (name: string | undefined): name is FarmCommand => name !== undefined && name in USAGE

class UsageError extends Error {}

function numberOf(text: string | undefined, name: string, lowest: number): number | undefined {
  if (text === undefined) return undefined
  const number = Number(text)
  if (Number.isFinite(number) && number >= lowest) return number
  throw new UsageError(`expected a number from ${lowest} on for --${name} but received "${text}"`)
}

/** Runs a command until it is stopped. @returns the exit status: 0, 1 for a failure, 2 for wrong usage, 3 for another build */
export async function runFarmCommand(command: FarmCommand, args: readonly string[]): Promise<number> {
  try {
    return await (command === 'worker' ? work(args) : showDashboard(args))
  } catch (error) {
    if (error instanceof UsageError || isParseError(error)) {
      console.error(`webcodecs-native: ${(error as Error).message}\n\n${USAGE[command]}`)
      return 2
    }
    if (!(error instanceof BatchError)) throw error
    console.error(`webcodecs-native: ${error.message}`)
    return 1
  }
}

const isParseError = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')

function requireRedis(redis: string | undefined): string {
  if (redis === undefined)
    throw new UsageError('expected an address such as redis://host for --redis but received none')
  return redis
}

async function work(args: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  const options = { redis: text, concurrency: text, queue: text, lock: text, json: flag, help: flag }
  const { values } = parseArgs({ args: [...args], options })
  if (values.help) return help('worker')
  const { concurrency = 'auto', json = false } = values
  const lock = numberOf(values.lock, 'lock', 1)
  const worker = await FarmWorker.start({
    redis: requireRedis(values.redis),
    queue: values.queue,
    concurrency: concurrency === 'auto' ? 'auto' : numberOf(concurrency, 'concurrency', 1),
    lockDuration: lock === undefined ? undefined : lock * 1000,
    onStep: (event) => console.log(json ? jsonLine(event) : textLine(event)),
  })
  if (!json) console.log(`working, ${worker.pool.concurrency} at a time; Ctrl-C ends`)
  const refusal = await Promise.race([stopped(worker), worker.ended])
  if (!refusal) return 0
  console.error(`webcodecs-native: ${refusal.message}`)
  await worker.close({ now: true })
  return 3
}

/** Resolves when a signal has stopped the worker. */
function stopped(worker: FarmWorker): Promise<null> {
  return new Promise((resolve) => {
    let signals = 0
    const stop = () => {
      signals++
      if (signals > 2) return
      void worker.close({ now: signals === 2 }).then(() => resolve(null))
    }
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
  })
}

const placeOf = ({ step }: WorkerEvent): string => ('index' in step ? `${step.kind} ${step.index}` : step.kind)

const textLine = (event: WorkerEvent): string => {
  const what = `${placeOf(event)} of ${event.step.task.job.input.path}`
  return event.error ? `${event.event} ${what}: ${event.error.message}` : `${event.event} ${what}`
}

const jsonLine = ({ event, step, error }: WorkerEvent): string => {
  const { kind, task } = step
  const index = 'index' in step ? { index: step.index } : {}
  return JSON.stringify({
    event,
    kind,
    ...index,
    task: task.id,
    input: task.job.input.path,
    ...(error ? { error } : {}),
  })
}

async function showDashboard(args: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const
  const options = { redis: text, port: text, host: text, queue: text, help: { type: 'boolean' } } as const
  const { values } = parseArgs({ args: [...args], options })
  if (values.help) return help('dashboard')
  const port = numberOf(values.port, 'port', 0)
  const dashboard = await startDashboard({
    redis: requireRedis(values.redis),
    queue: values.queue,
    host: values.host,
    port,
  })
  console.log(dashboard.url)
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  await dashboard.close()
  return 0
}

function help(command: FarmCommand): number {
  console.log(USAGE[command])
  return 0
}
