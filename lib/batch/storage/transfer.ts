import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { StorageError } from '../errors.js'
import { makeScratch } from './scratch.js'
import type { Located, Storage } from './storage.js'

/** Makes an object the same as another, wherever the two are. */
export async function copyObject(from: Located, to: Located, signal?: AbortSignal): Promise<void> {
  const path = from.storage.localPath(from.key)
  if (path !== null) {
    await to.storage.put(to.key, path, { signal })
    return
  }
  if (from.storage.url === to.storage.url) {
    await from.storage.copy(from.key, to.key, signal)
    return
  }
  const target = to.storage.localPath(to.key)
  if (target !== null) {
    await from.storage.get(from.key, target, signal)
    return
  }
  const folder = await makeScratch()
  try {
    const copy = join(folder, 'copy')
    await from.storage.get(from.key, copy, signal)
    await to.storage.put(to.key, copy, { signal })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Removes all objects whose keys begin with a folder's prefix, and the folder itself where it is one. */
export async function removeFolder(storage: Storage, prefix: string): Promise<void> {
  const keys: string[] = []
  for await (const { key } of storage.list(prefix)) keys.push(key)
  for (const key of keys) await storage.remove(key)
  const folder = storage.localPath(prefix)
  if (folder !== null) await rm(folder, { recursive: true, force: true })
}

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
