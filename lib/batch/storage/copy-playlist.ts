/** HLS that lies in a store, for who can open only files of this machine. */
import { join, posix } from 'node:path'
import { InputError, StorageError } from '../errors.js'
import type { Located, Storage } from './storage.js'

/** Files of one playlist that are on their way at once. */
const FILES_AT_ONCE = 4

/**
 * Copies a playlist with all that it names; of one that names variants, the first with what that names.
 * @returns path of the playlist that names the segments
 * @throws InputError for playlists that name what lies elsewhere; StorageError
 */
export async function copyPlaylist({ storage, key }: Located, folder: string, signal?: AbortSignal): Promise<string> {
  const text = await textOf(storage, key)
  const names = namedIn(text)
  const variant = text.includes('#EXT-X-STREAM-INF') ? names.find((name) => name.endsWith('.m3u8')) : undefined
  if (variant !== undefined) {
    return copyPlaylist({ storage, key: keyBeside(storage, key, variant) }, folder, signal)
  }
  const waiting = [posix.basename(key), ...names]
  const copyNext = async (): Promise<void> => {
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      await storage.get(keyBeside(storage, key, name), join(folder, name), signal)
    }
  }
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, copyNext))
  return join(folder, posix.basename(key))
}

async function textOf(storage: Storage, key: string): Promise<string> {
  const data = await storage.readWhole(key)
  if (!data) throw new StorageError('not-found', `${storage.url}/${key}: there is no such object`)
  return Buffer.from(data).toString('utf8')
}

/** What a playlist names (RFC 8216, section 4), each once. */
function namedIn(text: string): string[] {
  const lines = text.split(/\r?\n/)
  const attributes = lines.flatMap((line) => /^#EXT-X-(?:MAP|KEY):.*\bURI="([^"]+)"/.exec(line)?.[1] ?? [])
  return [...new Set([...attributes, ...lines.filter((line) => line !== '' && !line.startsWith('#'))])]
}

function keyBeside(storage: Storage, playlist: string, name: string): string {
  const parts = name.split('/')
  if (/^[a-z][a-z0-9+.-]*:/i.test(name) || parts.includes('..') || name.startsWith('/')) {
    throw new InputError('unreadable', `${storage.url}/${playlist}: it names "${name}", which does not lie below it`)
  }
  return posix.join(posix.dirname(playlist), name)
}
