/** Readers of options that demuxers and muxers share. Each throws a TypeError that tells what was expected. */
import { isObject, typeError } from '../webidl/conversions.js'

export function optionalString(value: unknown, name: string): string | undefined {
  if (value !== undefined && typeof value !== 'string') throw typeError('a string', name, value)
  return value
}

/** Milliseconds as microseconds; 0 for none. */
export function timeoutMicroseconds(value: unknown, name: string): number {
  if (value === undefined) return 0
  if (typeof value !== 'number' || !(value > 0) || value > 2 ** 31)
    throw typeError('a positive number of ms', name, value)
  return Math.max(1, Math.round(value * 1000))
}

/** An object of strings, numbers and booleans as keys and values, flat. */
export function libavOptions(value: unknown, name: string): string[] {
  if (value === undefined) return []
  if (!isObject(value)) throw typeError('an object of options', name, value)
  return Object.entries(value).flatMap(([key, option]) => {
    const isPlain = typeof option === 'string' || typeof option === 'number' || typeof option === 'boolean'
    if (!isPlain) throw typeError('a string, a number or a boolean', `${name}.${key}`, option)
    return [key, typeof option === 'boolean' ? String(Number(option)) : String(option)]
  })
}

export function optionalSignal(value: unknown, name: string): AbortSignal | undefined {
  if (value !== undefined && !(value instanceof AbortSignal)) throw typeError('an AbortSignal', name, value)
  return value
}
