import { OutputError } from '../errors.js'
import { isSameFile } from '../file-writer.js'
import type { Job } from '../job.js'
import { outputsOf } from '../job-template.js'
import type { Locations } from './locations.js'

/**
 * The source must not be among the outputs, by whatever name.
 * @throws OutputError `would-overwrite-input`
 */
export async function requireOtherFiles(job: Job, locations: Locations): Promise<void> {
  const source = await locations.locate(job.input.path)
  const input = source.storage.localPath(source.key)
  for (const output of outputsOf(job)) {
    const { storage, key } = await locations.locate(output)
    const path = storage.localPath(key)
    const isSame =
      input !== null && path !== null
        ? await isSameFile(input, path)
        : storage.url === source.storage.url && key === source.key
    if (isSame) throw new OutputError('would-overwrite-input', `${output}: the output would overwrite the input`)
  }
}
