// Random values for Web IDL: each member of a dictionary is what it should be, nearly so, or anything at all.

/** @typedef {(limit: number) => number} Pick the next random integer from 0 to below `limit` */

export const oneOf = (list, pick) => list[pick(list.length)]

const numbers = [
  0,
  1,
  2,
  3,
  4,
  7,
  8,
  16,
  17,
  64,
  255,
  1e3,
  2 ** 15,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  1e300,
  0.5,
  -0,
  -1,
  -1e9,
]
const oddNumbers = [NaN, Infinity, -Infinity, 2 ** 64, -(2 ** 63), 1e-320]

function detached() {
  const buffer = new ArrayBuffer(8)
  structuredClone(buffer, { transfer: [buffer] })
  return buffer
}

/** Objects that conversions should survive: what they throw is theirs, and has this name. */
export class Thrown extends Error {
  name = 'Thrown'
}
const throwing = () => {
  throw new Thrown('by the value itself')
}

/** @type {((pick: Pick) => unknown)[]} */
const anything = [
  () => undefined,
  () => null,
  (pick) => pick(2) === 0,
  (pick) => oneOf(numbers, pick),
  (pick) => oneOf(oddNumbers, pick),
  (pick) => String(oneOf(numbers, pick)),
  () => '',
  () => 'RGBA',
  () => '\ud800',
  () => 5n,
  () => Symbol('value'),
  () => () => {},
  () => ({}),
  () => [],
  (pick) => [anyValue(pick)],
  () => new Date(0),
  () => new Map([['width', 1]]),
  () => ({ valueOf: () => 3, toString: () => 'I420' }),
  () => ({ valueOf: throwing, toString: throwing }),
  () => new Proxy({}, { get: throwing }),
  () => ({ [Symbol.iterator]: () => ({ next: () => ({ done: true }) }) }),
  () => ({ [Symbol.iterator]: throwing }),
  () => Object.create(null),
  () => globalThis,
  (pick) => anyBuffer(pick),
]

/** @param {Pick} pick */
export const anyValue = (pick) => oneOf(anything, pick)(pick)

const viewTypes = [Uint8Array, Uint8ClampedArray, Int16Array, Float32Array, Float64Array, BigInt64Array, DataView]

/** A buffer or a view, of `size` bytes or of another size. */
export function anyBuffer(pick, size = pick(600)) {
  if (pick(30 * mildness) === 0) return detached()
  if (pick(30 * mildness) === 0) return new Uint8Array(new ArrayBuffer(size, { maxByteLength: size + 8 }))
  if (pick(30 * mildness) === 0) return Buffer.from('from the slab')
  const length = pick(6 * mildness) === 0 ? pick(size + 64) : size
  const offset = pick(2) * pick(9)
  const memory = pick(5) === 0 ? new SharedArrayBuffer(offset + length) : new ArrayBuffer(offset + length)
  const bytes = new Uint8Array(memory)
  for (let i = 0; i < bytes.length; i += 1 + pick(9)) bytes[i] = pick(256)
  if (offset === 0 && pick(2) === 0) return memory
  const Type = oneOf(viewTypes, pick)
  const width = Type.BYTES_PER_ELEMENT ?? 1
  return new Type(memory, offset - (offset % width), Math.floor(length / width))
}

let mildness = 1

/** How much rarer odd values and optional members become: mild values get further into what they are given to. */
export function setMildness(value) {
  mildness = value
}

/** `valid()` most of the time, something else now and then. */
export const nearly =
  (valid, oddity = 12) =>
  (pick) =>
    pick(oddity * mildness) === 0 ? anyValue(pick) : valid(pick)

export const integer = (from, to) => (pick) => from + pick(to - from + 1)

export const choice =
  (...list) =>
  (pick) =>
    oneOf(list, pick)

/**
 * @param {Record<string, (pick: Pick) => unknown>} members optional ones have names that end with "?"
 * @returns {(pick: Pick) => unknown}
 */
export const dictionary = (members) => (pick) => {
  if (pick(40 * mildness) === 0) return anyValue(pick)
  const result = pick(20) === 0 ? Object.create(null) : {}
  for (const [name, member] of Object.entries(members)) {
    const key = name.replace('?', '')
    if (key !== name ? pick(3 * mildness) > 0 : pick(40 * mildness) === 0) continue
    result[key] = nearly(member, 25)(pick)
  }
  return result
}

export const list = (member, most) => (pick) => Array.from({ length: pick(most + 1) }, () => member(pick))
