import { describe, it } from 'vitest'
import { expectScenario } from '../helpers/scenario.js'

describe('worker threads', () => {
  it('four workers encode and decode at once, beside the main thread', async () => {
    await expectScenario('worker-threads')
  })

  it('tracking of allocations goes on and off while four workers and the main thread encode and decode', async () => {
    await expectScenario('tracker-on-and-off')
  })

  it('a worker with idle open codecs ends by itself', async () => {
    await expectScenario('worker-ends-by-itself')
  })

  it('worker.terminate() in mid-encode and mid-decode leaves the process working, with nothing left behind', async () => {
    await expectScenario('worker-terminate-mid-encode')
  })

  it('worker.terminate() loses no buffer that is lent or on its way home', async () => {
    await expectScenario('lent-and-returned')
  })

  it('worker.terminate() while its pictures are converted waits for that', async () => {
    await expectScenario('worker-terminate-mid-conversion')
  })
})
