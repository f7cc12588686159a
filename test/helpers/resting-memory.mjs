import { setTimeout as sleep } from 'node:timers/promises'
import { getHeapStatistics } from 'node:v8'

/**
 * Resident bytes, without the room that V8 keeps for new objects: how large it made that depends on how the load and the
 * collections fell together, and nothing is in it.
 */
export function occupiedMemory() {
  const { total_physical_size: heap, used_heap_size: used } = getHeapStatistics()
  return process.memoryUsage.rss() - Math.max(0, heap - used)
}

/**
 * The memory of this process in bytes once it has come to rest: garbage is collected (needs `--expose-gc`), V8's thread
 * that frees buffers and idle pools get the time to give memory back, until two seconds brought less than 256 KiB.
 */
export async function restingMemory(milliseconds = 15_000) {
  const end = performance.now() + milliseconds
  let lowest = Infinity
  let fellAt = performance.now()
  while (performance.now() < Math.min(end, fellAt + 2_000)) {
    globalThis.gc()
    const now = occupiedMemory()
    if (now < lowest - 256 * 1024) fellAt = performance.now()
    lowest = Math.min(lowest, now)
    await sleep(50)
  }
  return lowest
}
