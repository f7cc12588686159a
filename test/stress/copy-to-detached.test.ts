import { it } from 'vitest'
import { expectScenario } from '../helpers/scenario.js'

it('copyTo() rejects with TypeError and writes nothing when its destination is taken away meanwhile', async () => {
  await expectScenario('copy-to-detached')
})
