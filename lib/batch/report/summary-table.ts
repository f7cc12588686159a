/** The table of all jobs, which links to the section of each. */
import { formatBitrate, formatBytes, formatClock } from '../figures.js'
import { type VideoResult, videosOf } from '../result.js'
import { html, type Markup } from './html.js'
import type { ReportedJob } from './report.js'

export const STATUS_LABELS: Readonly<Record<ReportedJob['status'], string>> = {
  done: 'done',
  before: 'finished before',
  failed: 'failed',
  unfinished: 'not finished',
}

export const outputBytes = ({ record }: ReportedJob): number =>
  record?.result.outputs.reduce((sum, { bytes }) => sum + bytes, 0) ?? 0

/** Of the output with the most pixels. */
export function mainVideo({ record }: ReportedJob): VideoResult | null {
  const videos = record?.result.outputs.flatMap((output) => videosOf(output).map(({ video }) => video)) ?? []
  return videos.sort((a, b) => b.width * b.height - a.width * a.height)[0] ?? null
}

/** Seconds of media for each second of work; null for what was not worked on. */
export function speedOf({ record }: ReportedJob): number | null {
  if (!record || record.copied || record.result.seconds === 0) return null
  return record.result.duration / record.result.seconds
}

interface Column {
  readonly heading: string
  /** What it is sorted by, where that is a number. */
  readonly number?: (job: ReportedJob) => number | null
  readonly cell: (job: ReportedJob, index: number) => Markup | string
}

const ratioOf = (job: ReportedJob): number | null =>
  job.record?.probe.bytes ? outputBytes(job) / job.record.probe.bytes : null

const COLUMNS: readonly Column[] = [
  { heading: 'File', cell: ({ input }, index) => html`<a href="#job-${index + 1}"><bdi>${input}</bdi></a>` },
  {
    heading: 'Status',
    cell: ({ status }) => html`<span class="status ${status}">${STATUS_LABELS[status]}</span>`,
  },
  {
    heading: 'Codec',
    cell: (job) => {
      const outputs = job.record?.result.outputs ?? []
      const videos = outputs.flatMap((output) => videosOf(output).map(({ video }) => video))
      const streams = videos.length > 0 ? videos : outputs.flatMap(({ audio }) => audio)
      return [...new Set(streams.map(({ codec }) => codec))].join(', ')
    },
  },
  {
    heading: 'Duration',
    number: ({ record }) => record?.result.duration ?? null,
    cell: ({ record }) => (record ? formatClock(record.result.duration) : ''),
  },
  {
    heading: 'Before',
    number: ({ record }) => record?.probe.bytes ?? null,
    cell: ({ record }) => (record?.probe.bytes ? formatBytes(record.probe.bytes) : ''),
  },
  {
    heading: 'After',
    number: (job) => (job.record ? outputBytes(job) : null),
    cell: (job) => (job.record ? formatBytes(outputBytes(job)) : ''),
  },
  {
    heading: 'Ratio',
    number: ratioOf,
    cell: (job) => {
      const ratio = ratioOf(job)
      return ratio === null ? '' : `${(ratio * 100).toFixed(ratio < 0.1 ? 1 : 0)} %`
    },
  },
  {
    heading: 'Bitrate',
    number: (job) => mainVideo(job)?.bitrate ?? null,
    cell: (job) => (mainVideo(job) ? formatBitrate(mainVideo(job)!.bitrate) : ''),
  },
  {
    heading: 'Speed',
    number: speedOf,
    cell: (job) => (speedOf(job) === null ? '' : `${speedOf(job)!.toFixed(2)}x`),
  },
  {
    heading: 'Time',
    number: ({ record }) => record?.result.seconds ?? null,
    cell: ({ record }) => (record ? `${record.result.seconds.toFixed(1)} s` : ''),
  },
]

export function summaryTable(jobs: readonly ReportedJob[]): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-labelledby="jobs"><table id="summary">
<thead><tr>${COLUMNS.map(
    ({ heading, number }) =>
      html`<th scope="col"${number && html` class="number"`}><button type="button">${heading}</button></th>`,
  )}</tr></thead>
<tbody>
${jobs.map(
  (job, index) => html`<tr>${COLUMNS.map((column, place) => cellOf(column, job, index, place))}</tr>
`,
)}</tbody>
</table></div>`
}

function cellOf({ number, cell }: Column, job: ReportedJob, index: number, place: number): Markup {
  if (!number) return html`<td class="${place === 0 ? 'name' : 'short'}">${cell(job, index)}</td>`
  return html`<td class="number" data-sort="${number(job)}">${cell(job, index)}</td>`
}
