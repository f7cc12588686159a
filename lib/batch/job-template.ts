/** Job descriptions for many sources: outputs are templates with {name}, and lie below one folder. */
import { createHash } from 'node:crypto'
import { parse } from 'node:path'
import { JobError } from './errors.js'
import type { FoundFile } from './glob.js'
import { type Job, type JobDescription, parseJob } from './job.js'
import { LADDER } from './presets.js'
import { joinAddress, parentOf } from './storage/addresses.js'

/** A description without an input. `output`s may have {name}, the source's name without its extension. */
export type JobTemplate = Omit<JobDescription, 'input'>

/** What a template becomes where it does not name its outputs. */
function withOutputs(template: JobTemplate): JobTemplate {
  const base = template.preset === LADDER.name ? ladder(template) : template
  const { renditions, output, hls, thumbnails, contactSheet } = base
  if (renditions) {
    const named = renditions.map((rendition, index) => {
      const name = rendition.name ?? String(index)
      const container = rendition.container ?? base.container ?? 'mp4'
      // Where there is HLS, a rendition without an output is for it alone.
      if (rendition.output !== undefined || hls) return { name, ...rendition }
      return { name, output: `{name}-${name}.${container}`, ...rendition }
    })
    return { ...base, renditions: named }
  }
  if (output !== undefined || hls || thumbnails || contactSheet) return base
  return { ...base, output: `{name}.${base.container ?? 'mp4'}` }
}

function ladder({ preset: _, ...template }: JobTemplate): JobTemplate {
  return { ...template, renditions: template.renditions ?? LADDER.renditions.map((rendition) => ({ ...rendition })) }
}

/** The template's job for a source. */
export function jobFor(template: JobTemplate, { path, relative }: FoundFile, folder: string): Job {
  const { dir, name } = parse(relative)
  const place = (output: string) =>
    joinAddress(
      folder,
      dir,
      output.replaceAll('{name}', () => name),
    )
  const placed = <T extends { output?: string }>(settings: T): T =>
    settings.output === undefined ? settings : { ...settings, output: place(settings.output) }
  const { output, renditions, thumbnails, contactSheet, hls, ...rest } = withOutputs(template)
  return parseJob({
    ...rest,
    input: path,
    ...(output === undefined ? {} : { output: place(output) }),
    ...(renditions ? { renditions: renditions.map(placed) } : {}),
    ...(thumbnails ? { thumbnails: placed(thumbnails) } : {}),
    ...(contactSheet ? { contactSheet: placed(contactSheet) } : {}),
    ...(hls ? { hls: placed(hls) } : {}),
  })
}

/** All paths that a job writes to, folders and patterns included. */
export function outputsOf({ renditions, thumbnails, contactSheet, hls }: Job): string[] {
  const files = renditions.flatMap(({ output }) => (output === undefined ? [] : [output]))
  return [...files, ...[thumbnails, contactSheet, hls].flatMap((other) => (other ? [other.output] : []))]
}

/** @throws JobError when two sources would be written to one place */
export function requireOwnOutputs(jobs: readonly Job[]): void {
  const owners = new Map<string, string>()
  for (const job of jobs) {
    for (const output of outputsOf(job)) {
      const other = owners.get(output)
      if (other !== undefined) {
        throw new JobError(
          `expected an output of its own for each source, but ${other} and ${job.input.path} share ${output}`,
        )
      }
      owners.set(output, job.input.path)
    }
  }
}

/** The folders that a job writes into. */
export const foldersOf = (job: Job): string[] => [...new Set(outputsOf(job).map(parentOf))]

/** JSON whose members are in order, so that equal settings are equal texts. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  )
}

/** The same for the same content and settings, whatever the source is called. */
export function jobKey(template: JobTemplate, inputHash: string): string {
  return createHash('sha256')
    .update(`${inputHash}\n${canonical(withOutputs(template))}`)
    .digest('hex')
}
