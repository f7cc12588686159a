import { describe, it } from 'vitest'
import { expectScenario } from '../helpers/scenario.js'

describe('garbage collection', () => {
  it('collects frames that nobody closed', async () => {
    await expectScenario('forgotten-frames')
  })

  it('collects encoders that nobody closed', async () => {
    await expectScenario('forgotten-encoder')
  })
})
