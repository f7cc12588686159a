import { describe, it } from 'vitest'
import { loadTargets } from '../fuzz/harness.mjs'
import { expectFuzz, expectScenario } from '../helpers/scenario.js'

describe('50 inputs that are damaged or odd end as they should:', async () => {
  it.each([...(await loadTargets()).keys()])('%s', (name) => expectFuzz(name, 50), 150_000)
})

describe('corrupt input', () => {
  it('close() during corrupt input neither hangs nor crashes', async () => {
    await expectScenario('close-during-corrupt-input')
  })
})
