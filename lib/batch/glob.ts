/** Files by patterns: `*`, `?`, `[abc]`, `{mov,mp4}` within a name, and `**` for any folders. */
import { readdir, stat } from 'node:fs/promises'
import { join, normalize, sep } from 'node:path'

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
  readonly path: string
  readonly relative: string
}

/** The files that a path or pattern stands for, in order; a path without a pattern stands for itself. */
export async function findFiles(pattern: string): Promise<FoundFile[]> {
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
