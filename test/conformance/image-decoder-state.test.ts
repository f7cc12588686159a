/** ImageDecoder as a state machine: what it takes, waits for, aborts and refuses. */
import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { counters, ImageDecoder, ImageTrack, ImageTrackList, VideoFrame } from '../../lib/index.js'
import { turnOfEventLoop } from '../helpers/fake-binding.js'
import {
  decodeStill,
  joinGif,
  letterGif,
  lettersOf,
  makeImage,
  PICTURE,
  PNG_SIGNATURE,
  pngChunk,
  pngHeader,
  rgbaOf,
} from '../helpers/images.js'

const gif = letterGif([{ picture: 'rg' }, { picture: 'gb' }, { picture: 'br' }], { loop: 0 })
const png = () => makeImage(PICTURE, ['-frames:v', '1', '-pix_fmt', 'rgb24'], 'png').then((path) => readFile(path))

/** A stream that the test feeds, and a decoder of it. */
function streaming(type = 'image/gif') {
  let controller!: ReadableStreamDefaultController<unknown>
  let cancelled: unknown
  const data = new ReadableStream({
    start: (given) => {
      controller = given
    },
    cancel: (reason) => {
      cancelled = reason
    },
  })
  const decoder = new ImageDecoder({ data, type })
  return { decoder, controller, cancelReason: () => cancelled }
}

const nameOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: Error) => error.name,
  )

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending')
  for (let turn = 0; turn < 20; turn++) await turnOfEventLoop()
  return (await Promise.race([promise, Promise.resolve(pending)])) === pending
}

describe('the constructor', () => {
  const data = joinGif(gif)
  const used = new ReadableStream()
  used.getReader()
  const detached = new ArrayBuffer(8)
  structuredClone(detached, { transfer: [detached] })

  it.each([
    ['nothing', undefined],
    ['no type', { data }],
    ['no data', { type: 'image/gif' }],
    ['a type that is no MIME type', { data, type: 'gif' }],
    ['data that are no bytes', { data: 'GIF89a', type: 'image/gif' }],
    ['empty data', { data: new Uint8Array(), type: 'image/gif' }],
    ['a detached buffer', { data: detached, type: 'image/gif' }],
    ['a locked stream', { data: used, type: 'image/gif' }],
    ['one desired side', { data, type: 'image/gif', desiredWidth: 3 }],
    ['a desired side out of range', { data, type: 'image/gif', desiredWidth: -1, desiredHeight: 3 }],
    ['an unknown colorSpaceConversion', { data, type: 'image/gif', colorSpaceConversion: 'srgb' }],
  ])('refuses %s', (_, init) => {
    expect(() => new ImageDecoder(init as never)).toThrow(TypeError)
  })

  it('refuses to transfer a buffer twice or a detached one', () => {
    const buffer = new ArrayBuffer(4)
    for (const transfer of [[buffer, buffer], [detached]]) {
      expect(() => new ImageDecoder({ data, type: 'image/gif', transfer })).toThrow(
        expect.objectContaining({ name: 'DataCloneError' }),
      )
    }
  })

  it('detaches what it is to transfer, and reads what it was given', async () => {
    const buffer = new Uint8Array(data).buffer
    const other = new ArrayBuffer(8)
    const decoder = new ImageDecoder({ data: new Uint8Array(buffer), type: 'image/gif', transfer: [buffer, other] })
    expect([buffer.byteLength, other.byteLength]).toEqual([0, 0])
    const { image } = await decoder.decode()
    expect(await lettersOf(image)).toBe('rg')
    image.close()
    decoder.close()
  })

  it('copies the data: what happens to it later does not matter', async () => {
    const copy = new Uint8Array(data)
    const decoder = new ImageDecoder({ data: copy, type: 'image/gif' })
    copy.fill(0)
    const { image } = await decoder.decode()
    expect(await lettersOf(image)).toBe('rg')
    image.close()
    decoder.close()
  })

  it('makes no tracks and no track lists for users', () => {
    expect(() => new ImageTrack()).toThrow(TypeError)
    expect(() => new ImageTrackList()).toThrow(TypeError)
  })
})

describe('isTypeSupported()', () => {
  it.each([
    ['image/png', true],
    ['IMAGE/PNG', true],
    ['image/gif; charset="x;y"', true],
    ['image/jpeg', true],
    ['image/webp', true],
    ['image/avif', true],
    ['image/bmp', true],
    ['image/svg+xml', false],
    ['image/junk', false],
  ])('of %s is %s', async (type, supported) => {
    expect(await ImageDecoder.isTypeSupported(type)).toBe(supported)
  })

  it.each(['', 'image', 'image/', 'image/png;', 'image /png', 'video/mp4', 'junk/type'])(
    'rejects "%s"',
    async (type) => {
      await expect(ImageDecoder.isTypeSupported(type)).rejects.toThrow(TypeError)
    },
  )
})

describe('a type that is not supported', () => {
  it('rejects all that can be waited for with a NotSupportedError', async () => {
    const decoder = new ImageDecoder({ data: new ReadableStream(), type: 'image/junk' })
    expect(await nameOf(decoder.decode())).toBe('NotSupportedError')
    expect(await nameOf(decoder.tracks.ready)).toBe('NotSupportedError')
    expect(await nameOf(decoder.completed)).toBe('NotSupportedError')
  })
})

describe('a buffer', () => {
  it('is complete at once', async () => {
    const decoder = new ImageDecoder({ data: joinGif(gif), type: 'image/gif' })
    expect(decoder.complete).toBe(true)
    await decoder.completed
    decoder.close()
  })

  it('shorter than its image has a track but no frame', async () => {
    const whole = await png()
    const decoder = new ImageDecoder({ data: whole.subarray(0, 400), type: 'image/png' })
    await decoder.tracks.ready
    await expect(decoder.decode()).rejects.toThrow(RangeError)
    await expect(decoder.decode({ frameIndex: 4_294_967_295 })).rejects.toThrow(RangeError)
    decoder.close()
  })

  it.each([
    ['of another format', 'image/jpeg'],
    ['of its own format', 'image/gif'],
  ])('that ends before an image begins, %s, closes the decoder with an InvalidStateError', async (_, type) => {
    const decoder = new ImageDecoder({ data: gif.header, type })
    const pending = nameOf(decoder.decode())
    expect(await nameOf(decoder.tracks.ready)).toBe('InvalidStateError')
    expect(await pending).toBe('InvalidStateError')
    expect(await nameOf(decoder.decode())).toBe('InvalidStateError')
    expect(decoder.type).toBe(type)
  })

  it('with damaged pixels closes the decoder with an EncodingError', async () => {
    const broken = await png()
    broken.fill(255, 60, 200)
    const decoder = new ImageDecoder({ data: broken, type: 'image/png' })
    expect(await nameOf(decoder.decode())).toBe('EncodingError')
    expect(await nameOf(decoder.decode())).toBe('InvalidStateError')
    expect(decoder.tracks.length).toBe(0)
  })

  it('with more pixels than are supported closes the decoder with a QuotaExceededError', async () => {
    const bomb = Buffer.concat([PNG_SIGNATURE, pngHeader(60_000, 60_000), pngChunk('IDAT', Buffer.alloc(10))])
    const decoder = new ImageDecoder({ data: bomb, type: 'image/png' })
    await expect(decoder.tracks.ready).rejects.toThrow(/60000x60000 pixels has more than/)
    expect(await nameOf(decoder.tracks.ready)).toBe('QuotaExceededError')
  })

  it('scaled to more pixels than are supported closes the decoder with a QuotaExceededError', async () => {
    const decoder = new ImageDecoder({
      data: joinGif(gif),
      type: 'image/gif',
      desiredWidth: 2 ** 32 - 1,
      desiredHeight: 30_000,
    })
    expect(await nameOf(decoder.decode())).toBe('QuotaExceededError')
  })
})

describe('a stream', () => {
  it('gives frames as they arrive, in order', async () => {
    const { decoder, controller } = streaming()
    controller.enqueue(gif.header)
    const frames = [0, 1, 2].map((frameIndex) => decoder.decode({ frameIndex }))
    expect(await isPending(decoder.tracks.ready)).toBe(true)
    controller.enqueue(gif.frames[0])
    await decoder.tracks.ready
    expect(decoder.tracks[0]).toMatchObject({ animated: true, frameCount: 1, selected: true })
    const { image, complete } = await frames[0]!
    expect([await lettersOf(image), complete]).toEqual(['rg', true])
    image.close()
    expect(await isPending(frames[1]!)).toBe(true)
    // Not before the frame that was asked for first.
    controller.enqueue(Buffer.concat([gif.frames[1]!, gif.frames[2]!]))
    const order: number[] = []
    for (const index of [2, 1]) void frames[index]!.then(() => order.push(index))
    for (const frame of frames.slice(1)) (await frame).image.close()
    expect(order).toEqual([1, 2])
    expect(decoder.tracks[0]!.frameCount).toBe(3)
    expect(decoder.complete).toBe(false)
    controller.close()
    await decoder.completed
    expect(decoder.complete).toBe(true)
    await expect(decoder.decode({ frameIndex: 3 })).rejects.toThrow(RangeError)
    decoder.close()
  })

  it('of single bytes gives the same pixels as the whole', async () => {
    const whole = await png()
    const { decoder, controller } = streaming('image/png')
    for (const byte of whole) controller.enqueue(Uint8Array.of(byte))
    controller.close()
    const [{ image }, expected] = [await decoder.decode(), await decodeStill(whole, 'image/png')]
    expect(Buffer.compare(await rgbaOf(image), await rgbaOf(expected))).toBe(0)
    for (const frame of [image, expected]) frame.close()
    decoder.close()
  })

  it.each(['jpg', 'gif', 'bmp', 'png'])('of a %s in pieces gives the same pixels as the whole', async (extension) => {
    const path = await makeImage(PICTURE, ['-frames:v', '1'], extension)
    const type = { jpg: 'image/jpeg', gif: 'image/gif', bmp: 'image/bmp', png: 'image/png' }[extension]!
    const whole = await readFile(path)
    const { decoder, controller } = streaming(type)
    for (let at = 0; at < whole.length; at += 97) controller.enqueue(whole.subarray(at, at + 97))
    controller.close()
    const [{ image }, expected] = [await decoder.decode(), await decodeStill(whole, type)]
    expect(Buffer.compare(await rgbaOf(image), await rgbaOf(expected))).toBe(0)
    for (const frame of [image, expected]) frame.close()
    decoder.close()
  })

  it('that ends rejects the frames that did not come', async () => {
    const { decoder, controller } = streaming()
    controller.enqueue(Buffer.concat([gif.header, gif.frames[0]!]))
    const missing = decoder.decode({ frameIndex: 1 })
    controller.close()
    await expect(missing).rejects.toThrow(RangeError)
    const { image } = await decoder.decode()
    image.close()
    decoder.close()
  })

  it('that fails closes the decoder with a NotReadableError', async () => {
    const { decoder, controller } = streaming()
    controller.enqueue(Buffer.concat([gif.header, gif.frames[0]!]))
    await decoder.tracks.ready
    const waiting = nameOf(decoder.decode({ frameIndex: 2 }))
    controller.error(new Error('the network is gone'))
    expect(await waiting).toBe('NotReadableError')
    expect(await nameOf(decoder.completed)).toBe('NotReadableError')
  })

  it('of something else than bytes closes the decoder with a DataError', async () => {
    const { decoder, controller, cancelReason } = streaming()
    controller.enqueue('GIF89a')
    expect(await nameOf(decoder.tracks.ready)).toBe('DataError')
    expect(cancelReason()).toMatchObject({ name: 'DataError' })
  })

  it('is cancelled when the decoder is closed', async () => {
    const { decoder, controller, cancelReason } = streaming()
    controller.enqueue(gif.header)
    decoder.close()
    expect(cancelReason()).toMatchObject({ name: 'AbortError' })
    expect(await nameOf(decoder.tracks.ready)).toBe('AbortError')
    expect(await nameOf(decoder.completed)).toBe('AbortError')
  })
})

describe('a progressive JPEG', () => {
  const progressive = async () => {
    const bmp = await makeImage('testsrc2=size=64x64', ['-frames:v', '1', '-pix_fmt', 'bgr24'], 'bmp')
    return execFileSync('cjpeg', ['-progressive', '-quality', '90', bmp])
  }

  /** The file divided behind each scan and the marker after it, which tells that it has ended. */
  function divideByScans(jpeg: Buffer): Buffer[] {
    const starts: number[] = []
    for (let at = jpeg.indexOf('ffda', 0, 'hex'); at >= 0; at = jpeg.indexOf('ffda', at + 2, 'hex')) starts.push(at)
    const ends = [...starts.slice(1).map((start) => start + 2), jpeg.length]
    return ends.map((end, index) => jpeg.subarray(index === 0 ? 0 : ends[index - 1], end))
  }

  it('comes with more and more detail where that is asked for', async () => {
    const whole = await progressive()
    const expected = await decodeStill(whole, 'image/jpeg')
    const target = await rgbaOf(expected)
    expected.close()
    const { decoder, controller } = streaming('image/jpeg')
    const scans = divideByScans(whole)
    expect(scans.length).toBeGreaterThan(3)
    const errors: number[] = []
    for (const [index, scan] of scans.entries()) {
      controller.enqueue(scan)
      const { image, complete } = await decoder.decode({ completeFramesOnly: false })
      const pixels = await rgbaOf(image)
      image.close()
      errors.push(pixels.reduce((sum, value, at) => sum + Math.abs(value - target[at]!), 0))
      expect(complete).toBe(index === scans.length - 1)
    }
    // A scan that refines one coefficient may move a few samples the other way.
    for (const [index, error] of errors.slice(1).entries()) expect(error).toBeLessThan(errors[index]! * 1.01)
    expect(errors.at(0)).toBeGreaterThan(errors.at(-2)!)
    expect(errors.at(-1)).toBe(0)
    decoder.close()
  })

  it('waits for all of it where it is not', async () => {
    const { decoder, controller } = streaming('image/jpeg')
    const scans = divideByScans(await progressive())
    for (const scan of scans.slice(0, -1)) controller.enqueue(scan)
    const result = decoder.decode()
    expect(await isPending(result)).toBe(true)
    controller.enqueue(scans.at(-1))
    const { image, complete } = await result
    expect(complete).toBe(true)
    image.close()
    decoder.close()
  })
})

describe('reset()', () => {
  it('rejects what is pending, and lets work go on', async () => {
    const { decoder, controller } = streaming()
    controller.enqueue(Buffer.concat([gif.header, gif.frames[0]!]))
    const pending = [decoder.decode(), decoder.decode({ frameIndex: 1 })].map(nameOf)
    decoder.reset()
    expect(await Promise.all(pending)).toEqual(['AbortError', 'AbortError'])
    await decoder.tracks.ready
    const { image } = await decoder.decode()
    expect(await lettersOf(image)).toBe('rg')
    image.close()
    decoder.close()
  })

  it('frees the frames that were under way', async () => {
    const data = joinGif(gif)
    for (let round = 0; round < 50; round++) {
      const decoder = new ImageDecoder({ data, type: 'image/gif' })
      await decoder.tracks.ready
      const pending = [0, 2].map((frameIndex) =>
        decoder.decode({ frameIndex }).then(
          ({ image }) => image.close(),
          () => {},
        ),
      )
      if (round % 3 === 0) await turnOfEventLoop()
      if (round % 2 === 0) decoder.reset()
      else decoder.close()
      await Promise.all(pending)
      decoder.close()
    }
    await expect.poll(() => counters().codecs).toBe(0)
    await expect.poll(() => counters().bytes).toBe(0)
  })
})

describe('counters()', () => {
  it('count the bytes of the file and of the pictures until they are closed', async () => {
    const data = await png()
    const { imageBytes, pictureBytes } = counters()
    const decoder = new ImageDecoder({ data, type: 'image/png' })
    const { image } = await decoder.decode()
    expect(counters().imageBytes - imageBytes).toBeGreaterThanOrEqual(data.length)
    expect(counters().pictureBytes - pictureBytes).toBeGreaterThanOrEqual(image.allocationSize())
    image.close()
    decoder.close()
    await expect.poll(() => counters().imageBytes).toBe(imageBytes)
    expect(counters().pictureBytes).toBe(pictureBytes)
  })
})

describe('close()', () => {
  it('is final, and harmless when repeated', async () => {
    const decoder = new ImageDecoder({ data: joinGif(gif), type: 'image/gif' })
    await decoder.tracks.ready
    const { tracks } = decoder
    const track = tracks[0]!
    decoder.close()
    decoder.close()
    decoder.reset()
    expect([decoder.type, tracks.length, tracks.selectedIndex, tracks.selectedTrack, tracks[0]]).toEqual([
      '',
      0,
      -1,
      null,
      undefined,
    ])
    track.selected = false
    expect(track.selected).toBe(true)
    expect(await nameOf(decoder.decode())).toBe('InvalidStateError')
    await tracks.ready
  })

  it('leaves frames open that were given out', async () => {
    const decoder = new ImageDecoder({ data: joinGif(gif), type: 'image/gif' })
    const { image } = await decoder.decode({ frameIndex: 1 })
    decoder.close()
    expect(image).toBeInstanceOf(VideoFrame)
    expect(await lettersOf(image)).toBe('gb')
    image.close()
  })
})

describe('tracks', () => {
  it('are selected one at a time, and abort decoding when they change', async () => {
    const { decoder, controller } = streaming()
    controller.enqueue(Buffer.concat([gif.header, gif.frames[0]!]))
    await decoder.tracks.ready
    const pending = nameOf(decoder.decode({ frameIndex: 2 }))
    const track = decoder.tracks.selectedTrack!
    track.selected = false
    expect(await pending).toBe('AbortError')
    expect([decoder.tracks.selectedIndex, decoder.tracks.selectedTrack]).toEqual([-1, null])
    expect(await nameOf(decoder.decode())).toBe('InvalidStateError')
    track.selected = true
    expect([decoder.tracks.selectedIndex, decoder.tracks.selectedTrack]).toEqual([0, track])
    ;(await decoder.decode()).image.close()
    decoder.close()
  })

  it('are iterable, and cannot be replaced', async () => {
    const decoder = new ImageDecoder({ data: joinGif(gif), type: 'image/gif' })
    await decoder.tracks.ready
    expect([...decoder.tracks]).toEqual([decoder.tracks[0]])
    expect(() => {
      ;(decoder.tracks as unknown as unknown[])[0] = null
    }).toThrow(TypeError)
    decoder.close()
  })
})
