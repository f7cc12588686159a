import { describe, it } from 'vitest'
import { loadTargets } from '../fuzz/harness.mjs'
import { expectFuzz, expectScenario } from '../helpers/scenario.js'

describe('50 damaged inputs end as they should, and in about as many frames as in ffmpeg:', async () => {
  it.each([...(await loadTargets()).keys()])('%s', (name) => expectFuzz(name, 50), 150_000)
})

describe('corrupt input', () => {
  it('close() during corrupt input neither hangs nor crashes', async () => {
    await expectScenario('close-during-corrupt-input')
  })
})
