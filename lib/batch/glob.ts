/** Files by patterns: `*`, `?`, `[abc]`, `{mov,mp4}` within a name, and `**` for any folders. */
import { readdir, stat } from 'node:fs/promises'
import { join, normalize, sep } from 'node:path'
import { JobError } from './errors.js'
import { parseS3Address } from './storage/addresses.js'
import type { Locations } from './storage/locations.js'

const isPattern = (text: string): boolean => /[*?[{]/.test(text)

function toRegExp(pattern: string): RegExp {
  const source = pattern.replace(/[.+^$()|\\]/g, '\\$&').replace(/\*\*\/|\*\*|\*|\?|\{[^{}]*\}/g, (token) => {
    if (token === '**/') return '(?:[^/]+/)*'
    if (token === '**') return '.*'
    if (token === '*') return '[^/]*'
    if (token === '?') return '[^/]'
    return `(?:${token.slice(1, -1).split(',').join('|')})`
  })
  return new RegExp(`^${source}$`)
}

async function* filesUnder(folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    // As shells do, patterns leave out what is hidden.
    if (entry.name.startsWith('.')) continue
    const path = folder === '.' ? entry.name : join(folder, entry.name)
    if (entry.isDirectory()) yield* filesUnder(path)
    else if (entry.isFile()) yield path
    else if (entry.isSymbolicLink() && (await stat(path).catch(() => null))?.isFile()) yield path
  }
}

/** A file, and its place below the folder that its pattern begins with. */
export interface FoundFile {
  /** A path, or the address of an object. */
  readonly path: string
  readonly relative: string
}

/**
 * The files or objects that a path, an address or a pattern of them stands for, in order; one without a pattern stands for
 * itself.
 */
export async function findFiles(pattern: string, locations: Locations): Promise<FoundFile[]> {
  const s3 = parseS3Address(pattern)
  if (s3) return findObjects(pattern, s3, locations)
  if (!isPattern(pattern)) return [{ path: pattern, relative: normalize(pattern).split(sep).at(-1)! }]
  const parts = normalize(pattern).split(sep)
  const fixed = parts.slice(0, parts.findIndex(isPattern))
  const root = fixed.length === 0 ? '.' : fixed.join(sep) || sep
  const expression = toRegExp(normalize(pattern).split(sep).join('/'))
  const found: FoundFile[] = []
  for await (const path of filesUnder(root)) {
    if (!expression.test(path.split(sep).join('/'))) continue
    found.push({ path, relative: root === '.' ? path : path.slice(root.length).replace(/^[\\/]+/, '') })
  }
  return found
}

async function findObjects(
  address: string,
  { bucket, key: pattern }: { bucket: string; key: string },
  locations: Locations,
): Promise<FoundFile[]> {
  const names = pattern.split('/')
  if (!isPattern(pattern)) {
    const name = names.at(-1)!
    if (['', '.', '..'].includes(name))
      throw new JobError(`expected s3://bucket/key for an input but received "${address}"`)
    return [{ path: address, relative: name }]
  }
  const root = names.slice(0, names.findIndex(isPattern)).map((name) => `${name}/`)
  const folder = root.join('')
  const expression = toRegExp(pattern)
  const { storage } = await locations.locate(address)
  const found: FoundFile[] = []
  // All that the pattern can match begins with what comes before its first sign.
  for await (const { key } of storage.list(pattern.slice(0, pattern.search(/[*?[{]/)))) {
    const relative = key.slice(folder.length)
    // What is hidden is left out here too, and with it all that would lead out of a folder. Some tools mark folders by
    // objects whose names end with a slash.
    const isHidden = relative.split('/').some((name) => name === '' || name.startsWith('.'))
    if (!isHidden && expression.test(key)) found.push({ path: `s3://${bucket}/${key}`, relative })
  }
  return found
}
