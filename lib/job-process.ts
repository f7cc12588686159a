/** The process that does jobs for a batch, one after the other: what goes wrong in one, even a crash, stays in it. */
import { BatchError, InternalError, messageOf } from './batch/errors.js'
import type { FromJobProcess, ToJobProcess } from './batch/job-processes.js'
import { probe } from './batch/probe.js'
import { comparePictures } from './batch/report/compare.js'
import { transcode } from './batch/transcode.js'
import './quiet-aws.js'
import './quiet-mediabunny.js'

let current: AbortController | null = null

function send(message: FromJobProcess): void {
  if (process.connected) process.send!(message)
}

process.on('message', (message: ToJobProcess) => {
  if (message.type === 'abort') current?.abort()
  else void run(message)
})

// Whoever sent the jobs is gone: what is unfinished is removed on the way out.
process.on('disconnect', () => process.exit(1))
// Ctrl-C reaches the whole group; the one who sent the jobs says what happens then.
process.on('SIGINT', () => {})

type Question = Exclude<ToJobProcess, { type: 'abort' }>

async function answer(question: Question, signal: AbortSignal): Promise<FromJobProcess> {
  const { s3 } = question
  if (question.type === 'compare') {
    return { type: 'compared', pairs: await comparePictures(question.request, signal, s3) }
  }
  const { job } = question
  const probed = await probe(job.input, { s3 })
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
