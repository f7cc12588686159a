import { describe, it } from 'vitest'
import { expectScenario } from '../helpers/scenario.js'

describe('capture', () => {
  it('five threads share, follow, reshape and remove sources, and are terminated in the midst of it', async () => {
    await expectScenario('capture-storm')
  })

  it('connections that break off again and again leave one time line with gaps', async () => {
    await expectScenario('capture-reconnect')
  })

  it('forgotten sources and readers keep no process alive', async () => {
    await expectScenario('capture-forgotten')
  })

  it('process.exit() while sources are followed', async () => {
    await expectScenario('capture-process-exit', { code: 7 })
  })
})
