import type * as WebCodecs from '../../../lib/index.js'
import type { Random } from './random.js'
import { type Api, digest, plain, show, type Trace } from './trace.js'
import { badBuffer, bufferOf, maybe, mostly, observed } from './values.js'

type AudioData = WebCodecs.AudioData

const sampleBytes = { u8: 1, s16: 2, s32: 4, f32: 4 } as const
const types = Object.keys(sampleBytes) as (keyof typeof sampleBytes)[]
const formats = types.flatMap((type) => [type, `${type}-planar`] as const)

const initMembers = ['data', 'format', 'numberOfChannels', 'numberOfFrames', 'sampleRate', 'timestamp', 'transfer']
const optionMembers = ['format', 'frameCount', 'frameOffset', 'planeIndex']
const attributes = ['format', 'sampleRate', 'numberOfFrames', 'numberOfChannels', 'duration', 'timestamp'] as const

/** Samples of the format: floats within the range, so that each conversion has one answer. */
function samplesFor(random: Random, format: string, count: number): Uint8Array {
  const [type] = format.split('-') as [keyof typeof sampleBytes]
  if (type !== 'f32') return random.bytes(count * sampleBytes[type])
  return new Uint8Array(Float32Array.from({ length: count }, () => random.integer(-128, 127) / 128).buffer)
}

function audioInit(random: Random): { data: unknown; init: object } {
  const format = random.pick(formats)
  const [channels, frames] = [random.integer(1, 4), random.integer(1, 40)]
  const bytes = samplesFor(random, format, channels * frames)
  const short = bytes.slice(0, bytes.length - 1)
  const data = random.chance(0.05) ? badBuffer(random) : bufferOf(random, random.chance(0.05) ? short : bytes)
  const own = ArrayBuffer.isView(data) ? data.buffer : data
  const init = {
    ...maybe(random, 'format', () => mostly(random, () => format, 0.03), 0.98),
    ...maybe(
      random,
      'sampleRate',
      () => mostly(random, () => random.pick([8000, 44_100, 48_000, 22_050.5, 0]), 0.05),
      0.98,
    ),
    ...maybe(random, 'numberOfFrames', () => mostly(random, () => frames, 0.03), 0.98),
    ...maybe(random, 'numberOfChannels', () => mostly(random, () => channels, 0.03), 0.98),
    ...maybe(random, 'timestamp', () => mostly(random, () => random.integer(-1e6, 1e9), 0.05), 0.98),
    ...maybe(random, 'data', () => data, 0.98),
    ...maybe(random, 'transfer', () => random.pick<unknown>([[own], [own, own], [new ArrayBuffer(2)], 5]), 0.15),
  }
  return { data, init }
}

function noteAttributes(data: AudioData, trace: Trace): void {
  for (const key of attributes) trace.attempt(`AudioData.${key}`, '', () => data[key])
}

const copyOptions = (random: Random): object => ({
  ...maybe(random, 'planeIndex', () => mostly(random, () => random.pick([0, 0, 0, 1, 2]), 0.05), 0.95),
  ...maybe(random, 'frameOffset', () => mostly(random, () => random.integer(0, 12), 0.05), 0.4),
  ...maybe(random, 'frameCount', () => mostly(random, () => random.integer(0, 12), 0.05), 0.4),
  ...maybe(random, 'format', () => mostly(random, () => random.pick(formats), 0.03), 0.6),
})

function copy(data: AudioData, random: Random, trace: Trace): void {
  const options = mostly(random, () => copyOptions(random), 0.05)
  const order: string[] = []
  const argument =
    typeof options === 'object' && options !== null && random.chance(0.3)
      ? observed(options, optionMembers, order)
      : options
  const size = trace.attempt('AudioData.allocationSize', show(options), () => data.allocationSize(argument as never))
  trace.note('AudioData.allocationSize', 'members read', 'ok', order)
  const bytes = new Uint8Array(Math.max(0, (size ?? 64) + random.pick([0, 0, 0, 9, -1])))
  const destination = random.chance(0.06) ? badBuffer(random) : bytes
  const call = `${show(destination)}, ${show(options)}`
  const source = data.format
  const before = trace.steps.length
  trace.attempt('AudioData.copyTo', call, () => data.copyTo(destination as never, options as never))
  if (destination !== bytes || trace.steps[before]?.outcome !== 'ok') return
  const { format = source } = options as { format?: string }
  if (format === source) trace.note('AudioData.copyTo', 'the bytes', 'ok', digest(bytes))
  else trace.noteLevels('AudioData.copyTo', amplitudes(bytes.slice(0, size), format!))
}

/** Samples in steps of 16 bits, as conversions to finer ones differ in what they round. */
function amplitudes({ buffer }: Uint8Array, format: string): number[] {
  const [type] = format.split('-') as [keyof typeof sampleBytes]
  if (type === 'u8') return [...new Uint8Array(buffer)]
  if (type === 's16') return [...new Int16Array(buffer)]
  if (type === 's32') return Array.from(new Int32Array(buffer), (sample) => sample / 2 ** 16)
  return Array.from(new Float32Array(buffer), (sample) => sample * 2 ** 15)
}

/** Makes data of samples, copies and converts it, clones and closes it. */
export function runAudioDataCase(api: Api, random: Random, trace: Trace): void {
  const { data, init } = audioInit(random)
  const order: string[] = []
  const argument = random.chance(0.2) ? observed(init, initMembers, order) : init
  const first = trace.attempt('AudioData.constructor', show(init), () => new api.AudioData(argument as never))
  trace.note('AudioData.constructor', 'members read', 'ok', order)
  trace.note('AudioData.constructor', 'the data afterwards', 'ok', plain(data))
  if (!first) return
  noteAttributes(first, trace)
  const all = [first]
  for (let i = random.integer(3, 8); i > 0; i--) {
    const one = random.pick(all)
    if (random.chance(0.7)) copy(one, random, trace)
    else if (random.chance(0.6)) {
      const clone = trace.attempt('AudioData.clone', '', () => one.clone())
      if (clone) {
        noteAttributes(clone, trace)
        all.push(clone)
      }
    } else {
      trace.attempt('AudioData.close', '', () => one.close())
      noteAttributes(one, trace)
    }
  }
  for (const one of all) one.close()
}
