/** What the page about a batch is made of. */
import type { SerializedBatchError } from '../errors.js'
import type { Job } from '../job.js'
import type { DoneRecord } from '../journal.js'
import type { Comparison } from './compare.js'

export interface ReportedJob {
  readonly input: string
  /** "before": finished by an earlier batch. "unfinished": the batch was interrupted. */
  readonly status: 'done' | 'before' | 'failed' | 'unfinished'
  readonly record?: DoneRecord | undefined
  readonly error?: SerializedBatchError | undefined
  /** Its settings; absent where only a journal tells of a failure. */
  readonly job?: Job | undefined
  readonly comparison?: Comparison | null | undefined
}

export interface Report {
  /** Where the page will be. */
  readonly path: string
  readonly version: string
  readonly began: Date
  readonly ended: Date
  readonly interrupted: boolean
  readonly jobs: readonly ReportedJob[]
  /** Jobs whose pictures are not shown. */
  readonly picturesLeftOut: number
}
