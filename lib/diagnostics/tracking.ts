/** Turns the tracking of allocations on and off, in native code and in this thread. */
import { isMainThread } from 'node:worker_threads'
import type { NativeBinding } from '../native.js'
import { keepStacks, trackCalls } from './call-tracking.js'
import { makeReport, reportText } from './report.js'

/** What has the binding that the package calls. */
export interface BindingHolder {
  native: NativeBinding
}

/** The binding itself, of one that trackCalls() wrapped. */
const originals = new WeakMap<NativeBinding, NativeBinding>()

export function setTracking(holder: BindingHolder, enabled: boolean): void {
  const original = originals.get(holder.native) ?? holder.native
  original.trackAllocations(enabled)
  keepStacks(enabled)
  if (!enabled) {
    holder.native = original
  } else if (holder.native === original) {
    holder.native = trackCalls(original)
    originals.set(holder.native, original)
  }
}

/**
 * `DEBUG_BUFFER_ALLOC=true` tracks from the first use of the package on, in every thread, and tells the end of the process
 * what it knows. A thread that begins while tracking is on joins in.
 */
export function beginTracking(holder: BindingHolder): void {
  const isAsked = process.env['DEBUG_BUFFER_ALLOC'] === 'true'
  if (isAsked || holder.native.tracksAllocations()) setTracking(holder, true)
  if (isAsked && isMainThread) {
    process.once('exit', () => process.stderr.write(`${reportText(makeReport(holder.native))}\n`))
  }
}
