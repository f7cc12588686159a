/** Pixels of still images against the reference decoders of their formats. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { pixelsOf } from '../helpers/codecs.js'
import { maxDifference } from '../helpers/color.js'
import {
  decodeFile,
  decodeStill,
  exifBlock,
  ffmpegPixels,
  iccProfile,
  makeImage,
  PICTURE,
  pngChunk,
  pngWithProfile,
  rgbaOf,
  TRANSLUCENT,
  withExif,
} from '../helpers/images.js'

const execute = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'webcodecs-native-images-'))
afterAll(() => rmSync(folder, { recursive: true }))
const still = (source: string, pixelFormat: string, extension: string, ...args: string[]) =>
  makeImage(source, ['-frames:v', '1', '-pix_fmt', pixelFormat, ...args], extension)

const SRGB = { primaries: 'bt709', transfer: 'iec61966-2-1', matrix: 'rgb', fullRange: true }
const JFIF = { ...SRGB, matrix: 'smpte170m' }

describe.each([
  ['PNG, RGB', PICTURE, 'rgb24', 'png', 'BGRX'],
  ['PNG, RGBA', TRANSLUCENT, 'rgba', 'png', 'BGRA'],
  ['PNG, grey', PICTURE, 'gray', 'png', 'BGRX'],
  ['PNG, grey with alpha', TRANSLUCENT, 'ya8', 'png', 'BGRA'],
  ['PNG, palette', PICTURE, 'pal8', 'png', 'BGRX'],
  ['PNG, one bit', PICTURE, 'monob', 'png', 'BGRX'],
  ['BMP, 24 bits', PICTURE, 'bgr24', 'bmp', 'BGRX'],
  ['BMP, palette', PICTURE, 'pal8', 'bmp', 'BGRX'],
  ['BMP, 16 bits', PICTURE, 'rgb565le', 'bmp', 'BGRX'],
  ['GIF', PICTURE, 'rgb8', 'gif', 'BGRX'],
])('%s', (_, source, pixelFormat, extension, format) => {
  it('has the pixels that ffmpeg decodes', async () => {
    const path = await still(source, pixelFormat, extension)
    const [frame] = await decodeFile(path)
    expect(frame!.format).toBe(format)
    expect(frame!.colorSpace.toJSON()).toEqual(SRGB)
    expect(Buffer.compare(await rgbaOf(frame!), await ffmpegPixels(path, 'rgba'))).toBe(0)
    frame!.close()
  })
})

it('rounds PNGs of 16 bits to the nearest', async () => {
  const path = await still(PICTURE, 'rgb48be', 'png')
  const [frame] = await decodeFile(path)
  const deep = await ffmpegPixels(path, 'rgba64le')
  const expected = Uint8Array.from({ length: deep.length / 2 }, (__, i) => Math.round(deep.readUInt16LE(2 * i) / 257))
  expect(Buffer.compare(await rgbaOf(frame!), expected)).toBe(0)
  frame!.close()
})

it('takes the fourth byte of a BMP without an alpha mask for padding', async () => {
  const [frame] = await decodeFile(await still(TRANSLUCENT, 'bgra', 'bmp'))
  expect(frame!.format).toBe('BGRX')
  frame!.close()
})

describe.each([
  ['yuvj420p', 'I420'],
  ['yuvj422p', 'I422'],
  ['yuvj444p', 'I444'],
] as const)('JPEG of %s', (pixelFormat, format) => {
  it.each([
    ['of an even size', PICTURE],
    ['of an odd size', 'testsrc2=size=97x63'],
  ])('%s has the samples that ffmpeg decodes', async (__, source) => {
    const path = await still(`${source},format=${pixelFormat}`, pixelFormat, 'jpg')
    const [frame] = await decodeFile(path)
    expect(frame!.format).toBe(format)
    expect(frame!.colorSpace.toJSON()).toEqual(JFIF)
    expect(Buffer.compare(await pixelsOf(frame!), await ffmpegPixels(path, pixelFormat))).toBe(0)
    frame!.close()
  })
})

it('decodes a grey JPEG to RGB', async () => {
  const path = await still(PICTURE, 'gray', 'jpg', '-c:v', 'mjpeg', '-vf', 'format=gray,format=yuvj444p')
  const [frame] = await decodeFile(path)
  expect(maxDifference(await rgbaOf(frame!), await ffmpegPixels(path, 'rgba'))).toBeLessThanOrEqual(1)
  frame!.close()
})

describe('WebP', () => {
  it.each([
    ['lossy', PICTURE, [], 'I420'],
    ['lossless', PICTURE, ['-lossless'], 'BGRX'],
    ['lossy with alpha', TRANSLUCENT, [], 'BGRA'],
    ['lossless with alpha', TRANSLUCENT, ['-lossless'], 'BGRA'],
  ] as const)('%s has the pixels that dwebp decodes', async (name, source, args, format) => {
    const webp = join(folder, `${name}.webp`)
    const decoded = join(folder, name)
    await execute('cwebp', ['-quiet', ...args, await still(source, 'rgba', 'png'), '-o', webp])
    const [frame] = await decodeFile(webp)
    expect(frame!.format).toBe(format)
    await execute('dwebp', ['-quiet', ...(format === 'I420' ? ['-yuv'] : []), webp, '-o', `${decoded}.png`])
    const expected = format === 'I420' ? await readFile(`${decoded}.png`) : await ffmpegPixels(`${decoded}.png`, 'rgba')
    const received = format === 'I420' ? await pixelsOf(frame!) : await rgbaOf(frame!)
    expect(Buffer.compare(received, expected)).toBe(0)
    frame!.close()
  })
})

describe('AVIF', () => {
  const encode = async (name: string, source: string, pixelFormat: string, ...args: string[]) => {
    const path = join(folder, `${name}.avif`)
    await execute('avifenc', ['-s', '9', ...args, await still(source, pixelFormat, 'png'), path])
    return path
  }

  it.each([
    ['I420', 'rgb24', ['-y', '420']],
    ['I422', 'rgb24', ['-y', '422']],
    ['I444', 'rgb24', ['-y', '444']],
    ['I420P10', 'rgb48be', ['-y', '420', '-d', '10']],
    ['I422P12', 'rgb48be', ['-y', '422', '-d', '12']],
  ] as const)('of %s has the samples that avifdec decodes', async (format, pixelFormat, args) => {
    const path = await encode(format, PICTURE, pixelFormat, ...args)
    const [frame] = await decodeFile(path)
    expect(frame!.format).toBe(format)
    expect(frame!.colorSpace.toJSON()).toEqual(JFIF)
    await execute('avifdec', [path, `${path}.y4m`])
    const y4m = await readFile(`${path}.y4m`)
    expect(Buffer.compare(await pixelsOf(frame!), y4m.subarray(y4m.indexOf('FRAME\n') + 6))).toBe(0)
    frame!.close()
  })

  it.each([
    ['lossless', PICTURE, ['-l'], 'BGRX'],
    ['with alpha', TRANSLUCENT, [], 'BGRA'],
    ['monochrome', PICTURE, ['-y', '400'], 'BGRX'],
  ] as const)('%s has the pixels that avifdec decodes', async (name, source, args, format) => {
    const path = await encode(name, source, 'rgba', ...args)
    const [frame] = await decodeFile(path)
    expect(frame!.format).toBe(format)
    await execute('avifdec', ['-d', '8', path, `${path}.png`])
    expect(maxDifference(await rgbaOf(frame!), await ffmpegPixels(`${path}.png`, 'rgba'))).toBeLessThanOrEqual(1)
    frame!.close()
  })

  it('tells how irot and imir turn it', async () => {
    const path = await encode('turned', PICTURE, 'rgb24', '-y', '420', '--irot', '1', '--imir', '0')
    const [frame] = await decodeFile(path)
    // A quarter anticlockwise and then top to bottom.
    expect(frame).toMatchObject({ rotation: 90, flip: true, codedWidth: 96, displayWidth: 64, displayHeight: 96 })
    frame!.close()
  })
})

it('decodes lossless JPEG XL exactly', async () => {
  const png = await still(TRANSLUCENT, 'rgba', 'png')
  const path = join(folder, 'lossless.jxl')
  await execute('cjxl', [png, path, '-d', '0', '-e', '3'])
  const [frame] = await decodeFile(path)
  expect(frame!.format).toBe('BGRA')
  expect(Buffer.compare(await rgbaOf(frame!), await ffmpegPixels(png, 'rgba'))).toBe(0)
  frame!.close()
})

describe('EXIF orientation', () => {
  const turns = [
    [1, 0, false],
    [2, 0, true],
    [3, 180, false],
    [4, 180, true],
    [5, 90, true],
    [6, 90, false],
    [7, 270, true],
    [8, 270, false],
  ] as const

  it.each(turns)('%i of a JPEG is rotation %i and flip %s', async (orientation, rotation, flip) => {
    const jpeg = await readFile(await still(PICTURE, 'yuvj420p', 'jpg'))
    const plain = await decodeStill(jpeg, 'image/jpeg')
    for (const bigEndian of [false, true]) {
      const frame = await decodeStill(withExif(jpeg, exifBlock(orientation, { bigEndian })), 'image/jpeg')
      const [displayWidth, displayHeight] = orientation > 4 ? [64, 96] : [96, 64]
      expect(frame).toMatchObject({ rotation, flip, codedWidth: 96, codedHeight: 64, displayWidth, displayHeight })
      expect(Buffer.compare(await pixelsOf(frame), await pixelsOf(plain))).toBe(0)
      frame.close()
    }
    plain.close()
  })

  it('is read from PNG and WebP', async () => {
    const path = await still(PICTURE, 'rgb24', 'png')
    const png = await readFile(path)
    const headerEnd = 33
    const turned = Buffer.concat([png.subarray(0, headerEnd), pngChunk('eXIf', exifBlock(6)), png.subarray(headerEnd)])
    const fromPng = await decodeStill(turned, 'image/png')
    expect(fromPng).toMatchObject({ rotation: 90, flip: false, displayWidth: 64, displayHeight: 96 })
    fromPng.close()

    const [plain, exif, webp] = ['plain.webp', 'exif', 'turned.webp'].map((name) => join(folder, name))
    await execute('cwebp', ['-quiet', path, '-o', plain!])
    await writeFile(exif!, exifBlock(8))
    await execute('webpmux', ['-set', 'exif', exif!, plain!, '-o', webp!])
    const [fromWebp] = await decodeFile(webp!)
    expect(fromWebp).toMatchObject({ rotation: 270, flip: false, displayWidth: 64, displayHeight: 96 })
    fromWebp!.close()
  })
})

describe('colour profiles', () => {
  const SRGB_CURVE = [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045]
  const DISPLAY_P3 = [
    [0.5151, 0.2412, -0.0011],
    [0.292, 0.6922, 0.0419],
    [0.1571, 0.0666, 0.7841],
  ]
  const ADOBE_RGB = [
    [0.6097, 0.3111, 0.0195],
    [0.2053, 0.6257, 0.0609],
    [0.1492, 0.0632, 0.7446],
  ]
  const color = [40, 200, 120] as const

  it('are told where the specification has names for them, and leave the pixels alone', async () => {
    const frame = await decodeStill(pngWithProfile(color, iccProfile(DISPLAY_P3, SRGB_CURVE)), 'image/png')
    expect(frame.colorSpace.toJSON()).toEqual({ ...SRGB, primaries: 'smpte432' })
    const bytes = new Uint8Array(4)
    await frame.copyTo(bytes)
    expect([...bytes.subarray(0, 3)]).toEqual([...color].reverse())
    frame.close()
  })

  it('are converted to sRGB where it has none', async () => {
    const frame = await decodeStill(pngWithProfile(color, iccProfile(ADOBE_RGB, [2.19921875])), 'image/png')
    expect(frame.colorSpace.toJSON()).toEqual(SRGB)
    // Red is outside sRGB; green and blue by the matrices and curves of both.
    const [red, green, blue] = await rgbaOf(frame)
    expect(red).toBe(0)
    expect(Math.abs(green! - 202)).toBeLessThanOrEqual(2)
    expect(Math.abs(blue! - 118)).toBeLessThanOrEqual(2)
    frame.close()
  })

  it('are ignored with colorSpaceConversion "none"', async () => {
    const png = pngWithProfile(color, iccProfile(ADOBE_RGB, [2.19921875]))
    const frame = await decodeStill(png, 'image/png', { colorSpaceConversion: 'none' })
    expect(frame.colorSpace.toJSON()).toEqual(SRGB)
    expect([...(await rgbaOf(frame)).subarray(0, 3)]).toEqual([...color])
    frame.close()
  })
})

describe('desiredWidth and desiredHeight', () => {
  it.each([
    ['jpg', 'yuvj420p', 'I420'],
    ['png', 'rgba', 'BGRA'],
  ])('scale a %s as it is shown', async (extension, pixelFormat, format) => {
    const path = await still(extension === 'png' ? TRANSLUCENT : PICTURE, pixelFormat, extension)
    const [frame] = await decodeFile(path, { desiredWidth: 48, desiredHeight: 32 })
    expect(frame).toMatchObject({ format, codedWidth: 48, codedHeight: 32, displayWidth: 48, displayHeight: 32 })
    const [whole] = await decodeFile(path)
    const [small, large] = [await rgbaOf(frame!), await rgbaOf(whole!)]
    const mean = (pixels: Uint8Array) => pixels.reduce((sum, value) => sum + value, 0) / pixels.length
    expect(Math.abs(mean(small) - mean(large))).toBeLessThan(1.5)
    frame!.close()
    whole!.close()
  })

  it('mean the turned picture', async () => {
    const jpeg = withExif(await readFile(await still(PICTURE, 'yuvj420p', 'jpg')), exifBlock(6))
    const frame = await decodeStill(jpeg, 'image/jpeg', { desiredWidth: 32, desiredHeight: 48 })
    expect(frame).toMatchObject({ codedWidth: 48, codedHeight: 32, displayWidth: 32, displayHeight: 48, rotation: 90 })
    frame.close()
  })
})
