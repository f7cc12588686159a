/** Lets a job write into a folder of this machine, and knows where each of its files belongs. */
import { mkdirSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, join, relative, sep } from 'node:path'
import { BatchError, errorFromJSON } from './errors.js'
import type { Job } from './job.js'
import type { OutputResult } from './result.js'
import { joinAddress } from './storage/addresses.js'

export interface RedirectOptions {
  /** Of each encoder, unless the job says otherwise. */
  readonly threads?: number | undefined
  /** Which outputs are meant. Default: all. */
  readonly redirects?: (address: string) => boolean
}

export interface RedirectedJob {
  readonly job: Job
  /** Where a file belongs that the job wrote; the address itself for outputs that are written where they belong. */
  targetOf(path: string): string
  /** A text with the names of local files as those that they will have. */
  withTrueNames(text: string): string
}

/** "folder/name" -> both parts; for paths and s3:// alike. */
function splitAddress(address: string): { folder: string | null; name: string } {
  const slash = address.lastIndexOf('/')
  if (slash < 0) return { folder: null, name: address }
  return { folder: address.slice(0, slash), name: address.slice(slash + 1) }
}

/** @param folder of this machine */
export function redirectOutputs(
  job: Job,
  folder: string,
  { threads, redirects = () => true }: RedirectOptions = {},
): RedirectedJob {
  /** Folders of this machine, each with the address of the folder that its files belong into; null where none was named. */
  const folders: { readonly local: string; readonly address: string | null }[] = []
  const redirect = (address: string): string => {
    if (!redirects(address)) return address
    const { folder: parent, name } = splitAddress(address)
    const local = join(folder, String(folders.length))
    mkdirSync(local, { recursive: true })
    folders.push({ local, address: parent })
    return join(local, name)
  }
  const placed = <T extends { output: string }>(settings: T): T => ({ ...settings, output: redirect(settings.output) })
  const renditions = job.renditions.map((rendition) => {
    const { output, video } = rendition
    const redirected = output === undefined ? rendition : { ...rendition, output: redirect(output) }
    if (video === false || threads === undefined) return redirected
    return { ...redirected, video: { threads, ...video } }
  })
  const { thumbnails, contactSheet, hls } = job
  return {
    job: {
      ...job,
      renditions,
      ...(thumbnails ? { thumbnails: placed(thumbnails) } : {}),
      ...(contactSheet ? { contactSheet: placed(contactSheet) } : {}),
      ...(hls ? { hls: placed(hls) } : {}),
    },
    targetOf(path) {
      const found = folders.find(({ local }) => path.startsWith(local + sep))
      if (!found) return path
      const name = relative(found.local, path).split(sep).join('/')
      return found.address === null ? name : joinAddress(found.address, name)
    },
    withTrueNames: (text) =>
      folders.reduce(
        (replaced, { local, address }) => replaced.replaceAll(local + sep, address === null ? '' : `${address}/`),
        text,
      ),
  }
}

/** A result of the redirected job as it will be when all files are where they belong. */
export const targetResult = (output: OutputResult, { targetOf, withTrueNames }: RedirectedJob): OutputResult => ({
  ...output,
  path: targetOf(output.path),
  files: output.files.map(targetOf),
  warnings: output.warnings.map(withTrueNames),
})

/** Does work of the redirected job: its errors tell the names that files will have. */
export async function withTrueNames<T>(redirected: RedirectedJob, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof BatchError)) throw error
    const known = error.toJSON()
    throw errorFromJSON({ ...known, message: redirected.withTrueNames(known.message) })
  }
}

/** The files of an output that lies on this machine, those that name others last. */
export async function filesOf({ path, files }: OutputResult): Promise<string[]> {
  if (!(await stat(path).catch(() => null))?.isDirectory()) return [...files]
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  const found = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const rank = (file: string) => (basename(file) === 'master.m3u8' ? 2 : file.endsWith('.m3u8') ? 1 : 0)
  return found.sort((a, b) => rank(a) - rank(b))
}
