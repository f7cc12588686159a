/** Lets a job write into a folder of this machine, and knows where each of its files belongs. */
import { mkdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { InternalError } from '../errors.js'
import type { Job } from '../job.js'
import { joinAddress } from '../storage/locations.js'

export interface RedirectedJob {
  readonly job: Job
  /** Folders of this machine, each with the address of the folder that its files belong into; null where none was named. */
  readonly folders: readonly { readonly local: string; readonly address: string | null }[]
}

/** "folder/name" -> both parts; for paths and s3:// alike. */
function splitAddress(address: string): { folder: string | null; name: string } {
  const slash = address.lastIndexOf('/')
  if (slash < 0) return { folder: null, name: address }
  return { folder: address.slice(0, slash), name: address.slice(slash + 1) }
}

/**
 * @param folder of this machine
 * @param threads of each encoder, unless the job says otherwise
 */
export function redirectOutputs(job: Job, folder: string, threads?: number): RedirectedJob {
  const folders: { local: string; address: string | null }[] = []
  const redirect = (address: string): string => {
    const { folder: parent, name } = splitAddress(address)
    const local = join(folder, String(folders.length))
    mkdirSync(local, { recursive: true })
    folders.push({ local, address: parent })
    return join(local, name)
  }
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
      ...(thumbnails ? { thumbnails: { ...thumbnails, output: redirect(thumbnails.output) } } : {}),
      ...(contactSheet ? { contactSheet: { ...contactSheet, output: redirect(contactSheet.output) } } : {}),
      ...(hls ? { hls: { ...hls, output: redirect(hls.output) } } : {}),
    },
    folders,
  }
}

/** Where a file belongs that the job wrote. */
export function targetOf({ folders }: RedirectedJob, path: string): string {
  const found = folders.find(({ local }) => path.startsWith(local + sep))
  if (!found) throw new InternalError('internal', `${path} is none of the job's outputs`)
  const name = relative(found.local, path).split(sep).join('/')
  return found.address === null ? name : joinAddress(found.address, name)
}
