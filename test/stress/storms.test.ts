import { describe, it } from 'vitest'
import { expectScenario } from '../helpers/scenario.js'

describe('storms', () => {
  it('an encoder that is reset 200 times in mid-work still encodes, and no old output comes', async () => {
    await expectScenario('encoder-reset-storm')
  })

  it('an encoder that is configured 60 times in a row encodes each frame with its own configuration', async () => {
    await expectScenario('encoder-reconfigure-storm')
  })

  it('a decoder that is reset 150 times in mid-work still decodes, and no old output comes', async () => {
    await expectScenario('decoder-reset-storm')
  })

  it('a decoder that is configured 50 times in a row decodes each chunk with its own configuration', async () => {
    await expectScenario('decoder-reconfigure-storm')
  })

  it('audio codecs of every library survive resets, new configurations and close() in mid-work', async () => {
    await expectScenario('audio-storm')
  })

  it('codecs on a device lose nothing, and survive resets and close() in mid-work', async () => {
    await expectScenario('hardware')
  })

  it('fifty encoders work at once', async () => {
    await expectScenario('fifty-encoders')
  })

  it('10,000 decode() calls at once hold a bounded number of pictures', async () => {
    await expectScenario('decode-flood')
  })
})
