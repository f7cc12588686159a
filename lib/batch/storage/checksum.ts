import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { retrying } from '../retrying.js'
import type { Located, ObjectInfo } from './storage.js'

/** SHA-256 of a file's content, in hexadecimal. */
export async function sha256OfFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  for await (const data of createReadStream(path, { highWaterMark: 1 << 20, signal })) hash.update(data as Buffer)
  return hash.digest('hex')
}

/** Bytes of an object that are read at a time. */
const RANGE = 16 << 20

/**
 * SHA-256 of an object's content: the one that the storage keeps, else that of all it has, read in ranges.
 * @param info of the object, which must still be that one
 * @throws StorageError
 */
export async function sha256OfObject(
  { storage, key }: Located,
  { sha256, size, tag }: ObjectInfo,
  signal?: AbortSignal,
): Promise<string> {
  if (sha256 !== null) return sha256
  const hash = createHash('sha256')
  const readFrom = (start: number) =>
    retrying(() => storage.read(key, start, Math.min(size, start + RANGE), { signal, tag }), signal)
  let next = readFrom(0)
  for (let start = 0; start < size; start += RANGE) {
    const data = await next
    // The next range is on its way while this one is summed up.
    if (start + RANGE < size) {
      next = readFrom(start + RANGE)
      next.catch(() => {})
    }
    hash.update(data)
  }
  return hash.digest('hex')
}
