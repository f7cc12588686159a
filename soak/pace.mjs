// How scenarios keep their time.
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

export const timestampOf = (index) => Math.round((index * 1e6) / 30)

/** Calls `work(index)` so many times a second until `until()`. What was late is made up for. */
export async function paced(perSecond, until, work) {
  const start = performance.now()
  for (let index = 0; !until(); index++) {
    await work(index)
    const wait = start + ((index + 1) * 1000) / perSecond - performance.now()
    if (wait > 0) await sleep(wait)
  }
}

/**
 * Waits until a codec has few inputs in its queue, as programs must: on a machine that is too slow for the rate, the queue, and
 * with it memory, would grow for as long as the run lasts.
 */
export async function queueHasRoom(codec, most = 8) {
  while ((codec.encodeQueueSize ?? codec.decodeQueueSize) >= most) await once(codec, 'dequeue')
}
