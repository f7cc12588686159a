import { describe, it } from 'vitest'
import { expectScenario } from '../helpers/scenario.js'

describe('corrupt input', () => {
  it('damaged streams end in frames or in an EncodingError', async () => {
    await expectScenario('corrupt-input', { seconds: 120 })
  })

  it('close() during corrupt input neither hangs nor crashes', async () => {
    await expectScenario('close-during-corrupt-input')
  })
})
