import { describe, it } from 'vitest'
import { expectScenario } from '../helpers/scenario.js'

describe('close() and reset() in mid-work', () => {
  it('close() in mid-encode aborts the flush, and no output comes after it', async () => {
    await expectScenario('close-mid-encode')
  })

  it('close() in mid-decode aborts the flush, and no output comes after it', async () => {
    await expectScenario('close-mid-decode')
  })

  it('callbacks may close, reset, configure, encode and flush the codec that called them', async () => {
    await expectScenario('close-from-callback')
  })

  it('every live counter returns to zero after close()', async () => {
    await expectScenario('counters-after-close')
  })

  it('every live counter but that of codecs returns to zero after reset()', async () => {
    await expectScenario('counters-after-reset')
  })

  it('every live counter returns to zero when B-frames inside the encoder are dropped', async () => {
    await expectScenario('counters-after-dropped-b-frames')
  })
})
