import { describe, it } from 'vitest'
import { expectScenario } from '../helpers/scenario.js'

describe('containers', () => {
  it('are read, left, sought in, aborted and forgotten with nothing left behind', async () => {
    await expectScenario('container-demux')
  })

  it('are written, closed, aborted and forgotten with nothing left behind', async () => {
    await expectScenario('container-mux')
  })

  it('worker.terminate() in mid-open and mid-read leaves the process working', async () => {
    await expectScenario('container-worker-terminate')
  })
})
