/**
 * A process that does steps, one at a time, for the process that started it, and ends with it. The work is kept out of
 * that one: its event loop has locks to renew, and what a damaged file may do to a codec ends here.
 */
import { BatchError, InternalError, messageOf } from '../errors.js'
import '../../quiet-aws.js'
import { Locations } from '../storage/locations.js'
import { performStep } from './perform.js'
import type { FromStepProcess, ToStepProcess } from './protocol.js'
import type { StepProgress } from './step.js'

let locations: Locations | undefined

function tell(message: FromStepProcess): void {
  process.send?.(message)
}

async function perform({ step, inputs, threads, s3 }: ToStepProcess): Promise<void> {
  locations ??= new Locations(s3)
  try {
    const onProgress = ({ frames, fps, position, bytes }: StepProgress) =>
      tell({ type: 'progress', progress: { frames, fps, position, bytes } })
    tell({ type: 'done', result: await performStep(step, { locations, inputs, threads, onProgress }) })
  } catch (error) {
    const known =
      error instanceof BatchError ? error : new InternalError('internal', messageOf(error), { cause: error })
    tell({ type: 'failed', error: known.toJSON() })
  }
}

process.on('message', (message: ToStepProcess) => void perform(message))
// Whoever gave the work is gone: nobody waits for it any more. Files that are not whole were never objects.
process.on('disconnect', () => process.exit(1))
// A terminal's Ctrl-C reaches this process too; it is the other one's to decide.
process.on('SIGINT', () => {})
tell({ type: 'ready' })
