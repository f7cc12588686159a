/**
 * Conversions of JavaScript values to Web IDL types. A converter takes the value and the name that errors call it
 * by; every TypeError reads "expected X for name but received Y". The slow paths are those of the
 * `webidl-conversions` package; in front of them stand checks that let common values through at once.
 */
import conversions from 'webidl-conversions'

export type Converter<T> = (value: unknown, name: string) => T

/** A value in an error message. Runs no code of the value's own. */
function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.length > 60 ? `"${value.slice(0, 60)}…"` : `"${value}"`
    case 'bigint':
      return `${value}n`
    case 'function':
      return 'a function'
    case 'object':
      if (value === null) return 'null'
      return Array.isArray(value) ? 'an array' : 'an object'
    default:
      return String(value)
  }
}

export function typeError(expected: string, name: string, received: unknown): TypeError {
  return new TypeError(`expected ${expected} for ${name} but received ${describe(received)}`)
}

const contextOf = (type: string, name: string, value: unknown): string =>
  `expected ${type} for ${name} but received ${describe(value)}: it`

type IntegerType = 'unsigned short' | 'long' | 'unsigned long' | 'long long' | 'unsigned long long'

function integer(type: IntegerType, lower: number, upper: number, enforceRange: boolean): Converter<number> {
  const convert = conversions[type]
  return (value, name) => {
    // Adding zero turns -0 into 0.
    if (typeof value === 'number' && value >= lower && value <= upper && Number.isInteger(value)) return value + 0
    return convert(value, { enforceRange, context: contextOf(type, name, value) })
  }
}

const { MIN_SAFE_INTEGER, MAX_SAFE_INTEGER } = Number
const MAX_UNSIGNED_LONG = 2 ** 32 - 1

export const unsignedShort = integer('unsigned short', 0, 2 ** 16 - 1, false)
export const long = integer('long', -(2 ** 31), 2 ** 31 - 1, false)
export const unsignedLong = integer('unsigned long', 0, MAX_UNSIGNED_LONG, false)
export const longLong = integer('long long', MIN_SAFE_INTEGER, MAX_SAFE_INTEGER, false)
export const unsignedLongLong = integer('unsigned long long', 0, MAX_SAFE_INTEGER, false)

/** Those with the extended attribute [EnforceRange]: a value out of range is a TypeError instead of being wrapped. */
export const enforceRange = {
  unsignedLong: integer('unsigned long', 0, MAX_UNSIGNED_LONG, true),
  longLong: integer('long long', MIN_SAFE_INTEGER, MAX_SAFE_INTEGER, true),
  unsignedLongLong: integer('unsigned long long', 0, MAX_SAFE_INTEGER, true),
} as const

export const double: Converter<number> = (value, name) => {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  return conversions.double(value, { context: contextOf('double', name, value) })
}

export const float: Converter<number> = (value, name) =>
  conversions.float(value, { context: contextOf('float', name, value) })

export const unrestrictedDouble: Converter<number> = (value, name) => {
  if (typeof value === 'number') return value
  return conversions['unrestricted double'](value, { context: contextOf('double', name, value) })
}

export const boolean: Converter<boolean> = (value) => Boolean(value)

export const domString: Converter<string> = (value, name) => {
  if (typeof value === 'string') return value
  return conversions.DOMString(value, { context: contextOf('DOMString', name, value) })
}

export function enumeration<T extends string>(values: readonly T[]): Converter<T> {
  const known = new Set<string>(values)
  const expected = `one of ${values.map((value) => `"${value}"`).join(', ')}`
  return (value, name) => {
    const string = domString(value, name)
    if (!known.has(string)) throw typeError(expected, name, string)
    return string as T
  }
}

export function nullable<T>(convert: Converter<T>): Converter<T | null> {
  return (value, name) => (value === null || value === undefined ? null : convert(value, name))
}

/** `record<DOMString, T>`: the own enumerable members of an object, in their order. */
export function record<T>(convert: Converter<T>): Converter<Record<string, T>> {
  return (value, name) => {
    if (!isObject(value)) throw typeError('an object', name, value)
    const members = Object.entries(value as Record<string, unknown>)
    return Object.fromEntries(members.map(([key, member]) => [key, convert(member, `${name}.${key}`)]))
  }
}

/** A callback function type: any callable object. */
export function callback<T extends (...args: never[]) => unknown>(): Converter<T> {
  return (value, name) => {
    if (typeof value !== 'function') throw typeError('a function', name, value)
    return value as T
  }
}

export const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'

/** `sequence<T>`: whatever can be iterated (Web IDL, "create a sequence from an iterable"). */
export function sequence<T>(convert: Converter<T>): Converter<T[]> {
  return (value, name) => {
    const method: unknown = isObject(value) ? Reflect.get(value, Symbol.iterator) : undefined
    if (typeof method !== 'function') throw typeError('a sequence', name, value)
    const iterator = Reflect.apply(method, value, []) as Iterator<unknown>
    const result: T[] = []
    for (let step = iterator.next(); !step.done; step = iterator.next()) {
      result.push(convert(step.value, `${name}[${result.length}]`))
    }
    return result
  }
}
