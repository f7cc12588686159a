// How scenarios keep their time.
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
