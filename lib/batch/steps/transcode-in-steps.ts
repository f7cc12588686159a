/** One file in steps, on its own. */
import { basename } from 'node:path'
import { type JobDescription, parseJob } from '../job.js'
import { probe } from '../probe.js'
import type { TranscodeResult } from '../result.js'
import { joinAddress, parentOf } from '../storage/addresses.js'
import { Locations } from '../storage/locations.js'
import { removeFolder } from '../storage/transfer.js'
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
  const own = joinAddress(parentOf(output), `.${basename(output)}.work`)
  const locations = new Locations(options.s3)
  try {
    const job = parseJob(description)
    const task = await prepareTask(job, { locations, work: work ?? own })
    const { duration } = await probe(job.input, options)
    return await runTask(runner, task, duration, { ...options, locations })
  } finally {
    // No process works on it any more.
    await runner.close()
    if (work === undefined) {
      const { storage, prefix } = await locations.folder(own)
      await removeFolder(storage, prefix)
    }
    await locations.close()
  }
}
