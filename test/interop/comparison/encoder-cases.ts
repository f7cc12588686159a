import type * as WebCodecs from '../../../lib/index.js'
import { constructBadly, noteSupport, pickStep, type Steps, Walk } from './codec-walk.js'
import type { Random } from './random.js'
import { type Api, type Plain, plain, show, type Trace } from './trace.js'
import { maybe, mostly, oddity } from './values.js'

/** Codec strings that both sides encode. */
const codecs = ['vp8', 'vp09.00.10.08', 'avc1.42001f', 'av01.0.04M.08']
const strangeCodecs = [
  '',
  ' ',
  'vp9',
  'avc1',
  'avc1.42001',
  'mp4a.40.2',
  'theora',
  'VP8',
  ' vp8',
  'bogus',
  'av01',
  'hvc1',
]

/** The members of the specification and the codec registrations. */
const configMembers = [
  ...['alpha', 'avc', 'bitrate', 'bitrateMode', 'codec', 'contentHint', 'displayHeight', 'displayWidth', 'framerate'],
  ...['hardwareAcceleration', 'height', 'latencyMode', 'scalabilityMode', 'width'],
]

const size = { width: 64, height: 64 }

function goodConfig(random: Random): object {
  return {
    ...{ codec: random.pick(codecs), ...size, bitrate: 200_000, framerate: 30, latencyMode: 'realtime' },
    ...(random.chance(0.2) && { displayWidth: random.integer(1, 200), displayHeight: random.integer(1, 200) }),
    ...maybe(random, 'scalabilityMode', () => random.pick(['L1T1', 'L1T2', 'L1T3']), 0.2),
    ...maybe(random, 'bitrateMode', () => random.pick(['constant', 'variable']), 0.2),
    ...maybe(random, 'contentHint', () => random.pick(['text', 'motion', 'detail', '', 'some']), 0.1),
  }
}

function strangeConfig(random: Random): object {
  const side = (usual: number) => mostly(random, () => random.pick([usual, usual, 0, 65, 2 ** 20]), 0.1)
  return {
    ...maybe(
      random,
      'codec',
      () => mostly(random, () => random.pick([...strangeCodecs, ...codecs, ...codecs]), 0.1),
      0.95,
    ),
    ...maybe(random, 'width', () => side(size.width), 0.95),
    ...maybe(random, 'height', () => side(size.height), 0.95),
    ...maybe(random, 'displayWidth', () => mostly(random, () => random.integer(0, 200)), 0.2),
    ...maybe(random, 'displayHeight', () => mostly(random, () => random.integer(0, 200)), 0.2),
    ...maybe(random, 'bitrate', () => mostly(random, () => random.pick([0, 1, 300_000]), 0.2)),
    ...maybe(random, 'framerate', () => mostly(random, () => random.pick([0, 24, 29.97]), 0.2)),
    ...maybe(random, 'hardwareAcceleration', () => mostly(random, () => 'no-preference', 0.2), 0.1),
    ...maybe(random, 'alpha', () => mostly(random, () => 'discard', 0.2), 0.1),
    ...maybe(
      random,
      'scalabilityMode',
      () => mostly(random, () => random.pick(['L1T1', 'L1T4', 'bogus', '']), 0.1),
      0.15,
    ),
    ...maybe(random, 'bitrateMode', () => mostly(random, () => random.pick(['constant', 'variable']), 0.1), 0.15),
    ...maybe(random, 'latencyMode', () => mostly(random, () => 'realtime', 0.2)),
    ...maybe(random, 'avc', () => mostly(random, () => ({ format: mostly(random, () => 'annexb') }), 0.2), 0.1),
  }
}

const orientations = [{}, {}, {}, {}, {}, { rotation: 90 }, { flip: true }]

type Format = 'I420' | 'RGBA' | 'NV12'

function makeFrame(api: Api, random: Random, format: Format, index: number): WebCodecs.VideoFrame {
  const { width: codedWidth, height: codedHeight } = size
  const bytes = format === 'RGBA' ? 4 : 1.5
  const pixels = Uint8Array.from({ length: codedWidth * codedHeight * bytes }, (_, i) => (i + 8 * index) & 0xff)
  return new api.VideoFrame(pixels, {
    ...{ format, codedWidth, codedHeight, timestamp: index * 33_333 },
    ...maybe(random, 'duration', () => 30_000 + index, 0.5),
    ...random.pick(orientations),
  })
}

/** Sizes and bytes are the encoder's own affair. */
function readOutput(chunk: WebCodecs.EncodedVideoChunk, metadata: WebCodecs.EncodedVideoChunkMetadata): Plain {
  const { type, timestamp, duration } = chunk
  return { type, timestamp, duration, metadata: plain(readMetadata(metadata)) }
}

function readMetadata({ decoderConfig, ...rest }: WebCodecs.EncodedVideoChunkMetadata): object {
  if (!decoderConfig) return rest
  const { description, ...config } = decoderConfig
  return { ...rest, decoderConfig: { ...config, description: description !== undefined } }
}

const encodeOptions = (random: Random): unknown =>
  mostly<unknown>(
    random,
    () => random.pick<unknown>([undefined, {}, { keyFrame: true }, { keyFrame: 0 }, { vp9: null }]),
    0.1,
  )

/** A walk through the states of an encoder. */
export async function runEncoderCase(api: Api, random: Random, trace: Trace): Promise<void> {
  if (random.chance(0.1)) constructBadly(trace, 'VideoEncoder', api.VideoEncoder)
  const walk = new Walk<WebCodecs.VideoEncoder>(trace, 'VideoEncoder', 'encodeQueueSize')
  const encoder = trace.attempt('VideoEncoder.constructor', '', () => new api.VideoEncoder(walk.callbacks(readOutput)))!
  walk.begin(encoder)
  // One for all frames: a change of colour space in mid-stream is an affair of its own.
  const format = random.pick<Format>(['I420', 'I420', 'RGBA', 'NV12'])
  let index = 0
  const configure = (config: object) =>
    walk.attempt('configure', show(config), () => encoder.configure(config as never))
  const encode = (frame: unknown, options: unknown, call: string) =>
    walk.attempt('encode', `${call}, ${show(options)}`, () => encoder.encode(frame as never, options as never))
  const steps: Steps = [
    [3, () => configure(goodConfig(random))],
    [2, () => configure(strangeConfig(random))],
    [
      8,
      () => {
        for (let count = random.integer(1, 4); count > 0; count--) {
          const frame = makeFrame(api, random, format, index++)
          encode(frame, encodeOptions(random), `frame ${index - 1}, rotation ${frame.rotation}, flip ${frame.flip}`)
          frame.close()
        }
      },
    ],
    [
      1,
      () => {
        const frame = makeFrame(api, random, format, index++)
        frame.close()
        encode(frame, encodeOptions(random), 'a closed frame')
      },
    ],
    [1, () => encode(random.pick<unknown>([{}, null, undefined, oddity(random)]), encodeOptions(random), 'no frame')],
    [2, () => walk.attempt('flush', '', () => walk.flush())],
    [1, () => walk.reset()],
    [0.5, () => walk.close()],
    [3, () => walk.idle()],
    [1, () => walk.setHandler(random.pick<unknown>([null, undefined, 5, 'x', {}, () => {}]))],
    [
      2,
      async () => {
        // While this waits, work would go on.
        await walk.idle()
        const config = random.chance(0.5) ? goodConfig(random) : strangeConfig(random)
        await noteSupport(api.VideoEncoder, config, configMembers, random, trace)
      },
    ],
  ]
  // Most walks begin as a program would.
  if (random.chance(0.7)) configure(goodConfig(random))
  for (let i = random.integer(5, 14); i > 0; i--) await pickStep(random, steps)()
  await walk.idle()
  walk.noteDequeues()
  walk.close()
}
