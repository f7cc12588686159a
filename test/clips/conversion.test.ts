import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { comparePictures, conversionCodecs, convert } from '../helpers/conversion.js'
import { clipsFolder } from '../helpers/media.js'

const path = join(clipsFolder, 'video.mp4')

const sizes = [
  { width: 320, height: 180, bitrate: 800_000 },
  { width: 640, height: 360, bitrate: 2_000_000 },
]

describe.runIf(existsSync(path)).each(sizes)('mediabunny converts a real clip to $width pixels', (size) => {
  it.each(conversionCodecs)('of %s, with every picture and at least 30 dB', async (codec) => {
    const converted = await convert(path, { codec, ...size })
    const { psnrs, complaints } = await comparePictures(converted, path, size)
    expect({ pictures: psnrs.length, complaints }).toEqual({ pictures: 125, complaints: '' })
    expect(Math.min(...psnrs)).toBeGreaterThan(30)
  })
})
