import { describe, it } from 'vitest'
import { expectScenario } from '../helpers/scenario.js'

describe('every format, at sizes and rectangles that no vector width divides', () => {
  it('is encoded', async () => {
    await expectScenario('encode-every-format')
  })

  it('is copied and converted without touching what lies around the destination', async () => {
    await expectScenario('copy-every-format')
  })
})
