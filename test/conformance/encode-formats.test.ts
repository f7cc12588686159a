import { describe, expect, it } from 'vitest'
import { VideoFrame } from '../../lib/index.js'
import { baseConfig, encodeAll, timestampOf } from '../helpers/codecs.js'
import type { YuvColor } from '../helpers/color.js'
import { colorBars, gradient, meanDifference, paint, toRgba } from '../helpers/color.js'
import { parseStream } from '../helpers/h264.js'
import { decodeByFfmpeg } from '../helpers/media.js'
import { type PictureFormat, pixelFormats } from '../helpers/pictures.js'

const width = 160
const height = 120
const scenes = { 'a gradient': gradient(width, height), 'colour bars': colorBars(width) }
const matrixNames: Record<number, YuvColor['matrix']> = { 1: 'bt709', 5: 'bt470bg', 6: 'smpte170m', 9: 'bt2020-ncl' }

/** The colour that the stream signals; H.264 leaves it open when it signals none. */
function signalledColor(stream: Uint8Array): YuvColor {
  const color = parseStream(stream).sps.color
  return { matrix: matrixNames[color?.matrix ?? 2] ?? 'bt709', fullRange: color?.fullRange ?? false }
}

/** Encodes three equal frames nearly without loss, and returns the RGBA pixels of the last one as the stream means them. */
async function encodeToRgba(
  data: Uint8Array,
  format: PictureFormat,
  colorSpace: VideoColorSpaceInit | undefined,
  size = { width, height },
) {
  const frames = [0, 1, 2].map(
    (index) =>
      new VideoFrame(data, {
        format,
        codedWidth: size.width,
        codedHeight: size.height,
        timestamp: timestampOf(index),
        ...(colorSpace && { colorSpace }),
      }),
  )
  const config = { ...baseConfig, width, height, codec: 'avc1.640028', bitrateMode: 'quantizer' as const }
  const { stream, config: decoderConfig } = await encodeAll(config, frames, () => ({ avc: { quantizer: 8 } }))
  const pictures = await decodeByFfmpeg(stream, { width, height })
  return { rgba: toRgba(pictures.at(-1)!, 'I420', width, height, signalledColor(stream)), decoderConfig, stream }
}

const bt709: YuvColor = { matrix: 'bt709', fullRange: false }
const bt709Space = { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false } as const

describe.each(Object.entries(scenes))('%s', (_, scene) => {
  const formats = scene === scenes['a gradient'] ? (['I420', 'I444AP12', 'NV12', 'RGBA'] as const) : pixelFormats

  it.each(formats)('in %s is encoded to the same colours', async (format) => {
    const isRgb = format.includes('RGB') || format.includes('BGR')
    const { rgba } = await encodeToRgba(
      paint(scene, format, width, height, bt709),
      format,
      isRgb ? undefined : bt709Space,
    )
    expect(meanDifference(paint(scene, 'RGBA', width, height, bt709), rgba)).toBeLessThan(1.5)
  })

  it.each([
    { matrix: 'bt709', fullRange: true },
    { matrix: 'smpte170m', fullRange: false },
    { matrix: 'bt470bg', fullRange: true },
  ] as const)('in I420 with $matrix, full range $fullRange, is encoded to the same colours', async (color) => {
    const colorSpace = { primaries: 'bt709', transfer: 'bt709', ...color } as const
    const { rgba } = await encodeToRgba(paint(scene, 'I420', width, height, color), 'I420', colorSpace)
    expect(meanDifference(paint(scene, 'RGBA', width, height, color), rgba)).toBeLessThan(1.5)
  })
})

describe('a frame of another size', () => {
  it.each(['I420', 'NV12', 'RGBA'] as const)('in %s is scaled to the configured size', async (format) => {
    const size = { width: 240, height: 180 }
    const scene = gradient(size.width, size.height)
    const { rgba } = await encodeToRgba(
      paint(scene, format, size.width, size.height, bt709),
      format,
      format === 'RGBA' ? undefined : bt709Space,
      size,
    )
    const expected = paint(gradient(width, height), 'RGBA', width, height, bt709)
    expect(meanDifference(expected, rgba)).toBeLessThan(2)
  })
})

describe('the colour space', () => {
  const spaces = [
    { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false },
    { primaries: 'bt470bg', transfer: 'bt709', matrix: 'bt470bg', fullRange: true },
    { primaries: 'smpte170m', transfer: 'smpte170m', matrix: 'smpte170m', fullRange: false },
  ] as const
  const codePoints = [
    { primaries: 1, transfer: 1, matrix: 1, fullRange: false },
    { primaries: 5, transfer: 1, matrix: 5, fullRange: true },
    { primaries: 6, transfer: 6, matrix: 6, fullRange: false },
  ]

  it.each(spaces.map((space, index) => ({ space, codePoint: codePoints[index]! })))(
    'of the frames is signalled in the stream: $space',
    async ({ space, codePoint }) => {
      const { stream } = await encodeToRgba(paint(gradient(width, height), 'I420', width, height, bt709), 'I420', space)
      expect(parseStream(stream).sps.color).toEqual(codePoint)
    },
  )

  it.each(spaces)('of the frames is given in decoderConfig: $matrix', async (space) => {
    const { decoderConfig } = await encodeToRgba(
      paint(gradient(width, height), 'I420', width, height, bt709),
      'I420',
      space,
    )
    expect(decoderConfig.colorSpace).toMatchObject(space)
  })

  it('of RGB frames is given as that of the YUV pictures they became', async () => {
    const { decoderConfig, stream } = await encodeToRgba(
      paint(gradient(width, height), 'RGBA', width, height, bt709),
      'RGBA',
      undefined,
    )
    const { matrix, fullRange } = signalledColor(stream)
    expect(decoderConfig.colorSpace).toMatchObject({ matrix, fullRange })
  })
})
