/** Gathers what the page about a batch needs while the batch is at work, so that it can be written at once in the end. */
import { extname } from 'node:path'
import { version } from '../../version.js'
import { BatchError, JobError, messageOf } from '../errors.js'
import { removeLeftovers } from '../file-writer.js'
import type { Job } from '../job.js'
import { outputsOf } from '../job-template.js'
import type { DoneRecord } from '../journal.js'
import { videosOf } from '../result.js'
import { isInStore, joinAddress, parentOf, resolveAddress } from '../storage/addresses.js'
import type { Locations } from '../storage/locations.js'
import type { Located } from '../storage/storage.js'
import type { CompareRequest, Comparison, PicturePair } from './compare.js'
import type { Markup } from './html.js'
import { jobSection } from './job-section.js'
import { reportPage } from './page.js'
import { PictureFolder } from './picture-folder.js'
import type { ReportedJob } from './report.js'

/** Jobs of a batch up to which each has three pairs of pictures; more have one. */
const FEW_JOBS = 60
/** Characters of all pictures in a page: one of a thousand jobs opens on a telephone. */
const MOST_PICTURES = 12e6

/** Who makes the pictures. */
export type Comparer = (request: CompareRequest, signal: AbortSignal) => Promise<readonly PicturePair[]>

export class Reporting {
  /** Address of the page. */
  readonly path: string
  readonly #located: Located
  readonly #pictures: PictureFolder
  readonly #pairs: number
  readonly #began = new Date()
  readonly #sections = new Map<ReportedJob, Markup>()
  #characters = 0
  #leftOut = 0

  private constructor(path: string, located: Located, pictures: PictureFolder, pairs: number) {
    this.path = path
    this.#located = located
    this.#pictures = pictures
    this.#pairs = pairs
  }

  /**
   * @param path address of the page
   * @param journal address of the journal, beside which the pictures lie
   * @throws OutputError, StorageError when the page cannot be written; JobError when it would take the place of a source or
   *   an output
   */
  static async begin(path: string, journal: string, jobs: readonly Job[], locations: Locations): Promise<Reporting> {
    const taken = new Set(jobs.flatMap((job) => [job.input.path, ...outputsOf(job)]).map(resolveAddress))
    if (taken.has(resolveAddress(path)) || resolveAddress(path) === resolveAddress(journal)) {
      throw new JobError(`expected a path of its own for report but received "${path}", which the batch uses`)
    }
    const located = await locations.locate(path)
    await located.storage.requireWritable(located.key)
    const folder = `${journal.slice(0, journal.length - extname(journal).length)}.pictures`
    for (const place of [parentOf(path), folder]) if (!isInStore(place)) await removeLeftovers(place)
    const pictures = new PictureFolder(folder, locations)
    return new Reporting(path, located, pictures, jobs.length <= FEW_JOBS ? 3 : 1)
  }

  /**
   * The pictures of a finished job: those that were made before, else new ones. What goes wrong with them is told in
   * place of them. Null where there is nothing to compare.
   */
  async compare({ key, job, result, probe }: DoneRecord, comparer: Comparer, signal: AbortSignal) {
    const known = await this.#pictures.read(key)
    if (known) return this.#keep(known)
    const output = comparableOutput(result)
    if (!output || !job || !probe.tracks.some(({ type }) => type === 'video')) return null
    try {
      const { input, from } = job
      const request = { input, output, from, duration: result.duration, count: this.#pairs }
      const comparison: Comparison = { pairs: [...(await comparer(request, signal))], problem: null }
      await this.#pictures.write(key, comparison)
      return this.#keep(comparison)
    } catch (error) {
      const problem = error instanceof BatchError ? error.message : messageOf(error)
      return signal.aborted ? null : { pairs: [], problem }
    }
  }

  /** Those that were made before. */
  async recall({ key }: DoneRecord): Promise<Comparison | null> {
    const known = this.#characters <= MOST_PICTURES ? await this.#pictures.read(key) : null
    return known && this.#keep(known)
  }

  /** Makes the section of a job that is done, so that less is left to do in the end. */
  show(job: ReportedJob, index: number): void {
    this.#sections.set(job, jobSection(job, index, this.path))
  }

  /** Writes the page. @throws OutputError, StorageError */
  async write(jobs: readonly ReportedJob[], { interrupted }: { interrupted: boolean }): Promise<void> {
    const { path } = this
    const report = {
      path,
      version,
      began: this.#began,
      ended: new Date(),
      interrupted,
      jobs,
      picturesLeftOut: this.#leftOut,
    }
    const page = reportPage(report, (job) => this.#sections.get(job))
    const { storage, key } = this.#located
    await storage.write(key, Buffer.from(page))
  }

  /** The pairs in the middle; null once there are more than a page can show. */
  #keep({ pairs, problem }: Comparison): Comparison | null {
    const first = Math.max(0, Math.floor((pairs.length - this.#pairs) / 2))
    const kept = pairs.slice(first, first + this.#pairs)
    this.#characters += kept.reduce((sum, { before, after }) => sum + before.webp.length + after.webp.length, 0)
    if (this.#characters <= MOST_PICTURES) return { pairs: kept, problem }
    this.#leftOut++
    return null
  }
}

/** The file with the largest pictures, else the playlist of HLS. */
function comparableOutput(result: DoneRecord['result']): string | null {
  const files = result.outputs.filter(({ kind, video }) => kind === 'file' && video)
  const size = ({ video }: (typeof files)[number]) => video!.width * video!.height
  const largest = files.sort((a, b) => size(b) - size(a))[0]
  if (largest) return largest.path
  const hls = result.outputs.find(({ kind }) => kind === 'hls')
  return hls && videosOf(hls).length > 0 ? joinAddress(hls.path, 'master.m3u8') : null
}
