import type * as WebCodecs from '../../../lib/index.js'

export type Api = Pick<
  typeof WebCodecs,
  | 'AudioData'
  | 'AudioDecoder'
  | 'AudioEncoder'
  | 'EncodedAudioChunk'
  | 'EncodedVideoChunk'
  | 'ImageDecoder'
  | 'ImageTrack'
  | 'ImageTrackList'
  | 'VideoColorSpace'
  | 'VideoDecoder'
  | 'VideoEncoder'
  | 'VideoFrame'
>

/** What can be cloned and compared. */
export type Plain = string | number | boolean | null | Plain[] | { [key: string]: Plain }

/** One thing that was observed. */
export interface Step {
  /** Such as "VideoFrame.copyTo", or "output" for a callback. */
  member: string
  /** What it was called with, for people. */
  call: string
  /** "ok", or the name of the error. */
  outcome: string
  value: Plain
  /** Levels that may differ by two: those of a conversion. */
  levels?: number[]
}

export interface CaseTrace {
  name: string
  seed: number
  steps: Step[]
}

/** FNV-1a, as eight hexadecimal digits. */
export function digest(bytes: Uint8Array): string {
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}

export function errorName(error: unknown): string {
  if (error instanceof DOMException) return error.name
  return error instanceof Error ? error.constructor.name : `not an error: ${String(error)}`
}

/** Sorted by name: the order of the members of a dictionary is nothing that programs see by intention. */
const sorted = (object: object): [string, unknown][] =>
  Object.entries(object).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))

/** The value as it can be compared, with everything that a program can read of it. */
export function plain(value: unknown): Plain {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? value : Object.is(value, -0) ? '-0' : String(value)
    case 'string':
    case 'boolean':
      return value
    case 'undefined':
    case 'bigint':
    case 'symbol':
      return String(value)
    case 'function':
      return 'a function'
    default:
      return plainObject(value as object | null)
  }
}

function plainObject(value: object | null): Plain {
  if (value === null) return null
  if (Array.isArray(value)) return value.map(plain)
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `${value.byteLength} bytes`
  if (value instanceof Error || value instanceof DOMException) return errorName(value)
  const tag = Object.prototype.toString.call(value).slice(8, -1)
  if (tag === 'DOMRectReadOnly') {
    const { x, y, width, height } = value as DOMRectReadOnly
    return { x, y, width, height }
  }
  if (tag === 'VideoColorSpace') return plain((value as WebCodecs.VideoColorSpace).toJSON())
  if (tag !== 'Object') return tag
  return Object.fromEntries(sorted(value).map(([key, member]) => [key, plain(member)]))
}

/** The order of an object's members is not compared. */
function inOrder(value: Plain): Plain {
  if (Array.isArray(value)) return value.map(inOrder)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(sorted(value).map(([key, member]) => [key, inOrder(member as Plain)]))
}

export const equalValues = (a: Plain, b: Plain): boolean => JSON.stringify(inOrder(a)) === JSON.stringify(inOrder(b))

/** Arguments, for people: short. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${show(value.buffer)}, ${value.byteLength})`
  if (value instanceof ArrayBuffer)
    return `ArrayBuffer(${value.byteLength}${Reflect.get(value, 'resizable') ? ', resizable' : ''})`
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    const members = Object.entries(value).map(([key, member]) => `${key}: ${show(member)}`)
    return `{ ${members.join(', ')} }`
  }
  if (typeof value === 'object' && value !== null) return Object.prototype.toString.call(value)
  return typeof value === 'function' ? 'a function' : String(value)
}

/** Records what happens in one case. */
export class Trace {
  readonly steps: Step[] = []

  note(member: string, call: string, outcome: string, value: Plain = null): void {
    this.steps.push({ member, call, outcome, value })
  }

  noteLevels(member: string, levels: number[]): void {
    this.steps.push({ member, call: 'the levels', outcome: 'ok', value: null, levels })
  }

  /** Calls, and records what came of it. */
  attempt<T>(member: string, call: string, action: () => T, read: (result: T) => Plain = plain): T | undefined {
    try {
      const result = action()
      this.note(member, call, 'ok', read(result))
      return result
    } catch (error) {
      this.note(member, call, errorName(error))
      return undefined
    }
  }

  /** Calls what gives a promise, and records how it settles. What it throws at once is told apart. */
  async attemptAsync<T>(
    member: string,
    call: string,
    action: () => Promise<T>,
    read: (result: T) => Plain = plain,
  ): Promise<T | undefined> {
    let promise: Promise<T>
    try {
      promise = action()
    } catch (error) {
      this.note(member, call, `thrown ${errorName(error)}`)
      return undefined
    }
    try {
      const result = await promise
      this.note(member, call, 'ok', read(result))
      return result
    } catch (error) {
      this.note(member, call, errorName(error))
      return undefined
    }
  }
}
