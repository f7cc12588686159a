import type { NativeBinding, NativeCounters } from '../native.js'
import { typeError } from '../webidl/conversions.js'

/** What memory is for. Keep in step with AllocationKind in src/util/allocation_tracker.h. */
export const ALLOCATION_KINDS = [
  'copy',
  'picture',
  'staging',
  'packet',
  'chunk',
  'samples',
  'scratch',
  'decoded picture',
  'decoded samples',
] as const

/**
 * - `copy`: of your data, or for another thread
 * - `picture`: the target of a conversion or of an image decoder
 * - `staging`: converted pixels on their way to copyTo()'s destination
 * - `packet`, `chunk`: encoded data on its way into a decoder, and out of an encoder
 * - `samples`: sound on its way into an encoder
 * - `scratch`: rows within one conversion
 * - `decoded picture`, `decoded samples`: a decoder's own memory, as long as a frame holds it
 */
export type AllocationKind = (typeof ALLOCATION_KINDS)[number]

interface Origin {
  kind: AllocationKind
  /** What it was made for: a class such as "VideoFrame", or a codec such as "VideoEncoder #3"; "" when nobody knows. */
  source: string
  /** The lines of JavaScript that led to it, innermost first; empty when nobody knows. */
  stack: string[]
}

/** All allocations of one kind, for one source, from one line. */
export interface AllocationGroup extends Origin {
  count: number
  /** Those of them for which the pool had nothing, so that the system had to give memory. */
  fresh: number
  bytes: number
  /** Those of them that are still there, and the most that were at once. */
  live: number
  liveBytes: number
  mostLive: number
}

/** One allocation that is still there. */
export interface LiveAllocation extends Origin {
  size: number
  fresh: boolean
  /** Milliseconds since it was made. */
  age: number
}

/** Frames or audio data that were collected without close(), as their memory was by then. */
export interface ForgottenMedia {
  interface: 'VideoFrame' | 'AudioData'
  count: number
  bytes: number
  source: string
  stack: string[]
}

/** Plain data: JSON.stringify() takes it. */
export interface AllocationReport {
  tracking: boolean
  /** Seconds since tracking began; nothing older is in the report. */
  seconds: number
  counters: NativeCounters
  /** Most live bytes first. */
  groups: AllocationGroup[]
  /** Largest first. */
  live: LiveAllocation[]
  /** Sources that go on asking for new memory instead of using the same again: see AllocationReportOptions. */
  repeated: AllocationGroup[]
  /** Most first. */
  forgotten: ForgottenMedia[]
}

export interface AllocationReportOptions {
  /** How many allocations of a group count as repeated when at least half of all were fresh. Default 100. */
  repeatedAfter?: number
}

const DEFAULT_REPEATED_AFTER = 100
const FRESH_SHARE = 0.5

/** Cuts what native code sends flat into rows. */
function* rows(flat: readonly number[], width: number): Generator<number[]> {
  for (let at = 0; at < flat.length; at += width) yield flat.slice(at, at + width)
}

export function makeReport(native: NativeBinding, { repeatedAfter }: AllocationReportOptions = {}): AllocationReport {
  const threshold = repeatedAfter ?? DEFAULT_REPEATED_AFTER
  if (!Number.isSafeInteger(threshold) || threshold < 1) {
    throw typeError('a positive integer', 'repeatedAfter', repeatedAfter)
  }
  const { milliseconds, names, ...tables } = native.allocationReport()
  const origin = (source: number, site: number, kind: number): Origin => ({
    source: names[source]!,
    kind: ALLOCATION_KINDS[kind]!,
    stack: names[site] ? names[site].split('\n') : [],
  })
  const groups: AllocationGroup[] = []
  for (const [source, site, kind, count, fresh, bytes, live, liveBytes, mostLive] of rows(tables.groups, 9)) {
    const totals = { count, fresh, bytes, live, liveBytes, mostLive } as Omit<AllocationGroup, keyof Origin>
    groups.push({ ...origin(source!, site!, kind!), ...totals })
  }
  const live: LiveAllocation[] = []
  for (const [source, site, kind, size, fresh, age] of rows(tables.live, 6)) {
    live.push({ ...origin(source!, site!, kind!), size: size!, fresh: fresh === 1, age: age! })
  }
  const forgotten: ForgottenMedia[] = []
  for (const [source, site, kind, count, bytes] of rows(tables.forgotten, 5)) {
    const { kind: media, ...from } = origin(source!, site!, kind!)
    forgotten.push({
      interface: media === 'picture' ? 'VideoFrame' : 'AudioData',
      count: count!,
      bytes: bytes!,
      ...from,
    })
  }
  return {
    tracking: native.tracksAllocations(),
    seconds: milliseconds / 1000,
    counters: native.counters(),
    groups: groups.sort((a, b) => b.liveBytes - a.liveBytes || b.bytes - a.bytes),
    live: live.sort((a, b) => b.size - a.size || b.age - a.age),
    repeated: groups.filter(({ count, fresh }) => fresh >= threshold && fresh >= FRESH_SHARE * count),
    forgotten: forgotten.sort((a, b) => b.count - a.count),
  }
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  return bytes < 2 ** 20 ? `${(bytes / 1024).toFixed(1)} kB` : `${(bytes / 2 ** 20).toFixed(1)} MB`
}

/** How many groups, allocations and lines of a stack the text shows; the object has all. */
const SHOWN_GROUPS = 20
const SHOWN_LINES = 4

const stackLines = (stack: readonly string[]): string[] =>
  (stack.length > 0 ? stack : ['(no JavaScript stack)']).slice(0, SHOWN_LINES).map((line) => `      at ${line}`)

function section<Entry extends { stack: string[] }>(
  title: string,
  entries: readonly Entry[],
  describe: (entry: Entry) => string,
): string[] {
  if (entries.length === 0) return [`${title}: none`]
  const more = entries.length - SHOWN_GROUPS
  return [
    `${title}:`,
    ...entries.slice(0, SHOWN_GROUPS).flatMap((entry) => [`  ${describe(entry)}`, ...stackLines(entry.stack)]),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ]
}

const named = (source: string): string => source || '(unknown source)'

/** The report for people. */
export function reportText(report: AllocationReport): string {
  const { seconds, tracking, counters, groups, live, repeated, forgotten } = report
  const { pool } = counters
  const total = live.reduce((sum, { size }) => sum + size, 0)
  const oldest = new Map<string, number>()
  const keyOf = ({ source, kind, stack }: Origin): string => [source, kind, ...stack].join('\n')
  for (const one of live) oldest.set(keyOf(one), Math.max(oldest.get(keyOf(one)) ?? 0, one.age))
  const age = (group: AllocationGroup): string => `oldest ${((oldest.get(keyOf(group)) ?? 0) / 1000).toFixed(1)} s`
  const describe = (group: AllocationGroup): string =>
    `${named(group.source)}, ${group.kind}: ${group.count} allocations (${group.fresh} fresh), ${formatBytes(group.bytes)}`
  return [
    `webcodecs-native allocations of ${seconds.toFixed(1)} s${tracking ? '' : ' (tracking is off)'}`,
    `${live.length} live, ${formatBytes(total)}; pool: ${pool.inUse} in use (${formatBytes(pool.inUseBytes)}), ` +
      `${pool.idle} idle (${formatBytes(pool.idleBytes)}), ${pool.hits} hits, ${pool.misses} misses`,
    '',
    ...section(
      'Still alive',
      groups.filter((group) => group.live > 0),
      (group) =>
        `${named(group.source)}, ${group.kind}: ${group.live} live, ${formatBytes(group.liveBytes)}, ${age(group)}`,
    ),
    '',
    ...section('Allocated again and again', repeated, describe),
    '',
    ...section(
      'Collected without close()',
      forgotten,
      (one) => `${one.count} ${one.interface}, ${formatBytes(one.bytes)}, of ${named(one.source)}`,
    ),
    '',
    ...section('Most allocated', [...groups].sort((a, b) => b.bytes - a.bytes).slice(0, SHOWN_GROUPS), describe),
    '',
  ].join('\n')
}
