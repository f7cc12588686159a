import type * as WebCodecs from '../../../lib/index.js'
import type { Random } from './random.js'
import { type Api, digest, errorName, type Plain, plain, show, type Trace } from './trace.js'
import { badBuffer, bufferOf, colorSpaceInit, maybe, mostly, observed, oddity } from './values.js'

type Frame = WebCodecs.VideoFrame

/** The formats that both sides have: bytes of a sample, sub-sampling, and number of planes. */
const formats = {
  I420: [1, 2, 2, 3],
  I420P10: [2, 2, 2, 3],
  I420P12: [2, 2, 2, 3],
  I420A: [1, 2, 2, 4],
  I420AP10: [2, 2, 2, 4],
  I422: [1, 2, 1, 3],
  I422P10: [2, 2, 1, 3],
  I422P12: [2, 2, 1, 3],
  I422A: [1, 2, 1, 4],
  I422AP10: [2, 2, 1, 4],
  I444: [1, 1, 1, 3],
  I444P10: [2, 1, 1, 3],
  I444P12: [2, 1, 1, 3],
  I444A: [1, 1, 1, 4],
  I444AP10: [2, 1, 1, 4],
  NV12: [1, 2, 2, 2],
  RGBA: [4, 1, 1, 1],
  RGBX: [4, 1, 1, 1],
  BGRA: [4, 1, 1, 1],
  BGRX: [4, 1, 1, 1],
} as const
type Format = keyof typeof formats
const formatNames = Object.keys(formats) as Format[]

const attributes = [
  ...['format', 'codedWidth', 'codedHeight', 'codedRect', 'visibleRect', 'rotation', 'flip'],
  ...['displayWidth', 'displayHeight', 'duration', 'timestamp', 'colorSpace'],
] as (keyof Frame)[]

const bufferInitMembers = [
  ...['codedHeight', 'codedWidth', 'colorSpace', 'displayHeight', 'displayWidth', 'duration', 'flip', 'format'],
  ...['layout', 'rotation', 'timestamp', 'transfer', 'visibleRect'],
]

/** Width in bytes and number of rows of each plane. */
function planesOf(format: Format, width: number, height: number): { rowBytes: number; rows: number }[] {
  const [sampleBytes, across, down, count] = formats[format]
  const full = { rowBytes: width * sampleBytes, rows: height }
  const chromaWidth = Math.ceil(width / across) * sampleBytes
  const chroma = { rowBytes: count === 2 ? chromaWidth * 2 : chromaWidth, rows: Math.ceil(height / down) }
  return [full, chroma, chroma, full].slice(0, count)
}

/** Planes one after the other, with gaps and padded rows. */
function layoutFor(random: Random, planes: { rowBytes: number; rows: number }[]): WebCodecs.PlaneLayout[] {
  let offset = 0
  return planes.map(({ rowBytes, rows }) => {
    offset += random.pick([0, 0, 3, 16])
    const stride = rowBytes + random.pick([0, 0, 1, 6])
    const plane = { offset, stride }
    offset += stride * rows
    return plane
  })
}

function spoil(random: Random, layout: WebCodecs.PlaneLayout[]): unknown {
  return random.pick<() => unknown>([
    () => layout.slice(1),
    () => [...layout, { offset: 0, stride: 8 }],
    () => layout.map(({ offset }) => ({ offset, stride: 1 })),
    () => layout.map(({ stride }) => ({ offset: 0, stride })),
    () => layout.map(({ offset }) => ({ offset })),
    () => layout.map(({ stride }) => ({ offset: 2 ** 32 - 1, stride })),
    () => oddity(random),
  ])()
}

const maybeLayout = (random: Random, planes: { rowBytes: number; rows: number }[], probability = 0.3) =>
  maybe(
    random,
    'layout',
    () => {
      const layout = layoutFor(random, planes)
      return random.chance(0.3) ? spoil(random, layout) : layout
    },
    probability,
  )

/** A rectangle, mostly within the picture and mostly aligned to the samples of its format. */
function rectFor(random: Random, format: Format, width: number, height: number): object {
  const [, across, down] = formats[format]
  const aligned = random.chance(0.8)
  const x = aligned ? random.integer(0, (width - 1) / across) * across : random.integer(0, width)
  const y = aligned ? random.integer(0, (height - 1) / down) * down : random.integer(0, height)
  const rect = {
    x,
    y,
    width: random.integer(1, Math.max(1, width - x)),
    height: random.integer(1, Math.max(1, height - y)),
  }
  if (random.chance(0.1)) return { ...rect, [random.pick(['x', 'y', 'width', 'height'])]: oddity(random) }
  if (random.chance(0.1)) return { x: random.integer(-2, 2), width: random.integer(0, width + 1) }
  return rect
}

const presentation = (random: Random) => ({
  ...maybe(random, 'duration', () => mostly(random, () => random.integer(0, 1e6), 0.1)),
  ...maybe(random, 'rotation', () =>
    mostly(random, () => random.pick([0, 90, 180, 270, -90, 450, 44, 45, 135.5]), 0.1),
  ),
  ...maybe(random, 'flip', () => mostly(random, () => random.chance(0.5), 0.1)),
  ...maybe(random, 'displayWidth', () => mostly(random, () => random.integer(1, 90)), 0.2),
  ...maybe(random, 'displayHeight', () => mostly(random, () => random.integer(1, 90)), 0.2),
})

/** What the data holds, as the case has it in mind. */
interface Picture {
  format: Format
  width: number
  height: number
  /** Whether the planes follow each other without padding. */
  isTight: boolean
}

interface Source {
  data: unknown
  init: object
  picture: Picture
}

function bufferSource(random: Random): Source {
  const format = random.pick(formatNames)
  const [width, height] = [random.integer(1, 24), random.integer(1, 24)]
  const planes = planesOf(format, width, height)
  const layout = maybeLayout(random, planes)
  const needed = planes.reduce((sum, { rowBytes, rows }) => sum + rowBytes * rows, 0)
  const given = layout['layout'] ? needed + 400 : needed
  const bytes = random.bytes(Math.max(0, given + random.pick([0, 0, 0, 0, 7, -1])))
  const data = random.chance(0.04) ? badBuffer(random) : bufferOf(random, bytes)
  const own = ArrayBuffer.isView(data) ? data.buffer : data
  const init = {
    ...maybe(random, 'format', () => mostly(random, () => format, 0.03), 0.98),
    ...maybe(random, 'codedWidth', () => mostly(random, () => width, 0.04), 0.98),
    ...maybe(random, 'codedHeight', () => mostly(random, () => height, 0.04), 0.98),
    ...maybe(random, 'timestamp', () => mostly(random, () => random.integer(-1e6, 1e9)), 0.98),
    ...layout,
    ...presentation(random),
    ...maybe(random, 'visibleRect', () => rectFor(random, format, width, height)),
    ...maybe(random, 'colorSpace', () => mostly(random, () => colorSpaceInit(random, 0.02)), 0.4),
    ...maybe(
      random,
      'transfer',
      () => random.pick<unknown>([[own], [own, own], [new ArrayBuffer(2)], oddity(random)]),
      0.15,
    ),
  }
  return { data, init, picture: { format, width, height, isTight: !layout['layout'] } }
}

function noteAttributes(frame: Frame, trace: Trace): void {
  for (const key of attributes) trace.attempt(`VideoFrame.${key}`, '', () => frame[key])
}

/**
 * Whether a conversion of this frame to RGB is settled: no tone is mapped, and nothing leads Chromium by a way of less
 * precision, as alpha (and the byte in its place), depth, odd sizes, padding and rectangles do.
 */
function convertsAlike(frame: Frame, { format, width, height, isTight }: Picture, options: object): boolean {
  const { primaries, transfer, matrix } = frame.colorSpace
  const plainTransfer = transfer === 'bt709' || transfer === 'smpte170m' || transfer === 'iec61966-2-1'
  const plainPrimaries = primaries === 'bt709' || primaries === 'smpte170m' || primaries === 'bt470bg'
  const isWhole =
    isTight && width % 2 === 0 && height % 2 === 0 && !('rect' in options) && frame.visibleRect?.width === width
  return plainTransfer && plainPrimaries && isWhole && matrix !== null && /^(I4..|NV12)$/.test(format)
}

function copyOptions(random: Random, { format, width, height }: Picture): { [key: string]: unknown } {
  const target = random.chance(0.3) ? (random.pick(['RGBA', 'RGBX', 'BGRA', 'BGRX', 'I420']) as Format) : undefined
  return {
    ...maybe(random, 'rect', () => rectFor(random, format, width, height)),
    ...maybeLayout(random, planesOf(target ?? format, width, height)),
    ...(target && { format: mostly(random, () => target, 0.05) }),
    ...maybe(random, 'colorSpace', () => mostly(random, () => 'srgb'), 0.1),
  }
}

async function copy(frame: Frame, picture: Picture, random: Random, trace: Trace): Promise<void> {
  const options = mostly<{ [key: string]: unknown }>(random, () => copyOptions(random, picture), 0.05)
  const size = trace.attempt('VideoFrame.allocationSize', show(options), () => frame.allocationSize(options))
  const bytes = new Uint8Array(Math.max(0, (size ?? 64) + random.pick([0, 0, 0, 9, -1])))
  const destination = random.chance(0.06) ? badBuffer(random) : bytes
  const converts = options?.['format'] !== undefined
  const alike = !converts || convertsAlike(frame, picture, options)
  const call = `${show(destination)}, ${show(options)}`
  const layout = await trace.attemptAsync('VideoFrame.copyTo', call, () => frame.copyTo(destination as never, options))
  if (!layout || destination !== bytes || !alike) return
  if (converts) trace.noteLevels('VideoFrame.copyTo', [...bytes])
  else trace.note('VideoFrame.copyTo', 'the bytes', 'ok', digest(bytes))
}

function frameInit(random: Random, { format, width, height }: Picture): object {
  return {
    ...maybe(random, 'timestamp', () => mostly(random, () => random.integer(-100, 1e6), 0.1)),
    ...maybe(random, 'alpha', () => mostly(random, () => random.pick(['keep', 'discard']), 0.1)),
    ...presentation(random),
    ...maybe(random, 'visibleRect', () => rectFor(random, format, width, height)),
  }
}

/** What can be done with a frame, in any order. */
const frameSteps: readonly ((
  api: Api,
  frame: Frame,
  picture: Picture,
  random: Random,
  trace: Trace,
) => Promise<Frame | undefined>)[] = [
  async (_, frame, picture, random, trace) => {
    await copy(frame, picture, random, trace)
    return undefined
  },
  async (_, frame, __, ___, trace) => trace.attempt('VideoFrame.clone', '', () => frame.clone()),
  async (_, frame, __, ___, trace) => {
    trace.attempt('VideoFrame.metadata', '', () => frame.metadata())
    return undefined
  },
  async (api, frame, picture, random, trace) => {
    const init = mostly(random, () => frameInit(random, picture), 0.05)
    return trace.attempt(
      'VideoFrame.constructor',
      `a frame, ${show(init)}`,
      () => new api.VideoFrame(frame, init as never),
    )
  },
]

/** Makes a frame of data, copies it, makes others of it, closes it, and does the same again. */
export async function runFrameCase(api: Api, random: Random, trace: Trace): Promise<void> {
  const { data, init, picture } = bufferSource(random)
  const order: string[] = []
  const argument = random.chance(0.2) ? observed(init, bufferInitMembers, order) : init
  const construct = () => new api.VideoFrame(data as never, argument as never)
  const first = trace.attempt('VideoFrame.constructor', `${show(data)}, ${show(init)}`, construct, () => null)
  trace.note('VideoFrame.constructor', 'members read', 'ok', order)
  trace.note('VideoFrame.constructor', 'the data afterwards', 'ok', plain(data))
  if (!first) return
  const frames = [first]
  noteAttributes(first, trace)
  for (let i = random.integer(2, 6); i > 0; i--) {
    const made = await random.pick(frameSteps)(api, random.pick(frames), picture, random, trace)
    if (made) {
      noteAttributes(made, trace)
      frames.push(made)
    }
    if (random.chance(0.2)) {
      const closing = random.pick(frames)
      trace.attempt('VideoFrame.close', '', () => closing.close())
      noteAttributes(closing, trace)
    }
  }
  for (const frame of frames) frame.close()
}

const mismatchedSources: ((api: Api) => unknown)[] = [
  () => ({}),
  () => ({ codedWidth: 4, codedHeight: 4, format: 'RGBA' }),
  () => ({ width: 4, height: 4, data: new Uint8ClampedArray(64) }),
  () => null,
  () => undefined,
  () => 'frame',
  (api) => new api.VideoColorSpace(),
]

/** Sources that are none, and arguments that are missing. */
export function runFrameSourceCase(api: Api, random: Random, trace: Trace): void {
  for (const make of mismatchedSources) {
    const source = make(api)
    const init = random.pick<unknown>([
      undefined,
      {},
      { timestamp: 0 },
      { timestamp: 0, codedWidth: 4, codedHeight: 4, format: 'RGBA' },
    ])
    trace.attempt(
      'VideoFrame.constructor',
      `${show(source)}, ${show(init)}`,
      () => new api.VideoFrame(source as never, init as never),
    )
  }
}

const metadataOutcome = (action: () => unknown): Plain => {
  try {
    return plain(action())
  } catch (error) {
    return errorName(error)
  }
}

/** A closed frame, everywhere that a frame can be used. */
export async function runClosedFrameCase(api: Api, random: Random, trace: Trace): Promise<void> {
  const format = random.pick(formatNames)
  const frame = new api.VideoFrame(random.bytes(4096), {
    format,
    codedWidth: 8,
    codedHeight: 8,
    timestamp: random.integer(0, 99),
  })
  frame.close()
  noteAttributes(frame, trace)
  trace.attempt('VideoFrame.close', 'again', () => frame.close())
  trace.attempt('VideoFrame.clone', 'closed', () => frame.clone())
  trace.attempt('VideoFrame.metadata', 'closed', () => frame.metadata())
  trace.attempt('VideoFrame.allocationSize', 'closed', () => frame.allocationSize())
  trace.attempt('VideoFrame.allocationSize', 'closed, not valid', () => frame.allocationSize({ rect: 7 } as never))
  await trace.attemptAsync('VideoFrame.copyTo', 'closed', () => frame.copyTo(new Uint8Array(4096)))
  await trace.attemptAsync('VideoFrame.copyTo', 'closed, without an argument', () =>
    Reflect.apply(frame.copyTo, frame, []),
  )
  trace.attempt('VideoFrame.constructor', 'closed', () => new api.VideoFrame(frame))
  trace.attempt(
    'VideoFrame.constructor',
    'closed, not valid',
    () => new api.VideoFrame(frame, { alpha: 'some' } as never),
  )
  const other = new api.VideoFrame(new Uint8Array(64), { format: 'RGBA', codedWidth: 4, codedHeight: 4, timestamp: 1 })
  trace.note(
    'VideoFrame.metadata',
    'open',
    'ok',
    metadataOutcome(() => other.metadata()),
  )
  other.close()
}
