// The samples of a run as CSV and as a picture.
import { warmUpSeconds } from './trend.mjs'

export function csv(samples) {
  const keys = Object.keys(samples[0])
  const cell = (value) => (Number.isInteger(value) ? String(value) : value.toFixed(3))
  return `${[keys.join(','), ...samples.map((sample) => keys.map((key) => cell(sample[key])).join(','))].join('\n')}\n`
}

const [width, height] = [960, 480]
const margin = { left: 70, right: 70, top: 50, bottom: 40 }
const series = [
  { key: 'rss', name: 'RSS', color: '#1f6feb' },
  { key: 'heapUsed', name: 'JavaScript heap', color: '#2da44e' },
  { key: 'poolInUse', name: 'pool, in use', color: '#bf8700' },
  { key: 'poolIdle', name: 'pool, idle', color: '#8250df' },
]

/** A round number of megabytes or minutes that divides the axis into four to eight parts. */
function step(span) {
  const rough = span / 6
  const power = 10 ** Math.floor(Math.log10(rough))
  return [1, 2, 5, 10].find((factor) => factor * power >= rough) * power
}

/** An SVG: memory over time, and the line through the least RSS of each stretch after the warm-up. */
export function svg(title, samples, { line, points, slopePerHour, failures }) {
  const seconds = samples.at(-1).time
  const top = Math.max(...samples.map(({ rss }) => rss)) * 1.05
  const x = (time) => margin.left + (time / seconds) * (width - margin.left - margin.right)
  const y = (bytes) => height - margin.bottom - (bytes / top) * (height - margin.top - margin.bottom)
  const text = (at, down, words, more = '') =>
    `<text x="${at.toFixed(1)}" y="${down.toFixed(1)}" ${more}>${words}</text>`
  const parts = []
  // Where the line comes from.
  const marks = points.map((point) => `<circle cx="${x(point.x).toFixed(1)}" cy="${y(point.y).toFixed(1)}" r="2"/>`)
  const megabytes = top / 2 ** 20
  for (let mark = 0; mark <= megabytes; mark += step(megabytes)) {
    const down = y(mark * 2 ** 20)
    parts.push(`<path d="M${margin.left} ${down.toFixed(1)}H${width - margin.right}" stroke="#d0d7de"/>`)
    parts.push(text(margin.left - 8, down + 4, `${mark} MB`, 'text-anchor="end"'))
  }
  const minutes = seconds / 60
  for (let mark = 0; mark <= minutes; mark += step(minutes)) {
    parts.push(text(x(mark * 60), height - 16, `${Number(mark.toFixed(2))} min`, 'text-anchor="middle"'))
  }
  for (const [index, { key, name, color }] of series.entries()) {
    // A picture of an hour needs no point for each second.
    const every = Math.ceil(samples.length / width)
    const path = samples
      .filter((_, at) => at % every === 0)
      .map((sample) => `${x(sample.time).toFixed(1)},${y(sample[key]).toFixed(1)}`)
    parts.push(`<polyline points="${path.join(' ')}" fill="none" stroke="${color}" stroke-width="1.5"/>`)
    parts.push(text(margin.left + index * 150, 40, name, `fill="${color}"`))
  }
  parts.push(`<g fill="#cf222e">${marks.join('')}</g>`)
  const from = warmUpSeconds(seconds)
  parts.push(
    `<path d="M${x(from).toFixed(1)} ${y(line.at(from)).toFixed(1)}L${x(seconds).toFixed(1)} ${y(line.at(seconds)).toFixed(1)}" stroke="#cf222e" stroke-width="2" stroke-dasharray="6 4"/>`,
  )
  const verdict = failures.length === 0 ? 'passed' : 'FAILED'
  const slope = `${(slopePerHour / 2 ** 20).toFixed(2)} MB an hour after ${(from / 60).toFixed(1)} min`
  parts.push(text(margin.left, 20, `${title}: ${verdict}, ${slope}`, 'font-weight="bold"'))
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">
<title>${title}</title>
<rect width="100%" height="100%" fill="white"/>
${parts.join('\n')}
</svg>
`
}
