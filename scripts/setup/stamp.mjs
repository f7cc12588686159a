import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A stamp says from which inputs a step's outputs were made. It is a file in `.setup/` with the sha256 of the inputs, and the size
 * and time of the outputs: a step is fresh while both still agree.
 */
export class Stamps {
  #root
  #folder
  #cachePath
  /** Content hashes by path, valid while the file's size and times stay: most warm starts read no file at all. */
  #cache
  #cacheChanged = false

  /** @param {string} root the repository */
  constructor(root) {
    this.#root = root
    this.#folder = join(root, '.setup')
    this.#cachePath = join(this.#folder, 'hashes.json')
    this.#cache = readJson(this.#cachePath) ?? {}
  }

  get folder() {
    return this.#folder
  }

  /**
   * @param {readonly string[]} paths files and folders, relative to the repository
   * @param {unknown} [rest] other inputs, such as versions
   */
  key(paths, rest = null) {
    const hash = createHash('sha256').update(JSON.stringify(rest))
    for (const path of paths.flatMap((path) => this.#files(path)).sort()) {
      hash.update(`\n${path} ${this.#fileHash(path)}`)
    }
    this.#saveCache()
    return hash.digest('hex')
  }

  /**
   * @param {string} step
   * @param {string} key
   */
  isFresh(step, key) {
    const stamp = readJson(this.#path(step))
    return (
      stamp?.key === key &&
      Object.entries(stamp.outputs).every(([path, seen]) => identity(join(this.#root, path)) === seen)
    )
  }

  /** Before a step works: until it has succeeded, nobody may take its outputs for whole. */
  remove(step) {
    rmSync(this.#path(step), { force: true })
  }

  /**
   * @param {string} step
   * @param {string} key
   * @param {readonly string[]} outputs files, relative to the repository
   */
  write(step, key, outputs) {
    const seen = Object.fromEntries(outputs.map((path) => [path, identity(join(this.#root, path))]))
    this.#writeJson(this.#path(step), { key, outputs: seen })
  }

  #path(step) {
    return join(this.#folder, `${step}.json`)
  }

  #files(path) {
    const stat = statSync(join(this.#root, path), { throwIfNoEntry: false })
    if (!stat) return []
    if (stat.isFile()) return [path]
    return readdirSync(join(this.#root, path)).flatMap((name) => this.#files(`${path}/${name}`))
  }

  #fileHash(path) {
    const absolute = join(this.#root, path)
    const seen = identity(absolute)
    const cached = this.#cache[path]
    if (cached?.seen === seen) return cached.hash
    const hash = createHash('sha256').update(readFileSync(absolute)).digest('hex')
    this.#cache[path] = { seen, hash }
    this.#cacheChanged = true
    return hash
  }

  #saveCache() {
    if (!this.#cacheChanged) return
    this.#writeJson(this.#cachePath, this.#cache)
    this.#cacheChanged = false
  }

  /** Two set-ups may write at once: each writes a file of its own and renames it. */
  #writeJson(path, value) {
    mkdirSync(this.#folder, { recursive: true })
    const temporary = `${path}.${process.pid}`
    writeFileSync(temporary, `${JSON.stringify(value, null, 1)}\n`)
    renameSync(temporary, path)
  }
}

function identity(path) {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat ? `${stat.size} ${stat.mtimeMs} ${stat.ctimeMs}` : 'absent'
}

/** @param {string} path */
export function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}
