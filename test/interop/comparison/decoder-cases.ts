import type * as WebCodecs from '../../../lib/index.js'
import type { SoundStream } from '../scripts/audio.js'
import type { StreamChunk } from '../scripts/codec.js'
import { constructBadly, noteSupport, pickStep, type Steps, Walk } from './codec-walk.js'
import type { ImageFixture } from './image-cases.js'
import type { Random } from './random.js'
import { type Api, digest, plain, show, type Trace } from './trace.js'
import { badBuffer, colorSpaceInit, maybe, mostly } from './values.js'

/** What both sides can decode. */
export interface Fixtures {
  /** Each begins with a key chunk, with its decoder configuration. */
  streams: StreamChunk[][]
  sounds: SoundStream[]
  images: ImageFixture[]
}

type Frame = WebCodecs.VideoFrame

const configMembers = [
  ...['codec', 'codedHeight', 'codedWidth', 'colorSpace', 'description', 'displayAspectHeight', 'displayAspectWidth'],
  ...['flip', 'hardwareAcceleration', 'optimizeForLatency', 'rotation'],
]

/** Strings that no side supports, and some that are not valid at all. */
const strangeCodecs = [
  '',
  ' ',
  'vp9',
  'vp09',
  'av1',
  'avc1',
  'avc1.42001',
  'mp4a.40.2',
  'theora',
  'VP8',
  ' vp8',
  'bogus',
  'vp08.00.10.08',
]

function strangeConfig(random: Random, codec: string): object {
  return {
    ...maybe(random, 'codec', () => mostly(random, () => random.pick([...strangeCodecs, codec, codec]), 0.1), 0.95),
    ...maybe(random, 'codedWidth', () => mostly(random, () => random.pick([0, 64, 64]), 0.2), 0.4),
    ...maybe(random, 'codedHeight', () => mostly(random, () => random.pick([0, 64, 64]), 0.2), 0.4),
    ...maybe(random, 'displayAspectWidth', () => mostly(random, () => random.integer(0, 40), 0.1)),
    ...maybe(random, 'displayAspectHeight', () => mostly(random, () => random.integer(0, 40), 0.1)),
    ...maybe(random, 'colorSpace', () => mostly(random, () => colorSpaceInit(random), 0.1)),
    ...maybe(random, 'hardwareAcceleration', () => mostly(random, () => 'no-preference', 0.2)),
    ...maybe(random, 'optimizeForLatency', () => mostly(random, () => true, 0.2)),
    ...maybe(random, 'rotation', () => mostly(random, () => random.pick([0, 90, 45]), 0.2)),
    ...maybe(random, 'flip', () => mostly(random, () => true, 0.2)),
    ...maybe(random, 'description', () => badBuffer(random), 0.1),
  }
}

/** The stream's configuration, with what an author can add. */
function goodConfig(random: Random, [first]: StreamChunk[]): object {
  return {
    ...first!.decoderConfig,
    ...(random.chance(0.3) && {
      displayAspectWidth: random.integer(1, 40),
      displayAspectHeight: random.integer(1, 40),
    }),
    ...maybe(random, 'optimizeForLatency', () => random.chance(0.5)),
    ...maybe(random, 'rotation', () => random.pick([0, 90, 180, 270, 44, -90])),
    ...maybe(random, 'flip', () => random.chance(0.5)),
  }
}

/** `pass` makes each timestamp come once: what comes of two equal ones differs. */
const chunkOf = (api: Api, { type, timestamp, data }: StreamChunk, pass: number) =>
  new api.EncodedVideoChunk({ type, timestamp: timestamp + pass * 1_000_000, data, duration: 1000 + pass })

/** Outputs are read and closed in idle moments, as reading takes a while. */
async function readFrames(frames: Frame[], trace: Trace): Promise<void> {
  for (const frame of frames.splice(0)) {
    const pixels = new Uint8Array(frame.allocationSize())
    await frame.copyTo(pixels)
    const { format, displayWidth, displayHeight, rotation, flip, colorSpace, visibleRect } = frame
    const rest = { visibleRect: plain(visibleRect), colorSpace: plain(colorSpace), pixels: digest(pixels) }
    trace.note('output', 'frame', 'ok', { format, displayWidth, displayHeight, rotation, flip, ...rest })
    frame.close()
  }
}

/** A walk through the states of a decoder. */
export async function runDecoderCase(api: Api, random: Random, trace: Trace, fixtures: Fixtures): Promise<void> {
  if (random.chance(0.1)) constructBadly(trace, 'VideoDecoder', api.VideoDecoder)
  const stream = random.pick(fixtures.streams)
  const frames: Frame[] = []
  const walk = new Walk<WebCodecs.VideoDecoder>(trace, 'VideoDecoder', 'decodeQueueSize')
  const init = walk.callbacks((frame: Frame) => {
    frames.push(frame)
    return { timestamp: frame.timestamp, duration: frame.duration }
  })
  const decoder = trace.attempt('VideoDecoder.constructor', '', () => new api.VideoDecoder(init))!
  walk.begin(decoder)
  let next = 0
  let pass = 0
  // Mostly decoding begins at the key chunk again where it must.
  const rewind = () => {
    if (random.chance(0.9)) next = 0
    pass++
  }
  const decode = (chunk: unknown, call: string) => walk.attempt('decode', call, () => decoder.decode(chunk as never))
  const configure = (config: object) => {
    walk.attempt('configure', show(config), () => decoder.configure(config as never))
    rewind()
  }
  const steps: Steps = [
    [4, () => configure(goodConfig(random, stream))],
    [2, () => configure(strangeConfig(random, stream[0]!.decoderConfig!.codec))],
    [
      8,
      () => {
        for (let count = random.integer(1, 4); count > 0 && next < stream.length; count--) {
          decode(chunkOf(api, stream[next]!, pass), `chunk ${next}, ${stream[next]!.type}`)
          if (decoder.state === 'configured') next++
        }
      },
    ],
    [1, () => decode(random.pick<unknown>([{}, null, undefined, new ArrayBuffer(4)]), 'no chunk')],
    [
      2,
      () => {
        walk.attempt('flush', '', () => walk.flush())
        rewind()
      },
    ],
    [
      1,
      () => {
        walk.reset()
        rewind()
      },
    ],
    [0.5, () => walk.close()],
    [
      3,
      async () => {
        await walk.idle()
        rewind()
      },
    ],
    [1, () => walk.setHandler(random.pick<unknown>([null, undefined, 5, 'x', {}, () => {}]))],
    [
      2,
      async () => {
        // While this waits, work would go on.
        await walk.idle()
        rewind()
        const config = random.chance(0.5) ? goodConfig(random, stream) : strangeConfig(random, 'vp8')
        await noteSupport(api.VideoDecoder, config, configMembers, random, trace)
      },
    ],
  ]
  // Most walks begin as a program would.
  if (random.chance(0.7)) configure(goodConfig(random, stream))
  for (let i = random.integer(5, 14); i > 0; i--) await pickStep(random, steps)()
  await walk.idle()
  await readFrames(frames, trace)
  walk.noteDequeues()
  walk.close()
}
