/** What tells a source from others: its content, whatever it is called. */
import { InputError, inputError, StorageError } from './errors.js'
import { sha256OfFile, sha256OfObject } from './storage/checksum.js'
import type { Locations } from './storage/locations.js'

export interface SourceIdentity {
  /** SHA-256 of the content. */
  readonly inputHash: string
  /** The ETag of an object in a store; undefined for files of this machine, which only reading tells from what they were. */
  readonly inputTag?: string | undefined
}

export interface IdentifyOptions {
  readonly locations: Locations
  /** The SHA-256 that a source had when it had this ETag, where that is known. */
  readonly known: (input: string, tag: string) => string | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads the source, unless it is an object whose SHA-256 the store keeps, or that has the ETag it had when it was read before.
 * @throws InputError, StorageError
 */
export async function identify(input: string, { locations, known, signal }: IdentifyOptions): Promise<SourceIdentity> {
  const { storage, key } = await locations.locate(input)
  const path = storage.localPath(key)
  if (path !== null) {
    return {
      inputHash: await sha256OfFile(path, signal).catch((error) => {
        throw inputError(input, error)
      }),
    }
  }
  const info = await storage.info(key)
  if (!info) throw new InputError('not-found', `${input}: there is no such file`)
  if (info.tag === null) throw new StorageError('unavailable', `${input}: the store tells no ETag of it`)
  const inputHash = known(input, info.tag) ?? (await sha256OfObject({ storage, key }, info, signal))
  return { inputHash, inputTag: info.tag }
}
