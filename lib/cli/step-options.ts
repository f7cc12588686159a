/** The options that say who works: processes that each do a whole file, processes that share files in chunks, or a farm. */
import type { ParseArgsConfig } from 'node:util'
import { QueueRunner } from '../batch/farm/queue-runner.js'
import { LocalRunner } from '../batch/steps/local-runner.js'
import type { Runner } from '../batch/steps/runner.js'
import type { Values } from './arguments.js'
import { UsageError } from './usage-error.js'

type Options = NonNullable<ParseArgsConfig['options']>

export const STEP_OPTIONS = {
  chunked: { type: 'boolean' },
  work: { type: 'string' },
} as const satisfies Options

export const FARM_OPTIONS = { redis: { type: 'string' }, queue: { type: 'string' } } as const satisfies Options

/** Who does the steps of files, and where what is on its way lies. */
export interface Steps {
  readonly runner: Runner
  readonly work: string | undefined
  /** Whether nobody takes work from the queue. */
  isForsaken(): Promise<boolean>
}

/**
 * @param jobs steps at once on this machine
 * @returns undefined where the options ask for none
 */
export async function stepsFrom(values: Values, jobs: number | 'auto' = 'auto'): Promise<Steps | undefined> {
  const text = (name: string) => values[name] as string | undefined
  const [redis, queue, work] = [text('redis'), text('queue'), text('work')]
  const chunked = values['chunked'] === true
  if (chunked && redis !== undefined) throw new UsageError('expected either --chunked or --redis but received both')
  if (queue !== undefined && redis === undefined) throw new UsageError('expected --redis for --queue but received none')
  if (redis !== undefined) {
    const runner = await QueueRunner.connect({ redis, queue })
    return { runner, work, isForsaken: async () => (await runner.workers()) === 0 }
  }
  if (chunked) return { runner: new LocalRunner({ concurrency: jobs }), work, isForsaken: async () => false }
  if (work !== undefined) throw new UsageError('expected --chunked or --redis for --work but received neither')
  return undefined
}
