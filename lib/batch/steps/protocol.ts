/** What a process that does steps and the one that gives them say to each other. */
import type { SerializedBatchError } from '../errors.js'
import type { S3Options } from '../storage/s3.js'
import type { Step, StepProgress, StepResult } from './step.js'

export type ToStepProcess = {
  readonly type: 'do'
  readonly step: Step
  readonly inputs: readonly StepResult[]
  readonly threads: number | undefined
  readonly s3: S3Options
}

export type FromStepProcess =
  | { readonly type: 'ready' }
  | { readonly type: 'progress'; readonly progress: StepProgress }
  | { readonly type: 'done'; readonly result: StepResult }
  | { readonly type: 'failed'; readonly error: SerializedBatchError }
