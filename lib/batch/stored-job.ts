/** Jobs whose source or outputs lie in stores: outputs are made on this machine, and stored when all are whole. */
import { rm } from 'node:fs/promises'
import type { Job } from './job.js'
import { outputsOf } from './job-template.js'
import { filesOf, type RedirectedJob, redirectOutputs, targetResult, withTrueNames } from './redirect.js'
import type { OutputResult, TranscodeResult } from './result.js'
import { retrying } from './retrying.js'
import { Sources } from './sources.js'
import { isInStore } from './storage/addresses.js'
import { Locations } from './storage/locations.js'
import { requireOtherFiles } from './storage/other-files.js'
import { makeScratch } from './storage/scratch.js'
import { type RunOptions, runJob } from './transcoding.js'

/**
 * Does a job, wherever its files are.
 * @param deliver takes each output as soon as it is in its place
 * @throws BatchError
 */
export async function runJobAnywhere(
  job: Job,
  options: RunOptions,
  deliver: (output: OutputResult) => void,
): Promise<TranscodeResult> {
  if (![job.input.path, ...outputsOf(job)].some(isInStore)) return runJob(job, options, deliver)
  const locations = new Locations(options.s3)
  try {
    return await runStoredJob(job, options, locations, deliver)
  } finally {
    await locations.close()
  }
}

async function runStoredJob(
  job: Job,
  options: RunOptions,
  locations: Locations,
  deliver: (output: OutputResult) => void,
): Promise<TranscodeResult> {
  const started = performance.now()
  const { signal } = options
  await requireOtherFiles(job, locations)
  await requireStores(job, locations)
  const sources = new Sources(locations, signal)
  const scratch = await makeScratch()
  try {
    const redirected = redirectOutputs(job, scratch, { redirects: isInStore })
    const ranged = await sources.ranged(job.input.path)
    const made: OutputResult[] = []
    const result = await withTrueNames(redirected, () =>
      runJob(redirected.job, { ...options, ranged }, (output) => made.push(output)),
    )
    const outputs: OutputResult[] = []
    for (const output of made) {
      const stored = await store(output, redirected, locations, signal)
      outputs.push(stored)
      deliver(stored)
    }
    return { ...result, outputs, seconds: (performance.now() - started) / 1000 }
  } finally {
    await rm(scratch, { recursive: true, force: true })
    await sources.close()
  }
}

/** Better known before hours of work than after them. */
async function requireStores(job: Job, locations: Locations): Promise<void> {
  for (const output of outputsOf(job).filter(isInStore)) {
    const { storage, key } = await locations.locate(output)
    await storage.requireWritable(key)
  }
}

async function store(
  output: OutputResult,
  redirected: RedirectedJob,
  locations: Locations,
  signal: AbortSignal | undefined,
): Promise<OutputResult> {
  const stored = targetResult(output, redirected)
  if (!isInStore(stored.path)) return stored
  for (const file of await filesOf(output)) {
    const { storage, key } = await locations.locate(redirected.targetOf(file))
    await retrying(() => storage.take(key, file, { signal }), signal)
  }
  return stored
}
