/** From a job to a task: with the identity that tells the same work from other work. */
import { InputError, JobError } from '../errors.js'
import { type JobDescription, parseJob } from '../job.js'
import { isAddress, isInStore } from '../storage/addresses.js'
import type { Locations } from '../storage/locations.js'
import { requireOtherFiles } from '../storage/other-files.js'
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
  if (isAddress(path) && !isInStore(path)) {
    throw new JobError(
      `expected a file, or an object of a store, for input but received "${path}", which cannot be cut`,
    )
  }
  const { storage, key } = await locations.locate(job.input.path)
  const info = await storage.info(key)
  if (!info) throw new InputError('not-found', `${job.input.path}: there is no such file`)
  await requireOtherFiles(job, locations)
  const id = hashOf(JSON.stringify([job, info.version, work, build]), 24)
  return { id, job, work, build }
}
