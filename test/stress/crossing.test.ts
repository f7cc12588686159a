import { describe, it } from 'vitest'
import { expectScenario } from '../helpers/scenario.js'

describe('media objects that cross threads', () => {
  it('are used while the thread that made them ends, by itself and by force', async () => {
    await expectScenario('crossing-owner-ends')
  })

  it('are freed when nobody reads them', async () => {
    await expectScenario('crossing-unread')
  })

  it('survive, or do not, threads that are terminated while they bounce between them', async () => {
    await expectScenario('crossing-storm')
  })
})
