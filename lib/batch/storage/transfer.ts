import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { StorageError } from '../errors.js'
import type { Located } from './storage.js'

/**
 * Gives an object its final place, in one step for whoever looks there. When it is there already and no longer where it
 * was, an earlier attempt had come so far, and nothing is left to do.
 * @param size bytes that it has
 */
export async function transfer(from: Located, to: Located, size: number, signal?: AbortSignal): Promise<void> {
  if (!(await from.storage.info(from.key))) {
    if ((await to.storage.info(to.key))?.size === size) return
    throw new StorageError('not-found', `${from.storage.url}/${from.key}: it is gone, and was not published`)
  }
  const path = from.storage.localPath(from.key)
  if (path !== null) {
    await to.storage.take(to.key, path, { signal })
    return
  }
  if (from.storage.url === to.storage.url) {
    await from.storage.move(from.key, to.key, { signal })
    return
  }
  const folder = await to.storage.scratch('')
  try {
    const copy = join(folder, 'copy')
    await from.storage.get(from.key, copy, signal)
    await to.storage.take(to.key, copy, { signal })
    await from.storage.remove(from.key)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
