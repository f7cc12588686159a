/** The steps that the work on one file is made of. Each is plain JSON, and doing it twice does no harm. */
import type { VideoEncoderConfig } from '../../config/video-encoder-config.js'
import type { Chunk } from '../chunked/plan.js'
import type { Job } from '../job.js'
import type { OutputResult, TranscodeResult } from '../result.js'

/** One file's work, with all that decides how it comes out. */
export interface FileTask {
  /** From the source's identity, the settings and the build: the same work has the same id, and is not done twice. */
  readonly id: string
  /** Its paths are addresses: paths that are the same on all machines, or "s3://bucket/key". */
  readonly job: Job
  /** Address of the folder that holds what is on its way. */
  readonly work: string
  /** The build that the work was planned for: see buildIdentity(). */
  readonly build: string
}

export type Step = { readonly task: FileTask } & (
  | { readonly kind: 'probe' }
  | {
      readonly kind: 'measure'
      readonly index: number
      readonly chunk: Chunk
      readonly configs: readonly VideoEncoderConfig[]
    }
  | {
      readonly kind: 'budget'
      readonly chunks: readonly Chunk[]
      readonly configs: readonly VideoEncoderConfig[]
      readonly duration: number
    }
  | {
      readonly kind: 'chunk'
      readonly index: number
      readonly chunk: Chunk
      readonly configs: readonly VideoEncoderConfig[]
      readonly bitrates?: readonly (number | null)[]
    }
  | { readonly kind: 'audio' }
  | { readonly kind: 'whole' }
  | { readonly kind: 'join' }
  | { readonly kind: 'publish' }
)

export type StepKind = Step['kind']
export type StepOf<K extends StepKind> = Extract<Step, { kind: K }>

/** Another step, and the step of the same file that waits for it. */
export interface Addition {
  readonly step: Step
  readonly parent: StepKind
}

/** An output on its way: where it is in the work folder, and where it will be. */
export interface MadeFile {
  /** Below the task's work folder. */
  readonly key: string
  /** Address. */
  readonly target: string
  /** Bytes. */
  readonly size: number
}

export interface MadeOutputs {
  readonly files: readonly MadeFile[]
  readonly outputs: readonly OutputResult[]
}

export type StepResult =
  | { readonly kind: 'probe'; readonly additions: readonly Addition[]; readonly chunks: number }
  | { readonly kind: 'measure'; readonly index: number; readonly bytes: number }
  | { readonly kind: 'budget'; readonly additions: readonly Addition[] }
  | { readonly kind: 'chunk'; readonly index: number; readonly frames: number; readonly bytes: readonly number[] }
  | { readonly kind: 'audio' }
  | ({ readonly kind: 'whole' } & MadeOutputs)
  | ({ readonly kind: 'join' } & MadeOutputs)
  | { readonly kind: 'publish'; readonly result: TranscodeResult }

/** Of a file's steps, in the order in which they wait for each other: the first waits for the second, and so on. */
export const SPINE = ['publish', 'join', 'probe'] as const

export const stepId = (step: Step): string =>
  stepIdOf(step.task.id, step.kind, 'index' in step ? step.index : undefined)

/** For the ids of queues, in which colons have a meaning of their own. */
export const stepIdOf = (taskId: string, kind: StepKind, index?: number): string =>
  index === undefined ? `${taskId}-${kind}` : `${taskId}-${kind}-${index}`

export const taskIdOf = (id: string): string => id.slice(0, id.indexOf('-'))

/** What is begun is finished first: the smaller number goes first. */
export const PRIORITIES: Readonly<Record<StepKind, number>> = {
  publish: 1,
  join: 2,
  budget: 3,
  audio: 4,
  chunk: 5,
  whole: 5,
  measure: 6,
  probe: 7,
}

/** How far a step is. */
export interface StepProgress {
  /** Pictures so far. */
  readonly frames: number
  /** Pictures per second. */
  readonly fps: number
  /** Seconds of media that are done. */
  readonly position: number
  /** Bytes of what is encoded. */
  readonly bytes: number
}
