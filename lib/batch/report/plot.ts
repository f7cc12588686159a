/** Bitrate over time, as a picture in SVG. */
import { formatBitrate, formatClock } from '../figures.js'
import { html, type Markup } from './html.js'

export interface PlottedStream {
  readonly name: string
  /** Bytes in each second of presentation. */
  readonly bytesPerSecond: readonly number[]
  /** Seconds: the last of them may be shorter. */
  readonly duration: number
}

export interface PlotPoint {
  /** Seconds, in the middle of what the point stands for. */
  readonly seconds: number
  /** Bits per second. */
  readonly bitrate: number
}

/** Points of a stream, at most: more would be less than three pixels apart. */
export const MOST_POINTS = 200
/** Points of a stream that are marked with circles, at most. */
const MOST_MARKS = 60

const WIDTH = 640
const HEIGHT = 200
const LEFT = 112
const RIGHT = 12
const TOP = 18
const BOTTOM = 26

/** One point for each second; of long streams, for equal parts of them. */
export function pointsOf({ bytesPerSecond, duration }: PlottedStream): PlotPoint[] {
  const step = Math.ceil(bytesPerSecond.length / MOST_POINTS)
  const points: PlotPoint[] = []
  for (let from = 0; from < bytesPerSecond.length; from += step) {
    const bytes = bytesPerSecond.slice(from, from + step).reduce((sum, some) => sum + some, 0)
    const to = Math.min(from + step, bytesPerSecond.length)
    // A stream that begins late is longer than its duration says.
    const length = to === bytesPerSecond.length && duration > from && duration < to ? duration - from : to - from
    points.push({ seconds: from + length / 2, bitrate: (bytes * 8) / length })
  }
  return points
}

/** The next of 1, 2, 2.5 and 5 times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((rounded) => rounded >= value)!
}

const short = (value: number): string => String(Math.round(value * 10) / 10)

export function plotBitrate(streams: readonly PlottedStream[], label: string): Markup | null {
  const plotted = streams.map((stream) => ({ name: stream.name, points: pointsOf(stream) }))
  const all = plotted.flatMap(({ points }) => points)
  if (all.length === 0) return null
  const end = Math.max(...streams.map(({ bytesPerSecond, duration }) => Math.max(duration, bytesPerSecond.length - 1)))
  const highest = roundUp(Math.max(1000, ...all.map(({ bitrate }) => bitrate)))
  const x = (seconds: number) => LEFT + (seconds / end) * (WIDTH - LEFT - RIGHT)
  const y = (bitrate: number) => HEIGHT - BOTTOM - (bitrate / highest) * (HEIGHT - TOP - BOTTOM)
  const levels = [0, 0.5, 1].map((share) => share * highest)
  const times = end < 2 ? [0, end] : [0, end / 2, end]
  return html`<figure class="plot"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">
${levels.map(
  (
    level,
  ) => html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${short(y(level))}" y2="${short(y(level))}"/>
<text x="${LEFT - 6}" y="${short(y(level) + 4)}" text-anchor="end">${formatBitrate(level)}</text>
`,
)}${times.map((time, index) => {
  const anchor = index === 0 ? 'start' : index === times.length - 1 ? 'end' : 'middle'
  return html`<text x="${short(x(time))}" y="${HEIGHT - 8}" text-anchor="${anchor}">${clock(time)}</text>
`
})}${plotted.map(({ name, points }, index) => stream(name, points, index, x, y))}</svg>
<figcaption>Bitrate of the video over time${
    streams.length > 1 &&
    html`: ${plotted.map(({ name }, index) => html`<span class="key s${index % 6}">${name}</span> `)}`
  }</figcaption></figure>`
}

const clock = (seconds: number): string => (seconds < 10 ? `${short(seconds)} s` : formatClock(seconds))

function stream(
  name: string,
  points: readonly PlotPoint[],
  index: number,
  x: (seconds: number) => number,
  y: (bitrate: number) => number,
): Markup {
  const places = points.map(({ seconds, bitrate }) => `${short(x(seconds))},${short(y(bitrate))}`)
  const marks = points.length > MOST_MARKS ? [] : points
  return html`<g class="stream s${index % 6}"><title>${name}</title>
<polyline points="${places.join(' ')}"/>
${marks.map(
  ({ seconds, bitrate }) =>
    html`<circle cx="${short(x(seconds))}" cy="${short(y(bitrate))}" r="2.5"><title>${clock(seconds)}: ${formatBitrate(bitrate)}</title></circle>
`,
)}</g>`
}
