import { describe, it } from 'vitest'
import { expectScenario } from '../helpers/scenario.js'

describe('images', () => {
  it('of every kind decode side by side while they are reset and closed', async () => {
    await expectScenario('images')
  })

  it('in workers that are terminated leave nothing behind', async () => {
    await expectScenario('images-in-workers')
  })
})
