import type * as WebCodecs from '../../../lib/index.js'
import { constructBadly, noteSupport, pickStep, type Steps, Walk } from './codec-walk.js'
import type { Random } from './random.js'
import { type Api, type Plain, plain, show, type Trace } from './trace.js'
import { maybe, mostly, oddity } from './values.js'

/** Strings that no side encodes, and some that are not valid at all. */
const strangeCodecs = ['', ' ', 'OPUS', ' opus', 'opus ', 'mp4a.40.5', 'mp4a.40.29', 'ac-3', 'pcm', 'vp8', 'bogus']

/** The members of the specification and the codec registrations. */
const configMembers = ['bitrate', 'bitrateMode', 'codec', 'numberOfChannels', 'opus', 'sampleRate']

const sampleRate = 48_000

const durations = [2500, 5000, 10_000, 20_000, 40_000, 60_000]

const opusConfig = (random: Random): object => ({
  ...maybe(random, 'format', () => random.pick(['opus', 'ogg'])),
  ...maybe(random, 'signal', () => random.pick(['auto', 'music', 'voice'])),
  ...maybe(random, 'application', () => random.pick(['voip', 'audio', 'lowdelay'])),
  ...maybe(random, 'frameDuration', () => random.pick(durations)),
  ...maybe(random, 'complexity', () => random.integer(0, 10)),
  ...maybe(random, 'packetlossperc', () => random.integer(0, 100)),
  ...maybe(random, 'useinbandfec', () => random.chance(0.5)),
})

const strangeOpusConfig = (random: Random): unknown =>
  mostly<unknown>(
    random,
    () => ({
      ...maybe(random, 'format', () => mostly(random, () => 'opus', 0.2)),
      ...maybe(random, 'signal', () => mostly(random, () => 'music', 0.2)),
      ...maybe(random, 'application', () => mostly(random, () => 'voip', 0.2)),
      ...maybe(random, 'frameDuration', () => mostly(random, () => random.pick([...durations, 0, 2501, 120_000]), 0.2)),
      ...maybe(random, 'complexity', () => mostly(random, () => random.integer(0, 12), 0.2)),
      ...maybe(random, 'packetlossperc', () => mostly(random, () => random.integer(0, 110), 0.2)),
      ...maybe(random, 'usedtx', () => mostly(random, () => true, 0.2)),
    }),
    0.1,
  )

function goodConfig(random: Random): object {
  return {
    ...{ codec: 'opus', sampleRate, numberOfChannels: 2 },
    ...maybe(random, 'bitrate', () => random.pick([32_000, 96_000]), 0.7),
    ...maybe(random, 'bitrateMode', () => random.pick(['constant', 'variable']), 0.2),
    ...maybe(random, 'opus', () => opusConfig(random), 0.3),
  }
}

function strangeConfig(random: Random): object {
  return {
    ...maybe(random, 'codec', () => mostly(random, () => random.pick([...strangeCodecs, 'opus', 'opus']), 0.1), 0.95),
    ...maybe(random, 'sampleRate', () => mostly(random, () => random.pick([sampleRate, sampleRate, 0, 1]), 0.1), 0.95),
    ...maybe(random, 'numberOfChannels', () => mostly(random, () => random.pick([2, 2, 1, 0, 300]), 0.1), 0.95),
    ...maybe(random, 'bitrate', () => mostly(random, () => random.pick([0, 1, 64_000]), 0.2)),
    ...maybe(random, 'bitrateMode', () => mostly(random, () => random.pick(['constant', 'variable']), 0.1), 0.15),
    ...maybe(random, 'opus', () => strangeOpusConfig(random), 0.3),
  }
}

/** Pieces of this many frames follow one another. */
const numberOfFrames = 1440

function makeData(api: Api, index: number, { rate = sampleRate, numberOfChannels = 2 } = {}): WebCodecs.AudioData {
  const data = Int16Array.from(
    { length: numberOfFrames * numberOfChannels },
    (_, i) => ((i * (7 + index)) % 2048) - 1024,
  )
  const timestamp = (index * numberOfFrames * 1e6) / sampleRate
  return new api.AudioData({ format: 's16', sampleRate: rate, numberOfFrames, numberOfChannels, timestamp, data })
}

/** Sizes and bytes are the encoder's own affair. */
function readOutput(chunk: WebCodecs.EncodedAudioChunk, metadata: WebCodecs.EncodedAudioChunkMetadata): Plain {
  const { type, timestamp, duration } = chunk
  const { decoderConfig, ...rest } = metadata
  if (!decoderConfig) return { type, timestamp, duration, metadata: plain(rest) }
  const { description, ...config } = decoderConfig
  const told = { ...rest, decoderConfig: { ...config, description: description !== undefined } }
  return { type, timestamp, duration, metadata: plain(told) }
}

/** A walk through the states of an encoder of sound. */
export async function runAudioEncoderCase(api: Api, random: Random, trace: Trace): Promise<void> {
  if (random.chance(0.1)) constructBadly(trace, 'AudioEncoder', api.AudioEncoder)
  const walk = new Walk<WebCodecs.AudioEncoder>(trace, 'AudioEncoder', 'encodeQueueSize')
  const encoder = trace.attempt('AudioEncoder.constructor', '', () => new api.AudioEncoder(walk.callbacks(readOutput)))!
  walk.begin(encoder)
  let index = 0
  const configure = (config: object) =>
    walk.attempt('configure', show(config), () => encoder.configure(config as never))
  const encode = (data: unknown, call: string) => walk.attempt('encode', call, () => encoder.encode(data as never))
  const steps: Steps = [
    [3, () => configure(goodConfig(random))],
    [2, () => configure(strangeConfig(random))],
    [
      8,
      () => {
        for (let count = random.integer(1, 4); count > 0; count--) {
          const data = makeData(api, index)
          encode(data, `piece ${index}`)
          data.close()
          // A gap in the time of the input is an affair of its own.
          if (encoder.state === 'configured') index++
        }
      },
    ],
    [
      0.5,
      () => {
        const other = random.pick([{ rate: 44_100 }, { numberOfChannels: 1 }])
        const data = makeData(api, index, other)
        encode(data, `a piece with ${show(other)}`)
        data.close()
      },
    ],
    [
      1,
      () => {
        const data = makeData(api, index)
        data.close()
        encode(data, 'closed data')
      },
    ],
    [1, () => encode(random.pick<unknown>([{}, null, undefined, oddity(random)]), 'no data')],
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
        await noteSupport(api.AudioEncoder, config, configMembers, random, trace)
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
