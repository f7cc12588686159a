import type * as WebCodecs from '../../../lib/index.js'
import type { SoundChunk, SoundStream } from '../scripts/audio.js'
import { constructBadly, noteSupport, pickStep, type Steps, Walk } from './codec-walk.js'
import type { Fixtures } from './decoder-cases.js'
import type { Random } from './random.js'
import { type Api, digest, type Plain, show, type Trace } from './trace.js'
import { badBuffer, maybe, mostly } from './values.js'

const configMembers = ['codec', 'description', 'numberOfChannels', 'sampleRate']

/** Strings that no side supports, and some that are not valid at all. */
const strangeCodecs = [
  '',
  ' ',
  'OPUS',
  ' opus',
  'opus ',
  'mp4a',
  'mp4a.40',
  'mp4a.40.99',
  'pcm',
  'pcm-s17',
  'vp8',
  'bogus',
]

function strangeConfig(random: Random, codec: string): object {
  return {
    ...maybe(random, 'codec', () => mostly(random, () => random.pick([...strangeCodecs, codec, codec]), 0.1), 0.95),
    ...maybe(random, 'sampleRate', () => mostly(random, () => random.pick([48_000, 48_000, 8000]), 0.1), 0.95),
    ...maybe(random, 'numberOfChannels', () => mostly(random, () => random.pick([2, 2, 1]), 0.1), 0.95),
    ...maybe(random, 'description', () => badBuffer(random), 0.15),
  }
}

/** The stream's configuration; Opus decodes without its description too. */
function goodConfig(random: Random, { config }: SoundStream): object {
  const { description, ...rest } = config
  return random.chance(0.3) && config.codec === 'opus' ? rest : config
}

/** `pass` makes each timestamp come once. */
const chunkOf = (api: Api, { type, timestamp, data, duration }: SoundChunk, pass: number) =>
  new api.EncodedAudioChunk({ type, timestamp: timestamp + pass * 1_000_000, data, duration: duration! })

function readOutput(data: WebCodecs.AudioData): Plain {
  const { format, sampleRate, numberOfFrames, numberOfChannels, timestamp, duration } = data
  const samples = new Uint8Array(data.allocationSize({ planeIndex: 0 }))
  data.copyTo(samples, { planeIndex: 0 })
  data.close()
  const attributes = { format, sampleRate, numberOfFrames, numberOfChannels, timestamp, duration }
  return { ...attributes, samples: digest(samples) }
}

/** A walk through the states of a decoder of sound. */
export async function runAudioDecoderCase(api: Api, random: Random, trace: Trace, fixtures: Fixtures): Promise<void> {
  if (random.chance(0.1)) constructBadly(trace, 'AudioDecoder', api.AudioDecoder)
  const stream = random.pick(fixtures.sounds)
  const walk = new Walk<WebCodecs.AudioDecoder>(trace, 'AudioDecoder', 'decodeQueueSize')
  const init = walk.callbacks(readOutput)
  const decoder = trace.attempt('AudioDecoder.constructor', '', () => new api.AudioDecoder(init))!
  walk.begin(decoder)
  const { chunks } = stream
  let next = 0
  let pass = 0
  const rewind = () => {
    next = 0
    pass++
  }
  const decode = (chunk: unknown, call: string) => walk.attempt('decode', call, () => decoder.decode(chunk as never))
  const configure = (config: object) => {
    walk.attempt('configure', show(config), () => decoder.configure(config as never))
    rewind()
  }
  const steps: Steps = [
    [4, () => configure(goodConfig(random, stream))],
    [2, () => configure(strangeConfig(random, stream.config.codec))],
    [
      8,
      () => {
        for (let count = random.integer(1, 4); count > 0 && next < chunks.length; count--) {
          decode(chunkOf(api, chunks[next]!, pass), `chunk ${next}`)
          if (decoder.state === 'configured') next++
        }
      },
    ],
    [1, () => decode(chunkOf(api, { ...chunks[0]!, type: 'delta' }, pass++), 'a delta chunk')],
    [0.5, () => decode(chunkOf(api, { ...chunks[0]!, data: random.bytes(40) }, pass++), 'a chunk of noise')],
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
        const config = random.chance(0.5) ? goodConfig(random, stream) : strangeConfig(random, 'opus')
        await noteSupport(api.AudioDecoder, config, configMembers, random, trace)
      },
    ],
  ]
  // Most walks begin as a program would.
  if (random.chance(0.7)) configure(goodConfig(random, stream))
  for (let i = random.integer(5, 14); i > 0; i--) await pickStep(random, steps)()
  await walk.idle()
  walk.noteDequeues()
  walk.close()
}
