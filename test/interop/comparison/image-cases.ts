import type * as WebCodecs from '../../../lib/index.js'
import type { Fixtures } from './decoder-cases.js'
import type { Random } from './random.js'
import { type Api, digest, type Plain, plain, show, type Trace } from './trace.js'
import { badBuffer, bufferOf, maybe, mostly, observed, oddity } from './values.js'

/** An image file that both sides can decode. */
export interface ImageFixture {
  type: string
  data: Uint8Array
  /** Whether pixels are coded without loss, so that each decoder has the same. */
  exact: boolean
}

const initMembers = [
  ...['colorSpaceConversion', 'data', 'desiredHeight', 'desiredWidth', 'preferAnimation', 'transfer', 'type'],
]
const types = [
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/bmp',
  'image/avif',
  'image/x',
  'text/plain',
  'png',
  '',
]

function source(random: Random, bytes: Uint8Array): unknown {
  if (random.chance(0.06)) return badBuffer(random)
  if (random.chance(0.3)) return streamOf(random, bytes)
  return bufferOf(random, bytes)
}

/** The bytes in pieces, each when it is asked for. */
function streamOf(random: Random, bytes: Uint8Array): ReadableStream<Uint8Array> {
  const pieces = random.integer(1, 5)
  let next = 0
  return new ReadableStream({
    pull(controller) {
      const [from, to] = [next, next + 1].map((piece) => Math.floor((piece * bytes.length) / pieces))
      controller.enqueue(bytes.slice(from, to))
      if (++next === pieces) controller.close()
    },
  })
}

async function readImage({ image, complete }: WebCodecs.ImageDecodeResult, exact: boolean): Promise<Plain> {
  const pixels = new Uint8Array(image.allocationSize({ format: 'RGBA' }))
  await image.copyTo(pixels, { format: 'RGBA' })
  const { displayWidth, displayHeight, timestamp, duration, rotation, flip, visibleRect } = image
  const rest = { complete, visibleRect: plain(visibleRect), ...(exact && { pixels: digest(pixels) }) }
  image.close()
  return { displayWidth, displayHeight, timestamp, duration, rotation, flip, ...rest }
}

function noteTracks(decoder: WebCodecs.ImageDecoder, trace: Trace): void {
  const { tracks } = decoder
  trace.attempt('ImageTrackList.length', '', () => tracks.length)
  trace.attempt('ImageTrackList.selectedIndex', '', () => tracks.selectedIndex)
  trace.attempt('ImageTrackList.selectedTrack', '', () => tracks.selectedTrack === tracks[tracks.selectedIndex])
  for (let i = 0; i < tracks.length; i++) {
    const track = tracks[i]!
    for (const key of ['animated', 'frameCount', 'repetitionCount', 'selected'] as const) {
      trace.attempt(`ImageTrack.${key}`, `track ${i}`, () => track[key])
    }
  }
}

async function decode(decoder: WebCodecs.ImageDecoder, random: Random, trace: Trace, exact: boolean): Promise<void> {
  const options = mostly<unknown>(
    random,
    () => ({
      ...maybe(random, 'frameIndex', () => mostly(random, () => random.integer(0, 3), 0.08), 0.8),
      ...maybe(random, 'completeFramesOnly', () => true, 0.2),
    }),
    0.05,
  )
  const result = await trace.attemptAsync(
    'ImageDecoder.decode',
    show(options),
    () => decoder.decode(options as never),
    () => null,
  )
  if (result) trace.note('ImageDecoder.decode', 'the image', 'ok', await readImage(result, exact))
}

/** What the promise settles with, unless that takes too long to be meant. */
const soon = (promise: Promise<unknown>): Promise<unknown> =>
  Promise.race([promise, new Promise((resolve) => setTimeout(resolve, 500, 'pending'))])

/** Opens an image, decodes its frames in any order, resets and closes. */
export async function runImageCase(api: Api, random: Random, trace: Trace, fixtures: Fixtures): Promise<void> {
  const { type, data, exact } = random.pick(fixtures.images)
  const asked = mostly(random, () => (random.chance(0.9) ? type : random.pick(types)), 0.1)
  await trace.attemptAsync('ImageDecoder.isTypeSupported', show(asked), () => api.ImageDecoder.isTypeSupported(asked))
  const bytes = source(random, data)
  const own = ArrayBuffer.isView(bytes) ? bytes.buffer : bytes
  const init = {
    ...maybe(random, 'type', () => (random.chance(0.95) ? type : 'image/x'), 0.98),
    ...maybe(random, 'data', () => bytes, 0.98),
    ...maybe(random, 'colorSpaceConversion', () => mostly(random, () => random.pick(['default', 'none']), 0.1)),
    ...maybe(random, 'desiredWidth', () => oddity(random), 0.04),
    ...maybe(random, 'preferAnimation', () => random.chance(0.5)),
    ...maybe(random, 'transfer', () => random.pick<unknown>([[own], [own, own], [new ArrayBuffer(2)], 5]), 0.15),
  }
  const order: string[] = []
  const argument = random.chance(0.2) ? observed(init, initMembers, order) : init
  const decoder = trace.attempt('ImageDecoder.constructor', show(init), () => new api.ImageDecoder(argument as never))
  trace.note('ImageDecoder.constructor', 'members read', 'ok', order)
  if (!decoder) return
  trace.attempt('ImageDecoder.type', '', () => decoder.type)
  const { tracks } = decoder
  trace.attempt('ImageDecoder.tracks', 'the same', () => decoder.tracks === tracks)
  await trace.attemptAsync('ImageTrackList.ready', '', () => decoder.tracks.ready)
  await trace.attemptAsync('ImageDecoder.completed', '', () => soon(decoder.completed))
  trace.attempt('ImageDecoder.complete', '', () => decoder.complete)
  noteTracks(decoder, trace)
  for (let i = random.integer(1, 4); i > 0; i--) await decode(decoder, random, trace, exact)
  if (random.chance(0.3)) {
    const pending = decoder.decode()
    trace.attempt('ImageDecoder.reset', '', () => decoder.reset())
    await trace.attemptAsync(
      'ImageDecoder.decode',
      'before reset()',
      () => pending,
      () => null,
    )
    await decode(decoder, random, trace, exact)
  }
  if (random.chance(0.2)) {
    const track = decoder.tracks.selectedTrack
    if (track) trace.attempt('ImageTrack.selected', 'false', () => (track.selected = false))
    trace.attempt('ImageTrackList.selectedIndex', '', () => decoder.tracks.selectedIndex)
    await decode(decoder, random, trace, exact)
  }
  trace.attempt('ImageDecoder.close', '', () => decoder.close())
  trace.attempt('ImageDecoder.close', 'again', () => decoder.close())
  trace.attempt('ImageDecoder.complete', 'closed', () => decoder.complete)
  trace.attempt('ImageDecoder.type', 'closed', () => decoder.type)
  noteTracks(decoder, trace)
  trace.attempt('ImageDecoder.reset', 'closed', () => decoder.reset())
  await decode(decoder, random, trace, exact)
}
