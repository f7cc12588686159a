/** From a job to a task: with the identity that tells the same work from other work. */
import { InputError } from '../errors.js'
import { type JobDescription, parseJob } from '../job.js'
import type { Locations } from '../storage/locations.js'
import { currentBuild, hashOf } from './build.js'
import type { FileTask } from './step.js'

export interface PrepareOptions {
  readonly locations: Locations
  /** Address of the folder for what is on its way: on one machine any folder, on a farm one that all workers reach. */
  readonly work: string
  /** The build that the work is for. Default: this one. */
  readonly build?: string
}

/** @throws JobError, InputError, StorageError */
export async function prepareTask(description: JobDescription, options: PrepareOptions): Promise<FileTask> {
  const job = parseJob(description)
  const { locations, work, build = currentBuild() } = options
  const { storage, key } = await locations.locate(job.input.path)
  const info = await storage.info(key)
  if (!info) throw new InputError('not-found', `${job.input.path}: there is no such file`)
  const id = hashOf(JSON.stringify([job, info.version, work, build]), 24)
  return { id, job, work, build }
}
