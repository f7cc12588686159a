import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as ours from '../../lib/index.js'
import { type Chromium, openChromium } from '../helpers/chromium.js'
import { makeImageFiles } from '../helpers/image-files.mjs'
import { exifBlock, joinGif, letterApng, letterGif, withExif } from '../helpers/images.js'
import { describeImage, type ImageFrameRecord, type ImageRecord } from './scripts/images.js'

const modulePath = 'test/interop/scripts/images.js'
let chromium: Chromium

beforeAll(async () => {
  chromium = await openChromium()
})

afterAll(() => chromium?.close())

const files = makeImageFiles()
const jpeg = Buffer.from(files.get('jpeg')!.data)
for (let orientation = 2; orientation <= 8; orientation++) {
  files.set(`jpeg of orientation ${orientation}`, { type: 'image/jpeg', data: withExif(jpeg, exifBlock(orientation)) })
}
const disposals = [
  { picture: 'rrrr/gggg' },
  { picture: 'b.', x: 1, dispose: 'background', delay: 20 },
  { picture: 'ww', y: 1, dispose: 'previous', delay: 70 },
  { picture: '.r.', x: 1, delay: 0 },
] as const
files.set('gif with disposals', { type: 'image/gif', data: joinGif(letterGif(disposals, { loop: 3 })) })
files.set('apng with disposals', { type: 'image/png', data: letterApng(disposals, 2) })
files.set('gif without an image', { type: 'image/gif', data: letterGif(disposals).header })
files.set('gif under the name of a png', { type: 'image/png', data: files.get('gif')!.data })
files.set('type that nobody knows', { type: 'image/unknown', data: files.get('gif')!.data })

/** Samples of lossy formats are rounded here and there by different ways to RGB; alpha is multiplied in and out there. */
const tolerances: readonly [pattern: RegExp, tolerance: number][] = [
  [/jpeg/, 24],
  // Chromium takes the range of a sequence with alpha for limited: three levels from the encoded picture on average, where
  // libavif and ffmpeg are within a quarter of one.
  [/animated avif/, 20],
  [/avif|^webp/, 6],
  [/apng|jxl/, 2],
]

async function both(name: string): Promise<{ we: ImageRecord; they: ImageRecord }> {
  const { type, data } = files.get(name)!
  const bytes = Array.from(data)
  return {
    we: await describeImage(ours, type, bytes),
    they: await chromium.call<ImageRecord>(modulePath, 'describeImage', type, bytes),
  }
}

function largestDifference(frames: ImageFrameRecord[], others: ImageFrameRecord[]): number {
  let largest = 0
  for (const [index, { pixels }] of frames.entries()) {
    const other = others[index]!.pixels
    for (const [at, value] of pixels.entries()) {
      // What is transparent has no colour.
      const shown = at % 4 === 3 || pixels[at | 3]! > 0
      if (shown) largest = Math.max(largest, Math.abs(value - other[at]!))
    }
  }
  return largest
}

describe.each([...files.keys()])('%s', (name) => {
  it('is the same in Chromium', async () => {
    const { we, they } = await both(name)
    expect(we.errors).toEqual(they.errors)
    expect(we.tracks).toEqual(they.tracks)
    const told = ({ frames }: ImageRecord) => frames.map(({ facts, color }) => [...facts, ...color])
    expect(told(we)).toEqual(told(they))
    const tolerance = tolerances.find(([pattern]) => pattern.test(name))?.[1] ?? 0
    expect(largestDifference(we.frames, they.frames)).toBeLessThanOrEqual(tolerance)
  })
})
