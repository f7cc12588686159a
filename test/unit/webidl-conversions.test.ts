import { describe, expect, it } from 'vitest'
import { allowSharedBufferSource, arrayBuffer, bytesOf, isDetached } from '../../lib/webidl/buffer-source.js'
import {
  callback,
  domString,
  double,
  enforceRange,
  enumeration,
  nullable,
  sequence,
  unsignedLongLong,
  unsignedShort,
} from '../../lib/webidl/conversions.js'

const resizable = (): ArrayBuffer =>
  new (ArrayBuffer as never as new (n: number, o: object) => ArrayBuffer)(8, { maxByteLength: 16 })

function detached(length: number): ArrayBuffer {
  const buffer = new ArrayBuffer(length)
  structuredClone(buffer, { transfer: [buffer] })
  return buffer
}

describe('integers with [EnforceRange]', () => {
  it.each([
    [5, 5],
    [5.9, 5],
    ['7', 7],
    [null, 0],
    [true, 1],
    [2 ** 32 - 1, 2 ** 32 - 1],
    [-0.5, 0],
    [{ valueOf: () => 3 }, 3],
  ])('convert %o to %i', (value, expected) => {
    expect(enforceRange.unsignedLong(value, 'x')).toBe(expected)
  })

  it('never give a negative zero', () => {
    expect(Object.is(enforceRange.unsignedLong(-0, 'x'), 0)).toBe(true)
  })

  it.each([-1, 2 ** 32, Number.NaN, Number.POSITIVE_INFINITY, 'abc', undefined])('refuse %o', (value) => {
    expect(() => enforceRange.unsignedLong(value, 'width')).toThrow(TypeError)
    expect(() => enforceRange.unsignedLong(value, 'width')).toThrow(/^expected unsigned long for width but received /)
  })

  it.each([1n, Symbol('s')])('refuse %s with a TypeError', (value) => {
    expect(() => enforceRange.longLong(value, 'timestamp')).toThrow(TypeError)
  })

  it('hold 64-bit integers as far as numbers are exact', () => {
    expect(enforceRange.longLong(-(2 ** 53 - 1), 'x')).toBe(-(2 ** 53 - 1))
    expect(() => enforceRange.longLong(2 ** 53, 'x')).toThrow(TypeError)
    expect(() => enforceRange.unsignedLongLong(-1, 'x')).toThrow(TypeError)
  })

  it('let exceptions of the value pass', () => {
    const value = {
      valueOf() {
        throw new RangeError('mine')
      },
    }
    expect(() => enforceRange.unsignedLong(value, 'x')).toThrow(RangeError)
  })
})

describe('integers without [EnforceRange]', () => {
  it('wrap', () => {
    expect(unsignedShort(65536 + 7, 'x')).toBe(7)
    expect(unsignedShort(-1, 'x')).toBe(65535)
    expect(unsignedLongLong(Number.NaN, 'x')).toBe(0)
  })
})

describe('double', () => {
  it('refuses what is not finite', () => {
    expect(double('1.5', 'x')).toBe(1.5)
    expect(() => double(Number.NaN, 'rotation')).toThrow(/^expected double for rotation but received NaN/)
    expect(() => double(undefined, 'x')).toThrow(TypeError)
  })
})

describe('strings', () => {
  it('come from whatever has a string form', () => {
    expect(domString(12, 'x')).toBe('12')
    expect(domString(null, 'x')).toBe('null')
    expect(() => domString(Symbol('s'), 'x')).toThrow(TypeError)
  })

  it('of an enumeration are one of its values', () => {
    const convert = enumeration(['key', 'delta'])
    expect(convert({ toString: () => 'key' }, 'type')).toBe('key')
    expect(() => convert('Key', 'type')).toThrow('expected one of "key", "delta" for type but received "Key"')
  })
})

describe('nullable', () => {
  it('takes null and undefined for null', () => {
    expect(nullable(unsignedShort)(null, 'x')).toBeNull()
    expect(nullable(unsignedShort)(undefined, 'x')).toBeNull()
    expect(nullable(unsignedShort)(0, 'x')).toBe(0)
  })
})

describe('callback', () => {
  it('takes functions', () => {
    const f = () => {}
    expect(callback()(f, 'output')).toBe(f)
    expect(() => callback()({}, 'output')).toThrow('expected a function for output but received an object')
  })
})

describe('sequence', () => {
  const convert = sequence(unsignedShort)

  it('takes whatever can be iterated', () => {
    expect(convert([1, '2'], 'x')).toEqual([1, 2])
    expect(convert(new Set([3]), 'x')).toEqual([3])
  })

  it('gets the iterator once', () => {
    let gets = 0
    const value = {
      get [Symbol.iterator]() {
        gets++
        return [1][Symbol.iterator].bind([1])
      },
    }
    convert(value, 'x')
    expect(gets).toBe(1)
  })

  it.each(['ab', 5, {}, null, undefined])('refuses %o', (value) => {
    expect(() => convert(value, 'layout')).toThrow(/^expected a sequence for layout but received /)
  })

  it('names the item that is wrong', () => {
    expect(() => sequence(double)([1, Number.NaN], 'list')).toThrow(/list\[1\]/)
  })
})

describe('buffer sources', () => {
  it.each([
    new ArrayBuffer(4),
    new SharedArrayBuffer(4),
    new Uint16Array(2),
    new DataView(new ArrayBuffer(4)),
    Buffer.alloc(4),
    new Uint8Array(new SharedArrayBuffer(4)),
  ])('take %s', (value) => {
    expect(allowSharedBufferSource(value, 'data')).toBe(value)
    expect(bytesOf(value).byteLength).toBe(4)
  })

  it.each([[1, 2], 'abcd', null, undefined, 4])('refuse %o', (value) => {
    expect(() => allowSharedBufferSource(value, 'data')).toThrow(TypeError)
  })

  it('refuse buffers of variable length', () => {
    expect(() => allowSharedBufferSource(resizable(), 'data')).toThrow(/fixed length/)
    expect(() => allowSharedBufferSource(new Uint8Array(resizable()), 'data')).toThrow(/fixed length/)
    expect(() => arrayBuffer(resizable(), 'transfer[0]')).toThrow(/fixed length/)
  })

  it('know detached buffers from empty ones', () => {
    expect(isDetached(new ArrayBuffer(0))).toBe(false)
    expect(isDetached(new Uint8Array(0))).toBe(false)
    expect(isDetached(detached(8))).toBe(true)
    expect(isDetached(detached(0))).toBe(true)
    expect(isDetached(new SharedArrayBuffer(0))).toBe(false)
  })

  it('are not shared where an ArrayBuffer is asked for', () => {
    expect(() => arrayBuffer(new SharedArrayBuffer(1), 'transfer[0]')).toThrow(TypeError)
    expect(() => arrayBuffer(new Uint8Array(1), 'transfer[0]')).toThrow(TypeError)
  })

  it('see exactly the bytes of a view', () => {
    const bytes = new Uint8Array([1, 2, 3, 4])
    expect([...bytesOf(new DataView(bytes.buffer, 1, 2))]).toEqual([2, 3])
  })
})
