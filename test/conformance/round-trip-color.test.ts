import { describe, expect, it } from 'vitest'
import { VideoFrame } from '../../lib/index.js'
import { baseConfig, decodeAll, encodeAll, pixelsOf, timestampOf } from '../helpers/codecs.js'
import type { Scene, YuvColor } from '../helpers/color.js'
import { colorBars, gradient, meanDifference, paint } from '../helpers/color.js'
import type { PictureFormat } from '../helpers/pictures.js'

const width = 320
const height = 240

/** Encodes the scene nearly without loss, decodes it, and returns the RGBA pixels of the last frame. */
async function roundTrip(
  scene: Scene,
  format: PictureFormat,
  color: YuvColor,
  colorSpace?: VideoColorSpaceInit,
): Promise<Uint8Array> {
  const data = paint(scene, format, width, height, color)
  const init = { format, codedWidth: width, codedHeight: height, ...(colorSpace && { colorSpace }) }
  const frames = [0, 1, 2].map((index) => new VideoFrame(data, { ...init, timestamp: timestampOf(index) }))
  const config = { ...baseConfig, codec: 'avc1.640028', bitrateMode: 'quantizer' as const }
  const { chunks, config: decoderConfig } = await encodeAll(config, frames, () => ({ avc: { quantizer: 8 } }))
  const pictures = await decodeAll(decoderConfig, chunks, (frame) => pixelsOf(frame, { format: 'RGBA' }))
  return pictures.at(-1)!
}

const limited709: YuvColor = { matrix: 'bt709', fullRange: false }

describe.each([
  ['colour bars', colorBars(width)],
  ['a gradient', gradient(width, height)],
] as const)('%s survive encode, decode and copyTo() to RGBA', (_, scene) => {
  const expected = paint(scene, 'RGBA', width, height, limited709)

  it.each(['RGBA', 'BGRX'] as const)('from %s', async (format) => {
    expect(meanDifference(expected, await roundTrip(scene, format, limited709))).toBeLessThan(1.5)
  })

  it.each([
    { matrix: 'bt709', fullRange: false },
    { matrix: 'bt709', fullRange: true },
    { matrix: 'smpte170m', fullRange: false },
    { matrix: 'bt470bg', fullRange: true },
  ] as const)('from I420 in $matrix, full range $fullRange', async (color) => {
    const pixels = await roundTrip(scene, 'I420', color, { primaries: 'bt709', transfer: 'bt709', ...color })
    expect(meanDifference(expected, pixels)).toBeLessThan(1.5)
  })
})
