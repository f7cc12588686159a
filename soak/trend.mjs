// Whether memory grows: the line through the samples after the warm-up.

/** Least squares: `{ slope, at }`, with `at(time)` the line's height. */
export function lineThrough(points) {
  const mean = (key) => points.reduce((sum, point) => sum + point[key], 0) / points.length
  const [x, y] = [mean('x'), mean('y')]
  let above = 0
  let below = 0
  for (const point of points) {
    above += (point.x - x) * (point.y - y)
    below += (point.x - x) ** 2
  }
  const slope = below === 0 ? 0 : above / below
  return { slope, at: (time) => y + slope * (time - x) }
}

/** The part of a run that is not looked at: the first third, and at most ten minutes. */
export const warmUpSeconds = (seconds) => Math.min(600, seconds / 3)

/** Runs shorter than this cannot tell a slope of a megabyte an hour from noise: their growth is bounded instead. */
const slopeSeconds = 30 * 60
const maxSlope = 2 ** 20
const maxGrowth = 15 * 2 ** 20
const minHitRate = 0.95
/** Where next to nothing is taken from the pool, a rate says nothing. */
const fewPoolBuffers = 200

const megabytes = (bytes) => `${(bytes / 2 ** 20).toFixed(2)} MB`

/** `{ line, slopePerHour, growth, hitRate, failures }` of a run. Sizes in bytes. */
export function judge(samples) {
  const seconds = samples.at(-1).time
  const steady = samples.filter(({ time }) => time >= warmUpSeconds(seconds))
  const line = lineThrough(steady.map(({ time, rss }) => ({ x: time, y: rss })))
  const slopePerHour = line.slope * 3600
  const growth = line.at(seconds) - line.at(steady[0].time)
  const hits = steady.reduce((sum, { poolHits }) => sum + poolHits, 0)
  const misses = steady.reduce((sum, { poolMisses }) => sum + poolMisses, 0)
  const hitRate = hits + misses < fewPoolBuffers ? undefined : hits / (hits + misses)
  const failures = []
  if (seconds >= slopeSeconds && slopePerHour > maxSlope) {
    failures.push(`memory grows by ${megabytes(slopePerHour)} an hour, more than ${megabytes(maxSlope)}`)
  } else if (seconds < slopeSeconds && growth > maxGrowth) {
    failures.push(`memory grew by ${megabytes(growth)} after the warm-up, more than ${megabytes(maxGrowth)}`)
  }
  if (hitRate < minHitRate)
    failures.push(`the pool served ${(hitRate * 100).toFixed(1)} % from its stock, less than 95 %`)
  return { line, slopePerHour, growth, hitRate, failures }
}
