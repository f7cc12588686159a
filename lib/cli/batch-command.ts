/** webcodecs-native batch */
import { basename } from 'node:path'
import { AbortError } from '../batch/errors.js'
import { formatBytes, formatClock } from '../batch/figures.js'
import type { JobTemplate } from '../batch/job-template.js'
import type { Progress } from '../batch/progress.js'
import { type BatchEvent, type BatchResult, runBatch } from '../batch/run-batch.js'
import { parseCommand } from './arguments.js'
import { listenForInterrupt } from './interrupt.js'
import { JOB_OPTIONS, JOB_OPTIONS_HELP, jobFrom } from './job-options.js'
import { describeProgress, ProgressLines, shortName } from './progress-bar.js'
import { FARM_OPTIONS, STEP_OPTIONS, stepsFrom } from './step-options.js'
import { UsageError } from './usage-error.js'

export const batchHelp = `Usage: webcodecs-native batch <file or 'pattern'>... --out <folder> [options]

Transcodes many files, several at once, each in a process of its own. Patterns have *, ?, {mov,mp4} and **; the folders below
the beginning of a pattern come back below --out. Files, patterns and folders may be addresses in S3-compatible stores, such as
's3://bucket/videos/**/*.mov': AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and AWS_ENDPOINT_URL_S3 say how to get there. What was finished before, by content and settings, is left as it is: an
interrupted batch continues when the same command is given again. A file that fails, fails alone; the exit status is 1 then.

  --out <folder>              for the outputs and the journal .webcodecs-batch.jsonl
  --jobs <number|auto>        files at once; with --chunked, chunks at once (default: auto)
  --journal <file>            another journal
  --report <file>             another place for the page that shows every job: before and after, bitrates, sizes, speed, errors
                              (default: report.html in --out)
  --no-report                 no such page
  --chunked                   cuts long files into chunks that are encoded at the same time, on this machine
  --redis <address>           has workers of a farm do the work, who share a queue on this server: redis://host. They must reach
                              the files by the same names; webcodecs-native worker starts one
  --queue <name>              of the farm, where a server has several
  --work <folder>             with --chunked or --redis, for what is on its way: a folder, of a farm one that all workers reach,
                              or s3://bucket/folder (default: .webcodecs-batch.work in --out)
${JOB_OPTIONS_HELP}
                              --preset ladder makes three sizes; a file may have renditions, thumbnails, contactSheet and
                              hls, with {name} in the outputs
  --json                      prints an event as JSON in each line, and nothing else: docs/batch.md says which
  --help                      this text`

const NO_WORKERS = 'no worker takes from this queue yet: webcodecs-native worker --redis ... starts one; this waits'

export async function batchCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommand('batch', args, {
    ...JOB_OPTIONS,
    out: { type: 'string' },
    jobs: { type: 'string', default: 'auto' },
    journal: { type: 'string' },
    report: { type: 'string' },
    'no-report': { type: 'boolean' },
    ...STEP_OPTIONS,
    ...FARM_OPTIONS,
    json: { type: 'boolean' },
  })
  const out = values['out'] as string | undefined
  const journal = values['journal'] as string | undefined
  if (positionals.length === 0 || out === undefined) {
    throw new UsageError('expected files and --out: see webcodecs-native batch --help')
  }
  const report = values['no-report'] === true ? false : (values['report'] as string | undefined)
  if (report === false && values['report'] !== undefined) {
    throw new UsageError('expected either --report or --no-report but received both')
  }
  const jobs = jobsFrom(values['jobs'] as string)
  const steps = await stepsFrom(values, jobs)
  const interrupt = listenForInterrupt()
  const view = values['json'] === true ? new JsonView() : new TerminalView()
  try {
    if (await steps?.isForsaken()) console.error(`webcodecs-native: ${NO_WORKERS}`)
    const result = await runBatch({
      inputs: positionals,
      out,
      template: jobFrom(values) as JobTemplate,
      jobs,
      ...(journal === undefined ? {} : { journal }),
      ...(report === undefined ? {} : { report }),
      ...(steps ? { runner: steps.runner } : {}),
      ...(steps?.work === undefined ? {} : { work: steps.work }),
      signal: interrupt.signal,
      onEvent: (event) => view.show(event),
    })
    view.end(result)
    return result.failed.length > 0 ? 1 : 0
  } catch (error) {
    view.clear()
    if (error instanceof AbortError && interrupt.status !== undefined) return interrupt.status
    throw error
  } finally {
    await steps?.runner.close()
    interrupt.release()
  }
}

function jobsFrom(text: string): number | 'auto' {
  if (text === 'auto') return text
  const jobs = Number(text)
  if (!Number.isInteger(jobs) || jobs < 1) {
    throw new UsageError(`expected a number of jobs from 1 on, or auto, for --jobs but received "${text}"`)
  }
  return jobs
}

interface View {
  show(event: BatchEvent): void
  end(result: BatchResult): void
  clear(): void
}

/** How far a batch is as a whole. */
class Overall {
  readonly #began = performance.now()
  /** The part of each file under way that is done. */
  readonly #shares = new Map<number, number>()
  total = 0
  ended = 0

  add(event: BatchEvent): void {
    if (event.type === 'begin') this.total = event.total
    else if (event.type === 'start') this.#shares.set(event.index, 0)
    else if (event.type === 'progress') {
      const { position, duration } = event.progress
      this.#shares.set(event.index, duration ? position / duration : 0)
    } else if (event.type !== 'report') {
      this.#shares.delete(event.index)
      this.ended++
    }
  }

  /** Of the files, those under way by the part that is done. */
  get fraction(): number {
    const shares = [...this.#shares.values()].reduce((sum, share) => sum + share, 0)
    return this.total === 0 ? 0 : (this.ended + shares) / this.total
  }

  /** Seconds; null when it cannot be told yet. */
  get eta(): number | null {
    const seconds = (performance.now() - this.#began) / 1000
    return this.fraction > 0 ? (seconds * (1 - this.fraction)) / this.fraction : null
  }
}

/** Milliseconds between two lines about the whole. */
const OVERALL_INTERVAL = 1000

class JsonView implements View {
  readonly #overall = new Overall()
  #told = performance.now()

  show(event: BatchEvent): void {
    this.#overall.add(event)
    console.log(JSON.stringify(event))
    const { ended, total, fraction, eta } = this.#overall
    const now = performance.now()
    const isDue = event.type === 'progress' ? now - this.#told >= OVERALL_INTERVAL : hasEnded(event)
    if (!isDue) return
    this.#told = now
    console.log(JSON.stringify({ type: 'total', ended, total, fraction, eta }))
  }

  /** Each job had its own line. */
  end({ jobs: _, ...result }: BatchResult): void {
    console.log(JSON.stringify({ type: 'end', ...result }))
  }

  clear(): void {}
}

/** Bars at once, at most. */
const MOST_BARS = 12

/** A line for each file that is finished; on a terminal, a bar for each that is under way and one for all. */
class TerminalView implements View {
  readonly #lines = new ProgressLines(process.stdout)
  readonly #running = new Map<number, { name: string; progress: Progress | null }>()
  readonly #began = performance.now()
  readonly #overall = new Overall()

  show(event: BatchEvent): void {
    this.#overall.add(event)
    switch (event.type) {
      case 'begin':
        break
      case 'start':
        this.#running.set(event.index, { name: shortName(basename(event.input)), progress: null })
        break
      case 'progress':
        this.#running.set(event.index, { name: shortName(basename(event.input)), progress: event.progress })
        break
      case 'report':
        this.#lines.print(`report  ${event.path}`)
        return
      default:
        this.#running.delete(event.index)
        this.#lines.print(describeEnd(event))
    }
    this.#lines.show(this.#bars())
  }

  end({ total, done, skipped, failed }: BatchResult): void {
    this.#lines.clear()
    const parts = [`${done} done`, `${skipped} finished before`, `${failed.length} failed`]
    console.log(`${total} files: ${parts.join(', ')}, in ${formatClock((performance.now() - this.#began) / 1000)}`)
  }

  clear(): void {
    this.#lines.clear()
  }

  #bars(): string[] {
    const running = [...this.#running.values()]
    // Of a farm's many files, those that are at work.
    const shown = running.length <= MOST_BARS ? running : running.filter(({ progress }) => progress).slice(0, MOST_BARS)
    const rest = running.length - shown.length
    const { ended, total, fraction, eta } = this.#overall
    return [
      ...shown.map(({ name, progress }) => `${name}  ${progress ? describeProgress(progress) : 'begins'}`),
      ...(rest > 0 ? [`and ${rest} more`] : []),
      `${ended} of ${total} files  ${Math.floor(fraction * 100)} %  ETA ${eta === null ? '-' : formatClock(eta)}`,
    ]
  }
}

type EndEvent = Extract<BatchEvent, { type: 'done' | 'skipped' | 'failed' }>

const hasEnded = ({ type }: BatchEvent): boolean => type === 'done' || type === 'skipped' || type === 'failed'

function describeEnd(event: EndEvent): string {
  if (event.type === 'failed') return `FAILED  ${event.input}: ${event.error.message}`
  const { outputs, seconds } = event.record.result
  const bytes = formatBytes(outputs.reduce((sum, output) => sum + output.bytes, 0))
  const what = outputs.length === 1 ? outputs[0]!.path : `${outputs.length} outputs`
  if (event.type === 'skipped') return `before  ${event.input} -> ${what}, ${bytes}`
  const how = event.record.copied ? 'copied from the same content' : `${seconds.toFixed(1)} s`
  return `done    ${event.input} -> ${what}, ${bytes}, ${how}`
}
