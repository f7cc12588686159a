/** What was made before: whether it is still there, and copies of it. */
import type { Job } from './job.js'
import { outputsOf } from './job-template.js'
import type { DoneRecord } from './journal.js'
import type { OutputResult } from './result.js'
import { resolveAddress } from './storage/addresses.js'
import type { Locations } from './storage/locations.js'
import { requireOtherFiles } from './storage/other-files.js'
import { copyObject } from './storage/transfer.js'

/** Whether the files of outputs are there, with the sizes that they had. */
export async function arePresent(outputs: readonly OutputResult[], locations: Locations): Promise<boolean> {
  const sizeOf = async (address: string): Promise<number> => {
    const { storage, key } = await locations.locate(address)
    return (await storage.info(key))?.size ?? -1
  }
  for (const { files, bytes } of outputs) {
    const sizes = await Promise.all(files.map(sizeOf))
    if (!sizes.every((size) => size >= 0) || sizes.reduce((sum, size) => sum + size, 0) !== bytes) return false
  }
  return true
}

/** Whether the outputs of a job that was finished are where this one wants them. */
export async function isThere({ result }: DoneRecord, job: Job, locations: Locations): Promise<boolean> {
  const wanted = new Set(outputsOf(job).map(resolveAddress))
  const isWanted = ({ path }: OutputResult) => wanted.has(resolveAddress(path))
  const { outputs } = result
  return outputs.length === wanted.size && outputs.every(isWanted) && arePresent(outputs, locations)
}

/**
 * The outputs of the same content under other names, as copies of those that are there. Null where there is more than
 * single files, or something of them is gone.
 * @throws OutputError, StorageError
 */
export async function copyOutputs(
  before: DoneRecord,
  job: Job,
  { locations, signal }: { readonly locations: Locations; readonly signal: AbortSignal },
): Promise<DoneRecord | null> {
  const { outputs } = before.result
  const targets = outputsOf(job)
  const isSimple = outputs.length === targets.length && !job.hls && !job.thumbnails
  if (!isSimple || !(await arePresent(outputs, locations))) return null
  await requireOtherFiles(job, locations)
  const copies: OutputResult[] = []
  for (const [index, output] of outputs.entries()) {
    const path = targets[index]!
    await copyObject(await locations.locate(output.path), await locations.locate(path), signal)
    copies.push({ ...output, path, files: [path] })
  }
  const result = { ...before.result, outputs: copies }
  return { ...before, time: Date.now(), input: job.input.path, job, result, copied: true }
}
