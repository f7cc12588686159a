import { describe, expect, it } from 'vitest'
import { comparePictures, conversionCodecs, convert } from '../helpers/conversion.js'
import { makeClip, testClipArguments } from '../helpers/media.js'

const size = { width: 160, height: 120 }

describe('a conversion by mediabunny', () => {
  it.each(conversionCodecs)('to %s has every picture, at 30 dB and better', async (codec) => {
    const source = await makeClip(testClipArguments({ seconds: 1, x264: ['-bf', '2'] }), 'mp4')
    const converted = await convert(source, { codec, width: size.width, bitrate: 600_000 })
    const { psnrs, complaints } = await comparePictures(converted, source, size)
    expect({ pictures: psnrs.length, complaints }).toEqual({ pictures: 25, complaints: '' })
    expect(Math.min(...psnrs)).toBeGreaterThan(30)
  })
})
