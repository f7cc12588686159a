/** `webcodecs-native/diagnostics`: who allocated what, and figures for people and for monitoring. */
import { type MetricsOptions, publishMetrics } from './diagnostics/metrics.js'
import { type AllocationReport, type AllocationReportOptions, makeReport, reportText } from './diagnostics/report.js'
import { drawStatistics, type Running, type StatisticsViewOptions } from './diagnostics/statistics-view.js'
import { setTracking } from './diagnostics/tracking.js'
import { getRuntime } from './runtime.js'
import { typeError } from './webidl/conversions.js'

export { channelNames, type MetricsOptions, type StatisticsMessage, statisticsMark } from './diagnostics/metrics.js'
export type {
  AllocationGroup,
  AllocationKind,
  AllocationReport,
  AllocationReportOptions,
  ForgottenMedia,
  LiveAllocation,
} from './diagnostics/report.js'
export type { Running, StatisticsStream, StatisticsViewOptions } from './diagnostics/statistics-view.js'

const currentBinding = () => getRuntime().native

/**
 * Begins to note every native allocation of the process, or ends it. Beginning anew forgets what was noted before;
 * what was noted until the end stays in the report. JavaScript stacks are those of this thread, and of threads that
 * use the package for the first time while tracking is on; others call this function too, for theirs.
 * @throws TypeError when `enabled` is not a boolean
 */
export function enableAllocationTracking(enabled: boolean): void {
  if (typeof enabled !== 'boolean') throw typeError('a boolean', 'enabled', enabled)
  setTracking(getRuntime(), enabled)
}

/** Whether native allocations are noted now. */
export function isAllocationTrackingEnabled(): boolean {
  return currentBinding().tracksAllocations()
}

/**
 * What was noted since tracking began, of all threads. Without tracking it is empty but for the counters.
 * @param format an object, that object as JSON, or text for people. Default 'object'
 * @throws TypeError when `format` is none of these, or `options.repeatedAfter` not a positive integer
 */
export function getAllocationReport(format?: 'object', options?: AllocationReportOptions): AllocationReport
export function getAllocationReport(format: 'json' | 'text', options?: AllocationReportOptions): string
export function getAllocationReport(
  format: 'object' | 'json' | 'text' = 'object',
  options: AllocationReportOptions = {},
): AllocationReport | string {
  if (!['object', 'json', 'text'].includes(format)) throw typeError('"object", "json" or "text"', 'format', format)
  const report = makeReport(currentBinding(), options)
  if (format === 'object') return report
  return format === 'json' ? JSON.stringify(report, null, 2) : reportText(report)
}

/**
 * Draws memory, pool, live objects and rates each second: in place on a terminal, elsewhere as one line.
 * @throws TypeError when `options.stream` has no write(), or `options.interval` is not a number of milliseconds
 */
export function showStatistics(options: StatisticsViewOptions = {}): Running {
  return drawStatistics(currentBinding, options)
}

/**
 * Publishes the counters each interval, on the channels that `channelNames` lists and as performance marks named
 * `statisticsMark`. One thread of a process is enough: the counters are those of all.
 * @throws TypeError when `options.interval` is not a number of milliseconds
 */
export function startMetrics(options: MetricsOptions = {}): Running {
  return publishMetrics(currentBinding, options)
}
