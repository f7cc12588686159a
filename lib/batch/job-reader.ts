/** Readers for plain JSON: each takes a value and the name that errors call it by. A member that is not known is an error. */
import { JobError } from './errors.js'

export type Reader<T> = (value: unknown, name: string) => T

export function describe(value: unknown): string {
  if (typeof value === 'string') return value.length > 60 ? `"${value.slice(0, 60)}…"` : `"${value}"`
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}

const jobError = (expected: string, name: string, received: unknown): JobError =>
  new JobError(`expected ${expected} for ${name} but received ${describe(received)}`)

export const text: Reader<string> = (value, name) => {
  if (typeof value !== 'string' || value === '') throw jobError('a text', name, value)
  return value
}

export const boolean: Reader<boolean> = (value, name) => {
  if (typeof value !== 'boolean') throw jobError('true or false', name, value)
  return value
}

export const number =
  (lowest: number, highest: number): Reader<number> =>
  (value, name) => {
    if (typeof value !== 'number' || !(value >= lowest && value <= highest)) {
      throw jobError(`a number from ${lowest} to ${highest}`, name, value)
    }
    return value
  }

export const positive =
  (highest: number): Reader<number> =>
  (value, name) => {
    if (typeof value !== 'number' || !(value > 0 && value <= highest)) {
      throw jobError(`a number above 0, up to ${highest},`, name, value)
    }
    return value
  }

export const integer =
  (lowest: number, highest: number): Reader<number> =>
  (value, name) => {
    if (!Number.isInteger(value) || (value as number) < lowest || (value as number) > highest) {
      throw jobError(`an integer from ${lowest} to ${highest}`, name, value)
    }
    return value as number
  }

export const seconds: Reader<number> = (value, name) => {
  if (typeof value !== 'number' || !(value >= 0 && value < Number.POSITIVE_INFINITY)) {
    throw jobError('seconds from 0 on', name, value)
  }
  return value
}

const RATE_UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 }
const LOWEST_BITRATE = 1000
const HIGHEST_BITRATE = 2 ** 31 - 1

/** Bits per second, from a number or a text such as "800k" or "2.5M". */
export const bitrate: Reader<number> = (value, name) => {
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)([kmg]?)$/i.exec(value) : null
  const rate = match ? Math.round(Number(match[1]) * RATE_UNITS[match[2]!.toLowerCase()]!) : value
  if (typeof rate !== 'number' || !(rate >= LOWEST_BITRATE && rate <= HIGHEST_BITRATE)) {
    throw jobError('bits per second, such as 2000000, "2M" or "800k",', name, value)
  }
  return Math.round(rate)
}

export const oneOf =
  <const T extends string | number>(values: readonly T[]): Reader<T> =>
  (value, name) => {
    if (!values.includes(value as T)) throw jobError(`one of ${values.map(describe).join(', ')}`, name, value)
    return value as T
  }

export const orFalse =
  <T>(read: Reader<T>): Reader<T | false> =>
  (value, name) =>
    value === false ? false : read(value, name)

export const list =
  <T>(read: Reader<T>): Reader<T[]> =>
  (value, name) => {
    if (!Array.isArray(value) || value.length === 0) throw jobError('an array of at least one', name, value)
    return value.map((item, index) => read(item, `${name}[${index}]`))
  }

function requireObject(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw jobError('an object', name || 'the job', value)
  }
  return value as Record<string, unknown>
}

/** Options by name; numbers and booleans become texts, true "1" and false "0". */
export const strings: Reader<Record<string, string>> = (value, name) => {
  const entries = Object.entries(requireObject(value, name)).map(([key, option]) => {
    if (typeof option === 'boolean') return [key, option ? '1' : '0']
    if (typeof option === 'number' && Number.isFinite(option)) return [key, String(option)]
    if (typeof option === 'string') return [key, option]
    throw jobError('a text, number or boolean', `${name}.${key}`, option)
  })
  return Object.fromEntries(entries)
}

type Readers<T> = { readonly [K in keyof T]-?: Reader<Exclude<T[K], undefined>> }
type RequiredKeys<T> = { [K in keyof T]-?: object extends Pick<T, K> ? never : K }[keyof T] & string

/** An object with no other members than those of `readers`, of which only those of `needed` must be there. */
export const object =
  <T extends object>(readers: Readers<T>, needed: readonly RequiredKeys<T>[] = []): Reader<T> =>
  (value, name) => {
    const source = requireObject(value, name)
    const nameOf = (key: string) => (name === '' ? key : `${name}.${key}`)
    const unknown = Object.keys(source).find((key) => !Object.hasOwn(readers, key))
    if (unknown !== undefined) {
      throw new JobError(`expected one of ${Object.keys(readers).join(', ')} but received ${nameOf(unknown)}`)
    }
    const missing = needed.find((key) => source[key] === undefined)
    if (missing !== undefined) throw jobError('a value', nameOf(missing), undefined)
    const result: Partial<T> = {}
    for (const key of Object.keys(readers) as (keyof T & string)[]) {
      if (source[key] !== undefined) result[key] = readers[key](source[key], nameOf(key)) as T[typeof key]
    }
    return result as T
  }
