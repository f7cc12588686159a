// Whether memory grows: the line through the samples after the warm-up.

/**
 * The line that half of the points lie above and half below, with the median slope of all pairs of points (Theil and Sen):
 * a stretch in which the machine stalled, and frames waited, does not turn it.
 * @returns `{ slope, at }`, with `at(time)` the line's height
 */
export function lineThrough(points) {
  const slopes = []
  for (let i = 0; i < points.length; i++) {
    for (let j = i + 1; j < points.length; j++) {
      slopes.push((points[j].y - points[i].y) / (points[j].x - points[i].x))
    }
  }
  const slope = median(slopes)
  const height = median(points.map(({ x, y }) => y - slope * x))
  return { slope, at: (time) => height + slope * time }
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length === 0 ? 0 : sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The part of a run that is not looked at: the first third, and at most fifteen minutes. */
export const warmUpSeconds = (seconds) => Math.min(900, seconds / 3)

/** Runs shorter than this cannot tell a slope of a megabyte an hour from noise: their growth is bounded instead. */
const slopeSeconds = 30 * 60
const maxSlope = 2 ** 20
/**
 * A run of a few minutes has not warmed up after a third of it: the allocator has an area for each of many threads, and each
 * grows until it had its largest codec.
 */
const maxGrowth = (seconds) => (seconds < 300 ? 40 : 15) * 2 ** 20
const minHitRate = 0.95
/** Where next to nothing is taken from the pool, a rate says nothing. */
const fewPoolBuffers = 200
/** The pool's promise: what waits for reuse is at most twice what was in use at once in the last minute. */
const maxIdleRatio = 2
/** Three samples take longer than this only where the whole process was stopped, and its pool could not look after itself. */
const stoppedSeconds = 30

/**
 * The least memory of each stretch of `length` seconds: what garbage and waiting frames took is gone again by then, and
 * what leaks is not.
 */
function leastOfEach(samples, length) {
  const least = new Map()
  for (const { time, rss } of samples) {
    const stretch = Math.floor(time / length)
    const known = least.get(stretch)
    if (!known || rss < known.y) least.set(stretch, { x: time, y: rss })
  }
  return [...least.values()]
}

const megabytes = (bytes) => `${(bytes / 2 ** 20).toFixed(2)} MB`

/** `{ line, points, slopePerHour, growth, hitRate, failures }` of a run. Sizes in bytes. */
export function judge(samples) {
  const seconds = samples.at(-1).time
  const steady = samples.filter(({ time }) => time >= warmUpSeconds(seconds))
  const points = leastOfEach(steady, Math.max(1, Math.min(60, seconds / 30)))
  const line = lineThrough(points)
  const slopePerHour = line.slope * 3600
  const growth = line.slope * (seconds - steady[0].time)
  const total = (key) => steady.reduce((sum, sample) => sum + sample[key], 0)
  const taken = total('poolHits') + total('poolMisses')
  const hitRate = taken < fewPoolBuffers ? undefined : total('poolHits') / taken
  const failures = []
  if (seconds >= slopeSeconds && slopePerHour > maxSlope) {
    failures.push(`memory grows by ${megabytes(slopePerHour)} an hour, more than ${megabytes(maxSlope)}`)
  } else if (seconds < slopeSeconds && growth > maxGrowth(seconds)) {
    failures.push(`memory grew by ${megabytes(growth)} after the warm-up, more than ${megabytes(maxGrowth(seconds))}`)
  }
  if (hitRate < minHitRate)
    failures.push(`the pool served ${(hitRate * 100).toFixed(1)} % from its stock, less than 95 %`)
  const hoarding = samples.find(
    ({ time, poolIdle, poolRecentPeak }, index) =>
      poolIdle > maxIdleRatio * poolRecentPeak && time - (samples[index - 3]?.time ?? 0) < stoppedSeconds,
  )
  if (hoarding) {
    const { time, poolIdle, poolRecentPeak } = hoarding
    failures.push(
      `after ${time.toFixed(0)} s ${megabytes(poolIdle)} waited in the pool, of which the last minute had at most ${megabytes(poolRecentPeak)} in use`,
    )
  }
  return { line, points, slopePerHour, growth, hitRate, failures }
}
