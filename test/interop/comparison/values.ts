// Values of every kind, the usual and the unusual, for what an argument or a member can be.
import type { Random } from './random.js'

/** Numbers, and what turns into one or does not. */
const oddities: readonly (() => unknown)[] = [
  () => undefined,
  () => null,
  () => true,
  () => -1,
  () => -0,
  () => 0.5,
  () => 1.999,
  () => Number.NaN,
  () => Number.POSITIVE_INFINITY,
  () => 2 ** 31,
  () => 2 ** 32,
  () => 2 ** 32 + 3,
  () => 2 ** 53,
  () => -(2 ** 53),
  () => 2 ** 63,
  () => '12',
  () => ' 0x10 ',
  () => '',
  () => 'abc',
  () => ({}),
  () => [],
  () => [7],
  () => ({ valueOf: () => 5 }),
  () => ({ toString: () => 'key' }),
  () => () => 1,
  () => 3n,
  () => Symbol('value'),
]

export const oddity = (random: Random): unknown => random.pick(oddities)()

/** Mostly what `usual` gives, now and then something else. */
export function mostly<T>(random: Random, usual: () => T, odds = 0.06): T {
  return random.chance(odds) ? (oddity(random) as T) : usual()
}

/** A member that is present with this probability, as entries to spread. */
export function maybe<T>(random: Random, key: string, make: () => T, probability = 0.3): { [key: string]: T } {
  return random.chance(probability) ? { [key]: make() } : {}
}

/** The bytes in a buffer of one of the kinds that there are. */
export function bufferOf(random: Random, bytes: Uint8Array): AllowSharedBufferSource {
  const offset = random.integer(1, 9) * 8
  const inside = new Uint8Array(offset + bytes.length + 24)
  inside.set(bytes, offset)
  const shared = () => {
    const buffer = new SharedArrayBuffer(bytes.length)
    new Uint8Array(buffer).set(bytes)
    return buffer
  }
  const kinds: (() => unknown)[] = [
    () => bytes.slice(),
    () => bytes.slice().buffer,
    () => inside.subarray(offset, offset + bytes.length),
    () => new DataView(inside.buffer, offset, bytes.length),
    () => new Uint8ClampedArray(bytes),
    () => (bytes.length % 2 === 0 ? new Int16Array(bytes.slice().buffer) : bytes.slice()),
    () => (bytes.length % 8 === 0 ? new Float64Array(bytes.slice().buffer) : bytes.slice()),
    () => shared(),
    () => new Uint8Array(shared()),
  ]
  return random.pick(kinds)() as AllowSharedBufferSource
}

/** What is no buffer that bytes can be read from. */
export function badBuffer(random: Random): unknown {
  const detached = () => {
    const buffer = new ArrayBuffer(16)
    structuredClone(buffer, { transfer: [buffer] })
    return buffer
  }
  const resizable = () => Reflect.construct(ArrayBuffer, [16, { maxByteLength: 64 }])
  return random.pick<() => unknown>([
    detached,
    () => new Uint8Array(detached()),
    resizable,
    () => new Uint8Array(resizable()),
    () => new ArrayBuffer(0),
    () => [1, 2, 3],
    () => oddity(random),
  ])()
}

const primaries = ['bt709', 'bt470bg', 'smpte170m', 'bt2020', 'smpte432'] as const
const transfers = ['bt709', 'smpte170m', 'iec61966-2-1', 'linear', 'pq', 'hlg'] as const
const matrices = ['rgb', 'bt709', 'bt470bg', 'smpte170m', 'bt2020-ncl'] as const

export function colorSpaceInit(random: Random, odds = 0.06): object {
  return {
    ...maybe(random, 'primaries', () => mostly(random, () => random.pick([...primaries, null]), odds), 0.7),
    ...maybe(random, 'transfer', () => mostly(random, () => random.pick([...transfers, null]), odds), 0.7),
    ...maybe(random, 'matrix', () => mostly(random, () => random.pick([...matrices, null]), odds), 0.7),
    ...maybe(random, 'fullRange', () => mostly(random, () => random.pick([true, false, null]), odds), 0.7),
  }
}

/**
 * A dictionary that tells in which order its members are read. Members that no specification knows are not told of:
 * implementations may have more.
 */
export function observed(dictionary: object, names: readonly string[], order: string[]): object {
  return new Proxy(dictionary, {
    get(target, key) {
      if (typeof key === 'string' && names.includes(key)) order.push(key)
      return Reflect.get(target, key)
    },
  })
}
