import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as ours from '../../lib/index.js'
import { alignment, chirp } from '../helpers/audio-codecs.js'
import { type Chromium, openChromium } from '../helpers/chromium.js'
import type { DecodedSound, EncoderConfig, Sound, SoundStream } from './scripts/audio.js'
import * as script from './scripts/audio.js'

const modulePath = 'test/interop/scripts/audio.js'
let chromium: Chromium

beforeAll(async () => {
  chromium = await openChromium()
})

afterAll(() => chromium?.close())

/** A party that encodes: either of the two. */
interface Party {
  name: string
  encode(sound: Sound): Promise<SoundStream>
}

const we: Party = { name: 'we', encode: (sound) => script.encode(ours, sound) }
const they: Party = { name: 'Chromium', encode: (sound) => chromium.call(modulePath, 'encode', sound) }

interface Codec {
  name: string
  config: Partial<EncoderConfig> & { codec: string }
  /** How far apart the samples may be that the two sides decode to. */
  apart: number
  /** How far samples may be from the input; undefined for codecs with loss. */
  within?: number
  /** Samples that the sound comes later than the input. */
  delay?: number
}

/** Samples of Opus that come before the sound. */
const preSkip = 312

/** The last bit of floats, by which conversions of integers to them differ. */
const lastBit = 2 ** -24
/** Half a step of samples between -1 and 1. */
const halfStep = (bits: number) => 1 / (2 ** bits - 2) + lastBit

const codecs: Codec[] = [
  { name: 'Opus', config: { codec: 'opus', bitrate: 128_000 }, apart: 0 },
  { name: 'Opus, constant bitrate', config: { codec: 'opus', bitrate: 128_000, bitrateMode: 'constant' }, apart: 0 },
  { name: 'Opus of 2.5 ms', config: { codec: 'opus', bitrate: 192_000, opus: { frameDuration: 2500 } }, apart: 0 },
  { name: 'Opus of 60 ms', config: { codec: 'opus', bitrate: 128_000, opus: { frameDuration: 60_000 } }, apart: 0 },
  { name: 'FLAC', config: { codec: 'flac' }, apart: 0, within: halfStep(24) },
  // Chromium decodes MP3 to 16 bits.
  { name: 'MP3', config: { codec: 'mp3', bitrate: 320_000 }, apart: 2 ** -14, delay: 1105 },
  { name: 'Vorbis', config: { codec: 'vorbis', bitrate: 192_000 }, apart: 2 ** -22 },
  { name: 'AAC', config: { codec: 'mp4a.40.2', bitrate: 192_000 }, apart: 2 ** -22, delay: 1024 },
  {
    name: 'AAC with ADTS headers',
    config: { codec: 'mp4a.40.2', bitrate: 192_000, aac: { format: 'adts' } },
    apart: 2 ** -22,
    delay: 1024,
  },
  { name: 'PCM, 8 bits', config: { codec: 'pcm-u8' }, apart: lastBit, within: halfStep(8) },
  { name: 'PCM, 16 bits', config: { codec: 'pcm-s16' }, apart: lastBit, within: halfStep(16) },
  { name: 'PCM, 24 bits', config: { codec: 'pcm-s24' }, apart: lastBit, within: halfStep(24) },
  { name: 'PCM, 32 bits', config: { codec: 'pcm-s32' }, apart: 0, within: halfStep(32) },
  { name: 'PCM, floats', config: { codec: 'pcm-f32' }, apart: 0, within: 0 },
  { name: 'A-law', config: { codec: 'alaw' }, apart: 0, within: 0.01 },
  { name: 'µ-law', config: { codec: 'ulaw' }, apart: 0, within: 0.01 },
]

/** What Debian's Chromium cannot encode, so that tests of it as the encoder are left out. */
const chromiumLacks = codecs.map(({ name }) => name).filter((name) => !name.startsWith('Opus'))

/** Decoding this ends the page's process in Debian's Chromium 150. */
const chromiumCrashes = ['PCM, 24 bits']

const shapes = [
  { shape: 'mono', sampleRate: 48_000, numberOfChannels: 1 },
  { shape: 'stereo', sampleRate: 48_000, numberOfChannels: 2 },
  { shape: 'stereo of 44100 Hz', sampleRate: 44_100, numberOfChannels: 2 },
]

/** To PCM they are all alike. */
const shapesOf = ({ config: { codec } }: Codec) =>
  shapes.filter(({ shape }) => shape === 'stereo' || !/^(pcm|.law)/.test(codec))

const eachStream = codecs.flatMap((codec) =>
  shapesOf(codec).flatMap((shape) => [
    { ...codec, ...shape, party: we },
    ...(chromiumLacks.includes(codec.name) ? [] : [{ ...codec, ...shape, party: they }]),
  ]),
)

it('Chromium encodes all that these tests want of it', async () => {
  const lacking: string[] = []
  for (const { name, config } of codecs) {
    const whole = { sampleRate: 48_000, numberOfChannels: 2, ...config }
    if (!(await chromium.call(modulePath, 'encodes', whole))) lacking.push(name)
  }
  expect(chromiumLacks).toEqual(expect.arrayContaining(lacking))
})

/** Seconds. */
const length = 0.4

/** Another sound in each channel. */
function soundOf(config: EncoderConfig): Sound {
  const { sampleRate, numberOfChannels } = config
  const channels = Array.from({ length: numberOfChannels }, (_, i) => Float32Array.from(chirp(length, sampleRate, i)))
  return { config, channels, pieceFrames: 1111, timestamp: 12_345 }
}

const largestDifference = (a: Float32Array, b: Float32Array): number =>
  a.reduce((largest, sample, i) => Math.max(largest, Math.abs(sample - b[i]!)), 0)

/** In decibels. */
function level(samples: Float32Array): number {
  return 10 * Math.log10(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length)
}

/**
 * Decodes on both sides, and requires the same sound, piece by piece.
 * @param apart how far samples may be apart
 */
async function decodeOnBothSides(stream: SoundStream, apart: number): Promise<DecodedSound> {
  const later = laterThanChromium(stream)
  const mine = await script.decode(ours, stream)
  const theirs = await chromium.call<DecodedSound>(modulePath, 'decode', stream)
  const attributesOf = ({ pieces }: DecodedSound) => pieces.map(({ timestamp: _, ...shape }) => shape)
  expect(attributesOf(mine)).toEqual(attributesOf(theirs))
  for (const [i, { timestamp }] of mine.pieces.entries()) {
    // Chromium counts samples from the first chunk on, and rounds otherwise.
    expect(Math.abs(timestamp - later - theirs.pieces[i]!.timestamp)).toBeLessThanOrEqual(1)
  }
  for (const [i, channel] of mine.channels.entries()) {
    expect(largestDifference(channel, theirs.channels[i]!), `channel ${i}`).toBeLessThanOrEqual(apart)
  }
  return mine
}

/** Microseconds by which our timestamps are later than those of Chromium; docs/differences.md tells why. */
function laterThanChromium({ chunks, config: { codec, sampleRate } }: SoundStream): number {
  const duration = chunks[0]!.duration!
  if (codec === 'vorbis') return duration
  const taken = Math.floor(preSkip / 48_000 / (duration / 1e6))
  return codec === 'opus' && sampleRate !== 48_000 ? -taken * duration : 0
}

/** That the sound is the input, in its place and with its level. */
function expectSound({ channels }: DecodedSound, sound: Sound, { within, delay = 0 }: Codec, rate: number): void {
  expect(channels).toHaveLength(sound.channels.length)
  for (const [i, samples] of channels.entries()) {
    const input = sound.channels[i]!
    if (within !== undefined) {
      expect(samples).toHaveLength(input.length)
      expect(largestDifference(input, samples), `channel ${i}`).toBeLessThanOrEqual(within)
      continue
    }
    // Chromium leaves what its resampler and the encoder hold back at the end.
    const missing = rate === 1 ? 0 : preSkip + 1
    expect(samples.length).toBeGreaterThanOrEqual(input.length * rate - missing)
    // Where the codec has another rate than the input, what is compared is its level alone.
    if (rate === 1) {
      const found = alignment(Array.from(input), Array.from(samples), { from: 8000, length: 3000, range: 1500 })
      expect(found.delay).toBe(delay)
      expect(found.snr).toBeGreaterThan(15)
    }
    const [from, to] = [input.length / 4, (input.length * 3) / 4]
    const heard = samples.subarray(Math.round(from * rate) + delay, Math.round(to * rate) + delay)
    expect(Math.abs(level(heard) - level(input.subarray(from, to)))).toBeLessThan(0.5)
  }
}

/** That each chunk begins where the one before it ends, the first with the sound, and that all of it is there. */
function expectTimes({ chunks }: SoundStream, { timestamp, channels, config }: Sound): void {
  const ends = chunks.map((chunk) => chunk.timestamp + chunk.duration!)
  expect(chunks[0]!.timestamp).toBe(timestamp)
  chunks.slice(1).forEach((chunk, i) => {
    expect(Math.abs(chunk.timestamp - ends[i]!)).toBeLessThanOrEqual(1)
  })
  expect(ends.at(-1)).toBeGreaterThanOrEqual(timestamp + (channels[0]!.length * 1e6) / config.sampleRate - 1)
}

describe('what one side encodes, both sides decode to the same samples', () => {
  it.each(eachStream)('$name of $party.name, $shape', async (test) => {
    const { party, sampleRate, numberOfChannels, shape: _, ...codec } = test
    const sound = soundOf({ sampleRate, numberOfChannels, ...codec.config })
    const stream = await party.encode(sound)
    expectTimes(stream, sound)
    const rate = codec.config.codec === 'opus' ? 48_000 / sampleRate : 1
    const isDecoded = await chromium.call<boolean>(modulePath, 'decodes', stream.config)
    // Builds without what has a patent have no AAC.
    expect(isDecoded || codec.config.codec.startsWith('mp4a'), 'Chromium decodes it').toBe(true)
    if (chromiumCrashes.includes(codec.name) || !isDecoded) {
      expectSound(await script.decode(ours, stream), sound, codec, rate)
      return
    }
    expectSound(await decodeOnBothSides(stream, codec.apart), sound, codec, rate)
  })
})

describe('six channels', () => {
  const many = codecs.filter(({ name }) => ['Opus', 'FLAC', 'Vorbis', 'AAC', 'PCM, floats'].includes(name))
  it.each(many)('of $name are in the same order on both sides', async ({ config, apart, delay = 0 }) => {
    const sound = soundOf({ sampleRate: 48_000, numberOfChannels: 6, ...config, bitrate: 512_000 })
    const stream = await we.encode(sound)
    if (!(await chromium.call(modulePath, 'decodes', stream.config))) return
    const { channels } = await decodeOnBothSides(stream, apart)
    // The fourth is for low frequencies alone, and codecs take it for that.
    for (const i of [0, 1, 2, 4, 5]) {
      const nearest = sound.channels.map((input) =>
        largestDifference(input.subarray(8000, 12_000), channels[i]!.subarray(8000 + delay, 12_000 + delay)),
      )
      expect(nearest.indexOf(Math.min(...nearest))).toBe(i)
    }
  })
})

describe('the decoder configuration', () => {
  it.each(shapes)('of Opus is as in Chromium: $shape', async ({ sampleRate, numberOfChannels }) => {
    const sound = soundOf({ codec: 'opus', sampleRate, numberOfChannels })
    // Chromium tells the rate of the codec in the place of the one that was configured.
    const { config } = await they.encode(sound)
    expect((await we.encode(sound)).config).toEqual({ ...config, sampleRate: sampleRate })
  })

  it('of Opus is left out on both sides, and the packets decode with their pre-skip', async () => {
    const sound = soundOf({ codec: 'opus', sampleRate: 48_000, numberOfChannels: 2 })
    for (const party of [we, they]) {
      const { chunks, config } = await party.encode(sound)
      const { description: _, ...bare } = config
      const { pieces } = await decodeOnBothSides({ chunks, config: bare }, 0)
      expect(pieces.reduce((sum, { numberOfFrames }) => sum + numberOfFrames, 0)).toBe(chunks.length * 960)
    }
  })
})

describe('the chunks of Opus', () => {
  const options = [
    {},
    { frameDuration: 2500 },
    { frameDuration: 40_000 },
    { application: 'lowdelay' },
    { usedtx: true },
  ]
  it.each(options)('have the times that they have in Chromium: %o', async (opus) => {
    const config = { codec: 'opus', sampleRate: 48_000, numberOfChannels: 2, opus } as EncoderConfig
    const [mine, theirs] = [await we.encode(soundOf(config)), await they.encode(soundOf(config))]
    expect(mine.chunks).toHaveLength(theirs.chunks.length)
    for (const [i, chunk] of mine.chunks.entries()) {
      const other = theirs.chunks[i]!
      expect([chunk.type, chunk.duration]).toEqual([other.type, other.duration])
      // Chromium rounds a count in seconds down.
      expect(chunk.timestamp - other.timestamp).toBeOneOf([0, 1])
    }
  })
})
