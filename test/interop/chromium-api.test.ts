import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as ours from '../../lib/index.js'
import { chirp } from '../helpers/audio-codecs.js'
import { type Chromium, openChromium } from '../helpers/chromium.js'
import { makeClip } from '../helpers/media.js'
import { type Kind, runCases, shares } from './comparison/cases.js'
import { Comparison } from './comparison/compare.js'
import type { Fixtures } from './comparison/decoder-cases.js'
import { knownDifferences } from './comparison/known-differences.js'
import type { CaseTrace } from './comparison/trace.js'
import * as audio from './scripts/audio.js'
import { encode } from './scripts/codec.js'

/** How many cases to run; `npm run test:interop` runs more. */
const caseCount = Number(process.env['WEBCODECS_INTEROP_CASES'] ?? 600)
const firstSeed = Number(process.env['WEBCODECS_INTEROP_SEED'] ?? 0)
const batch = 50

let chromium: Chromium
let fixtures: Fixtures
const comparison = new Comparison()

/** Short streams of the codecs that both sides decode. */
async function makeStreams(): Promise<Fixtures['streams']> {
  const base = { width: 64, height: 48, bitrate: 200_000, framerate: 30, latencyMode: 'realtime' as const }
  const configs = [
    ...['vp8', 'vp09.00.10.08', 'av01.0.04M.08', 'avc1.42001f'].map((codec) => ({ ...base, codec })),
    { ...base, codec: 'avc1.42001f', avc: { format: 'annexb' as const } },
  ]
  return Promise.all(configs.map((config) => encode(ours, [{ config, count: 8 }])))
}

/** Short sounds of codecs that both sides decode to the same samples, with the same times. */
async function makeSounds(): Promise<Fixtures['sounds']> {
  const base = { sampleRate: 48_000, numberOfChannels: 2 }
  const codecs = ['opus', 'flac', 'pcm-s16', 'pcm-f32', 'ulaw']
  const channels = [0, 1].map((phase) => Float32Array.from(chirp(0.2, base.sampleRate, phase)))
  const streams = codecs.map((codec) => {
    const config = { ...base, codec, ...(codec === 'opus' && { bitrate: 96_000 }) }
    return audio.encode(ours, { config, channels, pieceFrames: 1920, timestamp: 0 })
  })
  return Promise.all(streams)
}

/** Small images; those that are coded with loss are compared without their pixels. */
async function makeImages(): Promise<Fixtures['images']> {
  const animated = ['-frames:v', '4']
  const files = [
    { type: 'image/png', exact: true, extension: 'png', args: ['-frames:v', '1', '-f', 'apng', '-pix_fmt', 'rgba'] },
    { type: 'image/png', exact: true, extension: 'apng', args: [...animated, '-plays', '3', '-f', 'apng'] },
    { type: 'image/gif', exact: true, extension: 'gif', args: [...animated, '-loop', '2'] },
    { type: 'image/gif', exact: true, extension: 'gif', args: ['-frames:v', '1'] },
    { type: 'image/bmp', exact: true, extension: 'bmp', args: ['-frames:v', '1'] },
    { type: 'image/jpeg', exact: false, extension: 'jpg', args: ['-frames:v', '1'] },
    { type: 'image/webp', exact: false, extension: 'webp', args: [...animated, '-c:v', 'libwebp_anim'] },
  ]
  return Promise.all(
    files.map(async ({ type, exact, extension, args }) => {
      const path = await makeClip(['-f', 'lavfi', '-i', 'testsrc2=size=48x32:rate=10', ...args], extension)
      return { type, exact, data: new Uint8Array(await readFile(path)) }
    }),
  )
}

beforeAll(async () => {
  chromium = await openChromium()
  fixtures = { streams: await makeStreams(), sounds: await makeSounds(), images: await makeImages() }
})

afterAll(async () => {
  await chromium?.close()
  console.log(comparison.report())
})

const seedsOf = (kind: Kind) => {
  const count = Math.max(1, Math.round((caseCount * shares[kind]) / 100))
  return Array.from({ length: count }, (_, i) => firstSeed + i)
}

describe('the same script in Chromium and here', () => {
  it.each(Object.keys(shares) as Kind[])(
    'sees the same: %s cases',
    async (kind) => {
      const seeds = seedsOf(kind)
      const differences: string[] = []
      while (seeds.length > 0) {
        const args = [kind, seeds.splice(0, batch), fixtures] as const
        const mine = await runCases(ours, ...args)
        const theirs = await chromium.call<CaseTrace[]>('test/interop/comparison/cases.js', 'runCases', ...args)
        for (const [i, trace] of mine.entries()) differences.push(...comparison.compare(trace, theirs[i]!))
      }
      expect(differences.slice(0, 10)).toEqual([])
    },
    600_000,
  )

  it('knows no difference that docs/differences.md does not list', async () => {
    const listed = await readFile(new URL('../../docs/differences.md', import.meta.url), 'utf8')
    const places = knownDifferences.map(({ where }) => where)
    expect(places.filter((where) => !listed.includes(`| ${where} |`))).toEqual([])
  })

  it('has reached everything', () => {
    expect(comparison.missing()).toEqual([])
  })
})
