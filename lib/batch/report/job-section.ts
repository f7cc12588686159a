/** All about one job. */
import { formatBitrate, formatBytes, formatDuration } from '../figures.js'
import type { ProbedAudio, ProbedVideo } from '../probe.js'
import { type AudioResult, type OutputResult, type VideoResult, videosOf } from '../result.js'
import { relativeAddress } from '../storage/addresses.js'
import type { PicturePair, ReportPicture } from './compare.js'
import { type Content, html, type Markup } from './html.js'
import { plotBitrate } from './plot.js'
import type { ReportedJob } from './report.js'
import { outputBytes, STATUS_LABELS, speedOf } from './summary-table.js'

/** @param page path of the report, which links to outputs are relative to */
export function jobSection(job: ReportedJob, index: number, page: string): Markup {
  const { input, status, record } = job
  const id = `job-${index + 1}`
  return html`<article class="job" id="${id}" aria-labelledby="${id}-name">
<header><h2 id="${id}-name"><bdi>${input}</bdi></h2><span class="status ${status}">${STATUS_LABELS[status]}</span></header>
${job.error && html`<p class="error"><strong>${job.error.name}</strong> (${job.error.code}, ${job.error.retryable ? 'another attempt may help' : 'not worth another attempt'}): ${job.error.message}</p>`}
${status === 'unfinished' && html`<p class="unfinished">The batch ended before this file was done.</p>`}
${record && pictures(job)}
${record && facts(job)}
${record && outputsTable(record.result.outputs, page)}
${record && plotOf(job)}
${record?.result.outputs.flatMap(({ path, warnings }) =>
  warnings.map(
    (text) => html`<p><strong>Warning</strong>, <bdi>${path}</bdi>: ${text}</p>
`,
  ),
)}${settings(job)}
<p><a href="#top">Back to the table</a></p>
</article>
`
}

function pictures({ input, comparison }: ReportedJob): Content {
  if (!comparison) return null
  if (comparison.pairs.length === 0) return html`<p class="faint">No pictures: ${comparison.problem}</p>`
  return html`<h3>Before and after</h3>
<div class="pairs">${comparison.pairs.map((pair) => pairFigure(pair, input))}</div>`
}

function pairFigure({ seconds, before, after }: PicturePair, input: string): Markup {
  const at = `${seconds.toFixed(2)} s`
  return html`<figure><div class="pair">${image(before, `Before: ${input} at ${at}`)}${image(after, `After: the output at ${at}`)}</div>
<figcaption>At ${at}: before, after</figcaption></figure>
`
}

const image = ({ width, height, webp }: ReportPicture, alt: string): Markup =>
  html`<img src="data:image/webp;base64,${webp}" alt="${alt}" width="${width}" height="${height}" loading="lazy" decoding="async">`

function facts(job: ReportedJob): Markup {
  const { probe, result, copied } = job.record!
  const { format, bytes, duration, tracks } = probe
  const { seconds, frames } = result
  const speed = speedOf(job)
  const fps = frames > 0 && seconds > 0 ? `, ${(frames / seconds).toFixed(1)} frames per second` : ''
  const entries: [string, Content][] = [
    ['Source', `${format}, ${formatDuration(duration)}${bytes === null ? '' : `, ${formatBytes(bytes)}`}`],
    ...tracks.map((track): [string, Content] =>
      track.type === 'video' ? ['Video', describeVideo(track)] : ['Sound', describeAudio(track)],
    ),
    ['Outputs', `${formatBytes(outputBytes(job))}, ${formatDuration(result.duration)}`],
    [
      'Work',
      copied
        ? 'none: copied from what the same content gave before'
        : `${seconds.toFixed(2)} s${speed === null ? '' : `, ${speed.toFixed(2)} times as fast as it plays`}${fps}`,
    ],
  ]
  return html`<dl class="facts">${entries.map(
    ([term, value]) => html`<dt>${term}</dt><dd>${value}</dd>
`,
  )}</dl>`
}

function describeVideo({ codecString, width, height, framerate, rotation, bitrate }: ProbedVideo): string {
  const turned = rotation === 0 ? '' : `, turned by ${rotation} degrees`
  const rate = bitrate === null ? '' : `, ${formatBitrate(bitrate)}`
  return `${codecString}, ${width}x${height}${turned}, ${framerate.toFixed(2)} frames per second${rate}`
}

function describeAudio({ codecString, sampleRate, numberOfChannels, language, bitrate }: ProbedAudio): string {
  const tongue = language === 'und' ? '' : `, ${language}`
  const channels = numberOfChannels === 1 ? '1 channel' : `${numberOfChannels} channels`
  return `${codecString}, ${sampleRate} Hz, ${channels}${tongue}${bitrate === null ? '' : `, ${formatBitrate(bitrate)}`}`
}

function outputsTable(outputs: readonly OutputResult[], page: string): Markup {
  return html`<h3>Outputs</h3>
<div class="scroll"><table><thead><tr><th scope="col">File</th><th scope="col" class="number">Size</th><th scope="col">Video</th><th scope="col">Sound</th></tr></thead>
<tbody>${outputs.map(
    (
      output,
    ) => html`<tr><td class="name">${link(output.path, page)}</td><td class="number">${formatBytes(output.bytes)}</td><td>${videoCell(output)}</td><td>${soundsOf(output).map(audioText).join('; ')}</td></tr>
`,
  )}</tbody></table></div>`
}

/** Relative, so that a folder may move with its report. */
function link(path: string, page: string): Markup {
  const relative = relativeAddress(page, path)
  // Of pictures, the path is a pattern.
  if (relative === null || path.includes('%')) return html`<bdi>${path}</bdi>`
  const href = relative.split('/').map(encodeURIComponent).join('/')
  return html`<a href="${href}"><bdi>${path}</bdi></a>`
}

function videoCell(output: OutputResult): string {
  const { video, kind, files } = output
  if (video || kind === 'file') return video ? videoText(video) : ''
  const variants = videosOf(output).map((variant) => `; ${videoText(variant.video)}`)
  return `${files.length} ${files.length === 1 ? 'file' : 'files'}${variants.join('')}`
}

/** Variants of HLS have the same sound. */
const soundsOf = ({ audio, variants = [] }: OutputResult): AudioResult[] => variants[0]?.audio ?? audio

const videoText = ({ codec, width, height, frames, bitrate, copied }: VideoResult): string =>
  `${codec}, ${width}x${height}, ${frames} frames, ${copied ? 'copied' : formatBitrate(bitrate)}`

const audioText = ({ codec, language, bitrate, copied }: AudioResult): string =>
  `${codec}${language === 'und' ? '' : `, ${language}`}, ${copied ? 'copied' : formatBitrate(bitrate)}`

function plotOf({ record, input }: ReportedJob): Content {
  const streams = record!.result.outputs
    .flatMap(videosOf)
    .map(({ name, video: { bytesPerSecond, duration } }) => ({ name, bytesPerSecond, duration }))
  return plotBitrate(streams, `Bitrate over time of the outputs of ${input}`)
}

function settings({ job }: ReportedJob): Content {
  if (!job) return null
  const { input: _, ...rest } = job
  return html`<details><summary>Settings</summary><pre>${JSON.stringify(rest, null, 2)}</pre></details>`
}
