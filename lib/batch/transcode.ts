/** The one call: a source becomes its outputs. */
import { type Job, type JobDescription, parseJob } from './job.js'
import type { OutputResult, TranscodeResult } from './result.js'
import { runJobAnywhere } from './stored-job.js'
import type { RunOptions } from './transcoding.js'

export type TranscodeOptions = Omit<JobDescription, 'input' | 'output'> & RunOptions

/**
 * A job at work: a promise of the whole result, and an async iterable of the outputs, each as soon as it is whole.
 *
 *     const { outputs } = await transcode('in.mov', 'out.webm', { video: { codec: 'vp9', width: 1280 } })
 *     for await (const { path, bytes } of transcode({ input: 'in.mov', renditions })) console.log(path, bytes)
 */
export type Transcoding = Promise<TranscodeResult> &
  AsyncIterable<OutputResult> & {
    /** The description as it was understood. */
    readonly job: Job
  }

function begin(job: Job, options: RunOptions): Transcoding {
  const outputs: OutputResult[] = []
  let announce: () => void = () => {}
  const result = runJobAnywhere(job, options, (output) => {
    outputs.push(output)
    announce()
  })
  async function* iterate(): AsyncGenerator<OutputResult, void, undefined> {
    let ended = false
    const end = () => {
      ended = true
      announce()
    }
    result.then(end, end)
    for (let index = 0; index < outputs.length || !ended; ) {
      if (index < outputs.length) yield outputs[index++]!
      else {
        await new Promise<void>((resolve) => {
          announce = resolve
        })
      }
    }
    // Throws what the job failed with.
    await result
  }
  return Object.assign(result, { job, [Symbol.asyncIterator]: iterate })
}

/**
 * Transcodes a file, or does what a job description says. Outputs appear under their names when they are whole; after an
 * error or an abort nothing is left of them.
 * @throws JobError when the description is not valid
 * @returns a promise of the result that can be iterated over too; it rejects with a BatchError
 */
export function transcode(job: JobDescription | Job, options?: RunOptions): Transcoding
export function transcode(input: JobDescription['input'], output: string, options?: TranscodeOptions): Transcoding
export function transcode(
  first: JobDescription | Job | JobDescription['input'],
  second?: string | RunOptions,
  third: TranscodeOptions = {},
): Transcoding {
  if (typeof second === 'string') {
    const { signal, onProgress, s3, ...settings } = third
    const input = first as JobDescription['input']
    return begin(parseJob({ ...settings, input, output: second }), { signal, onProgress, s3 })
  }
  return begin(parseJob(first as JobDescription | Job), second ?? {})
}
