/** From a job to a task: with the identity that tells the same work from other work. */
import { InputError, JobError, OutputError } from '../errors.js'
import { isSameFile } from '../file-writer.js'
import { type Job, type JobDescription, parseJob } from '../job.js'
import { outputsOf } from '../job-template.js'
import { isAddress } from '../libavformat-source.js'
import { type Locations, parseS3Address } from '../storage/locations.js'
import { currentBuild, hashOf } from './build.js'
import type { FileTask } from './step.js'

export interface PrepareOptions {
  readonly locations: Locations
  /** Address of the folder for what is on its way: on one machine any folder, on a farm one that all workers reach. */
  readonly work: string
  /** The build that the work is for. Default: this one. */
  readonly build?: string
}

/** @throws JobError, InputError, OutputError `would-overwrite-input`, StorageError */
export async function prepareTask(description: JobDescription, options: PrepareOptions): Promise<FileTask> {
  const job = parseJob(description)
  const { locations, work, build = currentBuild() } = options
  const { path } = job.input
  if (isAddress(path) && !parseS3Address(path)) {
    throw new JobError(
      `expected a file, or an object of a store, for input but received "${path}", which cannot be cut`,
    )
  }
  const { storage, key } = await locations.locate(job.input.path)
  const info = await storage.info(key)
  if (!info) throw new InputError('not-found', `${job.input.path}: there is no such file`)
  await requireOtherFiles(job, storage.localPath(key), locations)
  const id = hashOf(JSON.stringify([job, info.version, work, build]), 24)
  return { id, job, work, build }
}

/** The source must not be among the outputs, by whatever name. */
async function requireOtherFiles(job: Job, input: string | null, locations: Locations): Promise<void> {
  if (input === null) return
  for (const output of outputsOf(job)) {
    const { storage, key } = await locations.locate(output)
    const path = storage.localPath(key)
    if (path !== null && (await isSameFile(input, path))) {
      throw new OutputError('would-overwrite-input', `${output}: the output would overwrite the input`)
    }
  }
}
