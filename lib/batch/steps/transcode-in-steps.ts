/** One file in steps, on its own. */
import { rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type JobDescription, parseJob } from '../job.js'
import { probe } from '../probe.js'
import type { TranscodeResult } from '../result.js'
import { Locations } from '../storage/locations.js'
import type { RunOptions } from '../transcoding.js'
import { prepareTask } from './prepare.js'
import { runTask } from './run-task.js'
import type { Runner } from './runner.js'

/**
 * @param steps.work address of the folder for what is on its way, which stays when the work fails. Default: a folder beside
 *   the output, of which nothing is left
 * @throws BatchError
 */
export async function transcodeInSteps(
  description: JobDescription & { output: string },
  { runner, work }: { runner: Runner; work?: string | undefined },
  options: RunOptions,
): Promise<TranscodeResult> {
  const { output } = description
  const own = join(dirname(output), `.${basename(output)}.work`)
  const locations = new Locations()
  try {
    const job = parseJob(description)
    const task = await prepareTask(job, { locations, work: work ?? own })
    const { duration } = await probe(job.input)
    return await runTask(runner, task, duration, options)
  } finally {
    // No process works on it any more.
    await runner.close()
    if (work === undefined) await rm(own, { recursive: true, force: true })
    await locations.close()
  }
}
