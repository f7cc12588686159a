/**
 * A process that does steps, one at a time, for the process that started it, and ends with it. The work is kept out of
 * that one: its event loop has locks to renew, and what a damaged file may do to a codec ends here.
 */
import { endWithParent } from '../end-with-parent.js'
import { BatchError, InternalError, messageOf } from '../errors.js'
import '../../quiet-aws.js'
import '../../small-young-generation.js'
import { Locations } from '../storage/locations.js'
import { performStep } from './perform.js'
import type { FromStepProcess, ToStepProcess } from './protocol.js'
import type { StepProgress } from './step.js'

const controller = new AbortController()
let locations: Locations | undefined
let current: Promise<void> = Promise.resolve()

function tell(message: FromStepProcess): void {
  if (process.connected) process.send?.(message)
}

async function perform({ step, inputs, threads, s3 }: ToStepProcess): Promise<void> {
  locations ??= new Locations(s3)
  try {
    const onProgress = ({ frames, fps, position, bytes }: StepProgress) =>
      tell({ type: 'progress', progress: { frames, fps, position, bytes } })
    const { signal } = controller
    tell({ type: 'done', result: await performStep(step, { locations, inputs, threads, onProgress, signal }) })
  } catch (error) {
    const known =
      error instanceof BatchError ? error : new InternalError('internal', messageOf(error), { cause: error })
    tell({ type: 'failed', error: known.toJSON() })
  }
}

process.on('message', (message: ToStepProcess) => {
  current = perform(message)
})
endWithParent(() => {
  controller.abort()
  return current
})
tell({ type: 'ready' })
