import { describe, expect, it } from 'vitest'
import { baseConfig, encodeAll, makeFrames } from '../helpers/codecs.js'
import { macroblockQuantizers } from '../helpers/media.js'

/** A quantizer for each frame that jumps up and down. */
const quantizerOf = (index: number) => [30, 20, 44, 12, 51, 28, 35, 24][index % 8]!

describe.each(['realtime', 'quality'] as const)('bitrateMode: quantizer in %s mode', (latencyMode) => {
  describe.each(['avc1.42001f', 'avc1.64001f'])('%s', (codec) => {
    const config = { ...baseConfig, codec, latencyMode, bitrateMode: 'quantizer' as const }

    it('gives every macroblock of each picture the quantizer of its frame', async () => {
      const { stream } = await encodeAll(config, makeFrames(48), (index) => ({
        avc: { quantizer: quantizerOf(index) },
      }))
      const distinct = (await macroblockQuantizers(stream)).map((quantizers) => [...new Set(quantizers)])
      expect(distinct).toEqual(Array.from({ length: 48 }, (_, index) => [quantizerOf(index)]))
    })

    it('keeps to it with key frames in between', async () => {
      const { stream } = await encodeAll(config, makeFrames(24), (index) => ({
        keyFrame: index % 5 === 0,
        avc: { quantizer: quantizerOf(index + 3) },
      }))
      const distinct = (await macroblockQuantizers(stream)).map((quantizers) => [...new Set(quantizers)])
      expect(distinct).toEqual(Array.from({ length: 24 }, (_, index) => [quantizerOf(index + 3)]))
    })
  })
})

describe('bitrateMode: quantizer', () => {
  it('encodes frames that come without a quantizer', async () => {
    const { chunks } = await encodeAll({ ...baseConfig, bitrateMode: 'quantizer' }, makeFrames(10))
    expect(chunks).toHaveLength(10)
  })

  it.each([0, 51])('takes the limit %i', async (quantizer) => {
    const { stream } = await encodeAll(
      { ...baseConfig, codec: 'avc1.64001f', bitrateMode: 'quantizer' },
      makeFrames(4),
      () => ({ avc: { quantizer } }),
    )
    const quantizers = new Set((await macroblockQuantizers(stream)).flat())
    expect([...quantizers]).toEqual([quantizer])
  })
})
