import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { ImageDecoder, type VideoFrame } from '../../lib/index.js'
import {
  decodeAll,
  decodeFile,
  ffmpegPixels,
  joinGif,
  type LetterFrame,
  letterApng,
  letterGif,
  lettersOf,
  makeImage,
  PICTURE,
  rgbaOf,
  TRANSLUCENT,
} from '../helpers/images.js'

const execute = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'webcodecs-native-animations-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function lettersOfAll(frames: readonly VideoFrame[]): Promise<string[]> {
  const letters: string[] = []
  for (const frame of frames) {
    letters.push(await lettersOf(frame))
    frame.close()
  }
  return letters
}

interface Case {
  name: string
  frames: LetterFrame[]
  shown: string[]
}

const cases: Case[] = [
  {
    name: 'keeps what a frame does not cover',
    frames: [{ picture: 'rrrr/rrrr' }, { picture: 'gg', x: 1, y: 1 }],
    shown: ['rrrr/rrrr', 'rrrr/rggr'],
  },
  {
    name: 'keeps what is under transparent pixels',
    frames: [{ picture: 'rrrr' }, { picture: 'g..g' }],
    shown: ['rrrr', 'grrg'],
  },
  {
    name: 'clears a frame that is disposed to the background',
    frames: [{ picture: 'rrrr' }, { picture: 'gg', x: 1, dispose: 'background' }, { picture: 'b' }],
    shown: ['rrrr', 'rggr', 'b..r'],
  },
  {
    name: 'restores what was under a frame that is disposed to the previous',
    frames: [{ picture: 'rrrr' }, { picture: 'gg', x: 1, dispose: 'previous' }, { picture: 'b' }],
    shown: ['rrrr', 'rggr', 'brrr'],
  },
  {
    name: 'restores through several disposals to the previous',
    frames: [
      { picture: 'rrrr' },
      { picture: 'gggg', dispose: 'previous' },
      { picture: '.bb.', dispose: 'previous' },
      { picture: 'w' },
    ],
    shown: ['rrrr', 'gggg', 'rbbr', 'wrrr'],
  },
  {
    name: 'begins with a transparent canvas',
    frames: [{ picture: 'r..r', dispose: 'background' }, { picture: '.g..' }],
    shown: ['r..r', '.g..'],
  },
]

describe.each(cases)('an animation $name', ({ frames, shown }) => {
  it.each([
    ['GIF', 'image/gif', joinGif(letterGif(frames))],
    ['APNG', 'image/png', letterApng(frames)],
  ])('as %s', async (_, type, data) => {
    expect(await lettersOfAll(await decodeAll(data, type))).toEqual(shown)
  })

  it('as WebP', async () => {
    const gif = join(folder, `${shown.join('').replaceAll(/\W/g, '_')}.gif`)
    writeFileSync(gif, joinGif(letterGif(frames)))
    await execute('gif2webp', ['-quiet', gif, '-o', `${gif}.webp`])
    expect(await lettersOfAll(await decodeFile(`${gif}.webp`))).toEqual(shown)
  })

  it('in any order', async () => {
    const decoder = new ImageDecoder({ data: joinGif(letterGif(frames)), type: 'image/gif' })
    const last = frames.length - 1
    for (const frameIndex of [last, 0, last, last, ...frames.keys()]) {
      const { image } = await decoder.decode({ frameIndex })
      expect(await lettersOf(image)).toBe(shown[frameIndex])
      image.close()
    }
    decoder.close()
  })
})

it('replaces pixels, transparent ones too, where an APNG does not blend', async () => {
  const frames = [{ picture: 'rrrr' }, { picture: '.g.', blend: false }]
  expect(await lettersOfAll(await decodeAll(letterApng(frames), 'image/apng'))).toEqual(['rrrr', '.g.r'])
})

it('shows all of a first frame that is larger than the screen of its GIF', async () => {
  const gif = joinGif(letterGif([{ picture: 'rgb/bgr' }], { width: 1, height: 1 }))
  expect(await lettersOfAll(await decodeAll(gif, 'image/gif'))).toEqual(['rgb/bgr'])
})

describe('timing and repetition', () => {
  const frames = [
    { picture: 'rg', delay: 20 },
    { picture: 'gb', delay: 250 },
    { picture: 'br', delay: 40 },
  ]
  const timesOf = (images: readonly VideoFrame[]) => images.map(({ timestamp, duration }) => [timestamp, duration])
  const expected = [
    [0, 20_000],
    [20_000, 250_000],
    [270_000, 40_000],
  ]

  it.each([
    ['GIF', 'image/gif', joinGif(letterGif(frames))],
    ['APNG', 'image/png', letterApng(frames)],
  ])('of %s frames are in microseconds', async (_, type, data) => {
    const images = await decodeAll(data, type)
    expect(timesOf(images)).toEqual(expected)
    for (const image of images) image.close()
  })

  it('of a still image are 0 and null', async () => {
    const [frame] = await decodeFile(await makeImage(PICTURE, ['-frames:v', '1'], 'png'))
    expect(timesOf([frame!])).toEqual([[0, null]])
    frame!.close()
  })

  it.each([
    ['a GIF that repeats 5 times', joinGif(letterGif(frames, { loop: 5 })), 'image/gif', 5],
    ['a GIF that repeats for ever', joinGif(letterGif(frames, { loop: 0 })), 'image/gif', Infinity],
    ['a GIF that says nothing', joinGif(letterGif(frames)), 'image/gif', 0],
    ['an APNG that plays 3 times', letterApng(frames, 3), 'image/png', 2],
    ['an APNG that plays for ever', letterApng(frames, 0), 'image/png', Infinity],
  ])('are told of %s', async (_, data, type, repetitionCount) => {
    const decoder = new ImageDecoder({ data, type })
    await decoder.tracks.ready
    const track = decoder.tracks.selectedTrack
    expect(track).toMatchObject({ animated: true, frameCount: 3, repetitionCount })
    decoder.close()
  })

  it('are told of a WebP', async () => {
    const gif = join(folder, 'timing.gif')
    writeFileSync(gif, joinGif(letterGif(frames, { loop: 4 })))
    await execute('gif2webp', ['-quiet', gif, '-o', `${gif}.webp`])
    const images = await decodeFile(`${gif}.webp`)
    expect(timesOf(images)).toEqual(expected)
    for (const image of images) image.close()
  })
})

describe.each([
  ['apng', 'png', ['-f', 'apng', '-plays', '0'], TRANSLUCENT],
  ['gif', 'gif', [], PICTURE],
] as const)('an %s of ffmpeg', (name, extension, args, source) => {
  it('has the frames that ffmpeg decodes', async () => {
    const path = await makeImage(source, ['-frames:v', '8', ...args], extension)
    const frames = await decodeFile(path)
    expect(frames.length, name).toBe(8)
    const expected = await ffmpegPixels(path, 'rgba')
    const size = expected.length / 8
    for (const [index, frame] of frames.entries()) {
      const pixels = await rgbaOf(frame)
      expect(Buffer.compare(pixels, expected.subarray(index * size, (index + 1) * size)), `frame ${index}`).toBe(0)
      frame.close()
    }
  })
})

describe('an animated AVIF', () => {
  const encode = async () => {
    const pictures = join(folder, 'picture%d.png')
    await execute('ffmpeg', [
      '-v',
      'error',
      '-y',
      '-f',
      'lavfi',
      '-i',
      PICTURE,
      '-frames:v',
      '5',
      '-pix_fmt',
      'rgb24',
      pictures,
    ])
    const path = join(folder, 'animated.avif')
    const names = [1, 2, 3, 4, 5].map((number) => pictures.replace('%d', String(number)))
    await execute('avifenc', ['-s', '9', '--fps', '10', '-y', '420', ...names, path])
    return path
  }

  it('has a track for its still image and one for its sequence', async () => {
    const data = readFileSync(await encode())
    const decoder = new ImageDecoder({ data, type: 'image/avif' })
    await decoder.tracks.ready
    const [stillTrack, animated] = [...decoder.tracks]
    expect(stillTrack).toMatchObject({ animated: false, frameCount: 1, repetitionCount: 0, selected: false })
    expect(animated).toMatchObject({ animated: true, frameCount: 5, selected: true })
    const { image } = await decoder.decode({ frameIndex: 3 })
    const { timestamp, duration, format } = image
    // avifenc gives each sequence an alpha channel.
    expect([timestamp, duration, format]).toEqual([300_000, 100_000, 'BGRA'])
    const deep = await pixelsOfSequence(data, 3)
    expect(Buffer.compare(await rgbaOf(image), deep)).toBe(0)
    image.close()
    stillTrack!.selected = true
    const { image: first } = await decoder.decode()
    expect([first.timestamp, first.duration]).toEqual([0, null])
    first.close()
    decoder.close()

    const still = new ImageDecoder({ data, type: 'image/avif', preferAnimation: false })
    await still.tracks.ready
    expect(still.tracks.selectedIndex).toBe(0)
    still.close()
  })
})

/** A frame of an AVIF, decoded after all the frames before it. */
async function pixelsOfSequence(data: Uint8Array, index: number): Promise<Uint8Array> {
  const frames = await decodeAll(data, 'image/avif')
  const pixels = await rgbaOf(frames[index]!)
  for (const frame of frames) frame.close()
  return pixels
}

it('decodes the frames of an animated JPEG XL', async () => {
  const frames = [
    { picture: 'rgbw', delay: 100 },
    { picture: 'wbgr', delay: 200 },
  ]
  const gif = join(folder, 'frames.gif')
  writeFileSync(gif, joinGif(letterGif(frames, { loop: 0 })))
  await execute('cjxl', [gif, `${gif}.jxl`, '-d', '0', '-e', '3'])
  const images = await decodeFile(`${gif}.jxl`)
  expect(images.map(({ timestamp, duration }) => [timestamp, duration])).toEqual([
    [0, 100_000],
    [100_000, 200_000],
  ])
  expect(await lettersOfAll(images)).toEqual(['rgbw', 'wbgr'])
})
