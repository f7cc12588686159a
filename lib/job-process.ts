/** The process that does jobs for a batch, one after the other: what goes wrong in one, even a crash, stays in it. */
import { endWithParent } from './batch/end-with-parent.js'
import { BatchError, InternalError, messageOf } from './batch/errors.js'
import type { FromJobProcess, ToJobProcess } from './batch/job-processes.js'
import { probe } from './batch/probe.js'
import { comparePictures } from './batch/report/compare.js'
import { transcode } from './batch/transcode.js'
import './quiet-aws.js'
import './quiet-mediabunny.js'
import './small-young-generation.js'

let current: AbortController | null = null
let working: Promise<void> = Promise.resolve()

function send(message: FromJobProcess): void {
  if (process.connected) process.send!(message)
}

process.on('message', (message: ToJobProcess) => {
  if (message.type === 'abort') current?.abort()
  else working = run(message)
})

endWithParent(() => {
  current?.abort()
  return working
})

type Question = Exclude<ToJobProcess, { type: 'abort' }>

async function answer(question: Question, signal: AbortSignal): Promise<FromJobProcess> {
  const { s3 } = question
  if (question.type === 'compare') {
    return { type: 'compared', pairs: await comparePictures(question.request, signal, s3) }
  }
  const { job } = question
  const probed = await probe(job.input, { s3, signal })
  const result = await transcode(job, { signal, s3, onProgress: (progress) => send({ type: 'progress', progress }) })
  return { type: 'done', probe: probed, result }
}

async function run(question: Question): Promise<void> {
  current = new AbortController()
  try {
    send(await answer(question, current.signal))
  } catch (error) {
    const failure =
      error instanceof BatchError ? error : new InternalError('internal', messageOf(error), { cause: error })
    send({ type: 'failed', error: failure.toJSON() })
  } finally {
    current = null
  }
}

send({ type: 'ready' })
