import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as ours from '../../lib/index.js'
import { type Chromium, openChromium } from '../helpers/chromium.js'
import { psnr } from '../helpers/pictures.js'
import type { DecodeOptions, FrameRecord, StreamChunk, Take } from './scripts/codec.js'
import * as script from './scripts/codec.js'

type EncoderConfig = Take['config']

const modulePath = 'test/interop/scripts/codec.js'
let chromium: Chromium

beforeAll(async () => {
  chromium = await openChromium()
})

afterAll(() => chromium?.close())

/** A party that encodes: either of the two. */
interface Party {
  name: string
  encode(takes: Take[]): Promise<StreamChunk[]>
  encodes(config: EncoderConfig): Promise<boolean>
}

const we: Party = {
  name: 'we',
  encode: (takes) => script.encode(ours, takes),
  encodes: (config) => script.encodes(ours, config),
}

const they: Party = {
  name: 'Chromium',
  encode: (takes) => chromium.call(modulePath, 'encode', takes),
  encodes: (config) => chromium.call(modulePath, 'encodes', config),
}

const base = { width: 320, height: 240, bitrate: 1_000_000, framerate: 30 }

/** What both decode. The size is one that the codec has to crop. */
const codecs = [
  { name: 'H.264 Baseline', codec: 'avc1.42001f', cropped: [322, 238] },
  { name: 'H.264 Main', codec: 'avc1.4d001f', cropped: [318, 242] },
  { name: 'H.264 High', codec: 'avc1.64001f', cropped: [178, 146] },
  { name: 'VP8', codec: 'vp8', cropped: [321, 239] },
  { name: 'VP9', codec: 'vp09.00.31.08', cropped: [321, 239] },
  { name: 'VP9 4:4:4', codec: 'vp09.01.31.08.03', cropped: [319, 241] },
  { name: 'VP9 10 bits', codec: 'vp09.02.31.10', cropped: [321, 239], format: 'I420P10' },
  { name: 'AV1', codec: 'av01.0.05M.08', cropped: [321, 239] },
  { name: 'AV1 10 bits', codec: 'av01.0.05M.10', cropped: [321, 239], format: 'I420P10' },
] as const satisfies { name: string; codec: string; cropped: [number, number]; format?: Take['format'] }[]

const layeredCodecs = codecs.filter(({ name }) => !/10 bits|Main|4:4:4/.test(name))

/** What Debian's Chromium cannot encode, so that tests of it as the encoder are left out. */
const chromiumLacks = ['AV1 10 bits']

const eachCodec = codecs.flatMap((codec) => [
  { ...codec, party: we },
  ...(chromiumLacks.includes(codec.name) ? [] : [{ ...codec, party: they }]),
])

const eachLayeredCodec = layeredCodecs.flatMap((codec) => [we, they].map((party) => ({ ...codec, party })))

it('Chromium encodes all that these tests want of it', async () => {
  const lacking: string[] = []
  for (const { name, codec } of codecs) {
    if (!(await they.encodes({ ...base, codec }))) lacking.push(name)
  }
  expect(chromiumLacks).toEqual(expect.arrayContaining(lacking))
})

/** All but the pixels and the coded size, to which Chromium adds the padding of its buffers. */
function describeFrame({ pixels: _, codedWidth: _w, codedHeight: _h, ...attributes }: FrameRecord) {
  return attributes
}

function largestDifference(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length)
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0)
}

/** Decodes on both sides, and requires the same frames: attributes, and planes to the byte. */
async function decodeOnBothSides(stream: StreamChunk[], options: DecodeOptions = {}): Promise<FrameRecord[]> {
  const mine = await script.decode(ours, stream, options)
  const theirs = await chromium.call<FrameRecord[]>(modulePath, 'decode', stream, { ...options, digest: true })
  expect(mine.map(describeFrame)).toEqual(theirs.map(describeFrame))
  const digests = mine.map(({ pixels }) => createHash('sha256').update(pixels).digest())
  const differing = digests.findIndex((digest, i) => !digest.equals(theirs[i]!.pixels))
  expect(differing, 'the first frame with other pixels').toBe(-1)
  return mine
}

const luma = ({ pixels, format, visibleRect: { width, height } }: FrameRecord): Uint8Array =>
  format?.includes('P10')
    ? Uint8Array.from(new Uint16Array(pixels.buffer, pixels.byteOffset, width * height), (sample) => sample >> 2)
    : pixels.subarray(0, width * height)

/** That the frames are those of the scene from `first` on, all of them, in order. */
function expectScene(frames: FrameRecord[], { config, count, first = 0 }: Take, minPsnr = 28): void {
  const { width, height } = config
  const indices = Array.from({ length: count }, (_, i) => first + i)
  expect(frames.map(({ timestamp }) => timestamp)).toEqual(indices.map(script.timestampOf))
  expect(frames.map(({ duration }) => duration)).toEqual(indices.map(script.durationOf))
  for (const [i, frame] of frames.entries()) {
    expect(frame.visibleRect).toEqual({ x: 0, y: 0, width, height })
    const source = script.scenePicture('I420', width, height, first + i).subarray(0, width * height)
    expect(psnr(source, luma(frame))).toBeGreaterThan(minPsnr)
  }
}

const takeOf = ({ codec, format }: { codec: string; format?: Take['format'] }, more: Partial<EncoderConfig> = {}) => ({
  config: { ...base, codec, ...more },
  count: 6,
  ...(format && { format }),
})

describe.each(['realtime', 'quality'] as const)('in %s mode', (latencyMode) => {
  it.each(eachCodec)('$name that $party.name encode decodes to the same planes on both sides', async (codec) => {
    const take = takeOf(codec, { latencyMode })
    const stream = await codec.party.encode([take])
    expect(stream).toHaveLength(take.count)
    expectScene(await decodeOnBothSides(stream), take)
  })
})

describe('a size that has to be cropped', () => {
  it.each(eachCodec)('$name of $party.name', async (codec) => {
    const [width, height] = codec.cropped
    const take = takeOf(codec, { width, height, latencyMode: 'realtime' })
    expectScene(await decodeOnBothSides(await codec.party.encode([take])), take)
  })
})

describe('temporal layers', () => {
  const modes = [1, 2].flatMap((upper) => eachLayeredCodec.map((codec) => ({ ...codec, upper })))
  it.each(modes)('$name of $party.name, $upper above the base', async ({ upper, party, ...codec }) => {
    const scalabilityMode = `L1T${upper + 1}`
    const take = takeOf(codec, { latencyMode: 'realtime', scalabilityMode, bitrate: 1_500_000 })
    const stream = await party.encode([{ ...take, count: 13 }])
    expect(new Set(stream.map(({ temporalLayerId }) => temporalLayerId)).size).toBe(upper + 1)
    expectScene(await decodeOnBothSides(stream), { ...take, count: 13 })
    for (let highest = 0; highest < upper; highest++) {
      const kept = stream.filter(({ temporalLayerId }) => temporalLayerId! <= highest)
      const frames = await decodeOnBothSides(kept)
      expect(frames.map(({ timestamp }) => timestamp)).toEqual(kept.map(({ timestamp }) => timestamp))
    }
  })
})

describe('a key frame that was asked for', () => {
  it.each(eachCodec)('lets $name of $party.name begin there', async (codec) => {
    const take = { ...takeOf(codec, { latencyMode: 'realtime' }), count: 10, keyFrames: [6] }
    const stream = await codec.party.encode([take])
    expect(stream.map(({ type }) => type).lastIndexOf('key')).toBe(6)
    const config = stream[0]!.decoderConfig
    const rest = stream.slice(6).map((chunk, i) => (i === 0 ? { ...chunk, decoderConfig: config } : chunk))
    expectScene(await decodeOnBothSides(rest), { ...take, first: 6, count: 4 })
  })
})

describe('a change of size in mid-stream', () => {
  const takesOf = (codec: (typeof codecs)[number], more: Partial<EncoderConfig>): Take[] => {
    const first = { ...takeOf(codec, more), count: 5 }
    return [first, { ...first, first: 5, config: { ...first.config, width: 192, height: 160 } }]
  }
  const expectBoth = (frames: FrameRecord[], takes: Take[]) => {
    expectScene(frames.slice(0, 5), takes[0]!)
    expectScene(frames.slice(5), takes[1]!)
  }

  it.each(eachCodec)('$name of $party.name, the decoder configured again', async (codec) => {
    const takes = takesOf(codec, { latencyMode: 'realtime' })
    const stream = await codec.party.encode(takes)
    expect(stream.flatMap(({ decoderConfig }, i) => (decoderConfig ? [i] : []))).toEqual([0, 5])
    expectBoth(await decodeOnBothSides(stream), takes)
  })

  it.each(eachCodec)('$name of $party.name, the decoder left alone', async (codec) => {
    const takes = takesOf(codec, { latencyMode: 'realtime', avc: { format: 'annexb' } })
    const stream = await codec.party.encode(takes)
    expectBoth(await decodeOnBothSides(stream, { reconfigure: false }), takes)
  })
})

describe('alpha', () => {
  it.each([
    { name: 'VP8', codec: 'vp8' },
    { name: 'VP9', codec: 'vp09.00.31.08' },
  ])('$name: both streams decode to the same planes on both sides', async ({ codec }) => {
    const take: Take = { ...takeOf({ codec }, { alpha: 'keep', latencyMode: 'realtime' }), format: 'I420A' }
    expect(await they.encodes(take.config), 'Chromium has no alpha of its own to decode').toBe(false)
    const stream = await we.encode([take])
    expectScene(await decodeOnBothSides(stream), take)
    const alphaStream = stream.map((chunk) => ({ ...chunk, data: chunk.alphaSideData! }))
    const frames = await decodeOnBothSides(alphaStream)
    for (const [i, frame] of frames.entries()) {
      const alpha = script.scenePicture('I420A', 320, 240, i).subarray(320 * 240 * 1.5)
      expect(psnr(alpha, luma(frame))).toBeGreaterThan(28)
    }
  })
})

const colors = {
  'BT.709, full range': { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: true },
  'BT.601': { primaries: 'smpte170m', transfer: 'smpte170m', matrix: 'smpte170m', fullRange: false },
  'BT.2020 PQ': { primaries: 'bt2020', transfer: 'pq', matrix: 'bt2020-ncl', fullRange: false },
  'BT.2020 HLG': { primaries: 'bt2020', transfer: 'hlg', matrix: 'bt2020-ncl', fullRange: false },
} as const

describe.each(Object.entries(colors))('colour space %s', (_, colorSpace) => {
  it.each(eachCodec)('$name of $party.name', async (codec) => {
    const take = { ...takeOf(codec, { latencyMode: 'realtime' }), count: 2, frame: { colorSpace } }
    const stream = await codec.party.encode([take])
    const frames = await decodeOnBothSides(stream)
    expect(frames.map((frame) => frame.colorSpace)).toEqual([colorSpace, colorSpace])
    expect(stream[0]!.decoderConfig!.colorSpace).toEqual(colorSpace)
  })

  it.each(eachCodec)('$name of $party.name, from the stream alone', async (codec) => {
    const take = { ...takeOf(codec, { latencyMode: 'realtime' }), count: 2, frame: { colorSpace } }
    const stream = await codec.party.encode([take])
    const options = { config: { colorSpace: undefined } }
    if (!codec.codec.startsWith('vp')) {
      await decodeOnBothSides(stream, options)
      return
    }
    // Chromium does not read the little that these streams tell. VP8 knows no colour but BT.601.
    const [frame] = await script.decode(ours, stream, options)
    const { matrix, fullRange } = colorSpace
    const told = codec.codec === 'vp8' ? { matrix: 'bt470bg', fullRange: false } : { matrix, fullRange }
    expect(frame!.colorSpace).toMatchObject(told)
  })
})

describe('pixels converted to RGB', () => {
  const spaces = Object.entries(colors).filter(([name]) => !name.includes('2020'))
  const eightBits = codecs.filter(({ name }) => !name.includes('10 bits'))
  const cases = spaces.flatMap(([space, colorSpace]) => eightBits.map((codec) => ({ ...codec, space, colorSpace })))
  it.each(cases)('are within two levels of those of Chromium: $name, $space', async ({ colorSpace, ...codec }) => {
    const take = { ...takeOf(codec, { latencyMode: 'realtime' }), count: 2, frame: { colorSpace } }
    const stream = await we.encode([take])
    const options: DecodeOptions = { pixelFormat: 'RGBA' }
    const mine = await script.decode(ours, stream, options)
    const theirs = await chromium.call<FrameRecord[]>(modulePath, 'decode', stream, options)
    expect(mine).toHaveLength(theirs.length)
    for (const [i, frame] of mine.entries()) {
      expect(largestDifference(frame.pixels, theirs[i]!.pixels)).toBeLessThanOrEqual(2)
    }
  })
})

describe('the decoder configuration', () => {
  const configOf = async (party: Party, config: EncoderConfig, frame?: Take['frame']) => {
    const stream = await party.encode([{ config, count: 1, ...(frame && { frame }) }])
    return stream[0]!.decoderConfig!
  }
  const bothConfigs = async (config: EncoderConfig, frame?: Take['frame']) => {
    const { hardwareAcceleration: _, ...theirs } = await configOf(they, config, frame)
    return { mine: await configOf(we, config, frame), theirs }
  }

  it.each(codecs.filter(({ name }) => !chromiumLacks.includes(name)))('of $name is as in Chromium', async (codec) => {
    const { mine, theirs } = await bothConfigs({ ...base, codec: codec.codec, latencyMode: 'realtime' })
    const { description: ourDescription, ...ourMembers } = mine
    const { description: theirDescription, ...theirMembers } = theirs
    expect(ourMembers).toEqual(theirMembers)
    expect(ourDescription === undefined).toBe(theirDescription === undefined)
  })

  it('of H.264 names the profile and level of the codec string', async () => {
    const { mine, theirs } = await bothConfigs({ ...base, codec: 'avc1.42001f', latencyMode: 'realtime' })
    for (const { description } of [mine, theirs]) {
      const [version, profile, , level] = description as Uint8Array
      expect([version, profile, level]).toEqual([1, 0x42, expect.any(Number)])
      expect(level).toBeLessThanOrEqual(0x1f)
    }
  })

  it('carries display size, rotation and flip as in Chromium', async () => {
    const config = { ...base, codec: 'vp8', displayWidth: 640, displayHeight: 240 }
    const { mine, theirs } = await bothConfigs(config, { rotation: 90, flip: true })
    expect(mine).toEqual(theirs)
    expect(mine).toMatchObject({ displayAspectWidth: 640, displayAspectHeight: 240, rotation: 90, flip: true })
  })

  it('makes frames of the same display size, rotation and flip on both sides', async () => {
    const config = { ...base, codec: 'vp8', displayWidth: 640, displayHeight: 240 }
    const stream = await we.encode([{ config, count: 2, frame: { rotation: 270, flip: true } }])
    const [frame] = await decodeOnBothSides(stream)
    expect(frame).toMatchObject({ displayWidth: 240, displayHeight: 640, rotation: 270, flip: true })
  })

  it.each([{ displayAspectWidth: 4, displayAspectHeight: 1 }, { rotation: 180 }, { flip: true }])(
    'is overridden on both sides by %o',
    async (override) => {
      const stream = await we.encode([{ ...takeOf({ codec: 'avc1.42001f' }), count: 2 }])
      await decodeOnBothSides(stream, { config: override })
    },
  )

  it('overrides the colour space of the stream here, which Chromium prefers', async () => {
    const colorSpace = colors['BT.601']
    const stream = await we.encode([{ ...takeOf({ codec: 'avc1.42001f' }), count: 1 }])
    const [frame] = await script.decode(ours, stream, { config: { colorSpace } })
    expect(frame!.colorSpace).toEqual(colorSpace)
  })
})
