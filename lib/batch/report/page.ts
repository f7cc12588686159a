/** The page that shows what came of a batch: one file that loads nothing, and runs nothing that is not its own. */
import { createHash } from 'node:crypto'
import { formatBytes, formatClock } from '../figures.js'
import { type Content, html, Markup } from './html.js'
import { jobSection } from './job-section.js'
import type { Report, ReportedJob } from './report.js'
import { SCRIPT, STYLE } from './style.js'
import { outputBytes, STATUS_LABELS, summaryTable } from './summary-table.js'

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** Nothing in the page may come from anywhere, and no other script or style than these apply. */
const POLICY = `default-src 'none'; img-src data:; style-src ${hashOf(STYLE)}; script-src ${hashOf(SCRIPT)}; base-uri 'none'; form-action 'none'`

/** @param sectionOf the section of a job, where it was made before */
export function reportPage(
  report: Report,
  sectionOf: (job: ReportedJob) => Markup | undefined = () => undefined,
): string {
  const { jobs, version, ended, interrupted } = report
  const title = interrupted ? 'Batch report, interrupted' : 'Batch report'
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${new Markup(STYLE)}</style>
</head>
<body>
<header>
<h1 id="top">${title}</h1>
<p class="faint">webcodecs-native ${version}, <time datetime="${ended.toISOString()}">${spoken(ended)}</time></p>
${interrupted && html`<p class="unfinished">The batch was interrupted: the same command continues it.</p>`}
${totals(report)}
</header>
<main>
<h2 id="jobs">Jobs</h2>
${summaryTable(jobs)}
${jobs.map((job, index) => sectionOf(job) ?? jobSection(job, index, report.path))}
</main>
<footer class="faint"><p>${report.picturesLeftOut > 0 && html`The pictures of ${report.picturesLeftOut} jobs were left out to keep this page small. `}Sizes are in powers of ten; bitrates are those of the video.</p></footer>
<script>${new Markup(SCRIPT)}</script>
</body>
</html>
`
  return page.toString()
}

/** "2026-11-26 22:15:04 UTC" */
const spoken = (date: Date): string => `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`

function totals({ jobs, began, ended }: Report): Markup {
  const count = (status: ReportedJob['status']) => jobs.filter((job) => job.status === status).length
  const finished = jobs.filter(({ record }) => record)
  const before = finished.reduce((sum, { record }) => sum + (record!.probe.bytes ?? 0), 0)
  const after = finished.reduce((sum, job) => sum + outputBytes(job), 0)
  const entries: [string, Content][] = [
    ['Files', jobs.length],
    ...(['done', 'before', 'failed', 'unfinished'] as const).map((status): [string, Content] => [
      STATUS_LABELS[status],
      html`<span class="${status}">${count(status)}</span>`,
    ]),
    ['Size before', formatBytes(before)],
    ['Size after', formatBytes(after)],
    ['Time', formatClock((ended.getTime() - began.getTime()) / 1000)],
  ]
  return html`<dl class="totals">
${entries.map(
  ([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>
`,
)}</dl>`
}
