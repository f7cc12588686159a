/** A task through a runner, with the progress and the result that a job has. */
import { arePresent } from '../made-files.js'
import { ProgressMeter } from '../progress.js'
import type { TranscodeResult } from '../result.js'
import type { Locations } from '../storage/locations.js'
import type { RunOptions } from '../transcoding.js'
import type { FileProgress, Runner } from './runner.js'
import type { FileTask } from './step.js'

/**
 * @param sourceDuration seconds; null when the source does not tell
 * @throws BatchError
 */
export async function runTask(
  runner: Runner,
  task: FileTask,
  sourceDuration: number | null,
  { signal, onProgress, locations }: RunOptions & { readonly locations: Locations },
): Promise<TranscodeResult> {
  const { from, to = Number.POSITIVE_INFINITY } = task.job
  const meter = new ProgressMeter(sourceDuration === null ? null : Math.min(sourceDuration, to) - from, onProgress)
  const submitted = performance.now()
  let began: number | null = null
  const options = {
    signal,
    onProgress: ({ frames, position, bytes }: FileProgress) => {
      // While it waited for its turn, nobody worked on it.
      began ??= performance.now()
      meter.update(frames, position, () => bytes)
    },
  }
  let result = await runner.run(task, options)
  // A queue may remember what somebody has removed since.
  if (!(await arePresent(result.outputs, locations))) result = await runner.run(task, { ...options, again: true })
  const { outputs, frames, duration } = result
  meter.finish(
    frames,
    duration,
    outputs.reduce((sum, { bytes }) => sum + bytes, 0),
  )
  return { ...result, seconds: (performance.now() - (began ?? submitted)) / 1000 }
}
