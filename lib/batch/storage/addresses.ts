/** The names of files wherever they are: paths of this machine, and "s3://bucket/key". */
import { dirname, join, relative, resolve, sep } from 'node:path'
import { JobError } from '../errors.js'

/** Splits "s3://bucket/key"; null for anything else. */
export function parseS3Address(address: string): { bucket: string; key: string } | null {
  if (!address.startsWith('s3://')) return null
  const match = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(address)
  if (!match) throw new JobError(`expected s3://bucket/key for an address but received "${address}"`)
  return { bucket: match[1]!, key: match[2] ?? '' }
}

/** Whether an address is of a store rather than of this machine. */
export const isInStore = (address: string): boolean => parseS3Address(address) !== null

/** Whether a path is an address of any kind, which is no file of this machine. */
export const isAddress = (path: string): boolean => /^[a-z][a-z0-9+.-]+:\/\//i.test(path)

/** The same place, by a name that does not depend on the working folder. */
export const resolveAddress = (address: string): string =>
  isAddress(address) ? address.replace(/\/+$/, '') : resolve(address)

/** "folder" and "name" -> "folder/name". */
export const joinAddress = (folder: string, ...names: readonly string[]): string =>
  isAddress(folder)
    ? [folder.replace(/\/+$/, ''), ...names.filter((name) => name !== '')].join('/')
    : join(folder, ...names)

/** "folder/name" -> "folder" */
export const parentOf = (address: string): string =>
  isAddress(address) ? address.slice(0, address.lastIndexOf('/')) : dirname(address)

/** Whether an address lies in a folder, however deep. */
export function isBelow(address: string, folder: string): boolean {
  const root = resolveAddress(folder)
  return resolveAddress(address).startsWith(isAddress(folder) ? `${root}/` : root + sep)
}

/** How a page names a file that lies in the same store, or on the same machine; null for one that is elsewhere. */
export function relativeAddress(page: string, address: string): string | null {
  const [from, to] = [parseS3Address(page), parseS3Address(address)]
  if (!from && !to) return isAddress(address) ? null : relative(dirname(page), address).split(sep).join('/')
  if (from?.bucket !== to?.bucket) return null
  // Keys have no working folder: as if they lay at the root.
  return relative(dirname(`/${from!.key}`), `/${to!.key}`)
}
