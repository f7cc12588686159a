import { describe, expect, it } from 'vitest'
import { boolean, domString, double, sequence } from '../../lib/webidl/conversions.js'
import { dictionary, optional, required, withDefault, withNewDefault } from '../../lib/webidl/dictionary.js'

const read = dictionary('Example', {
  name: required(domString),
  flag: withDefault(boolean, true),
  rate: optional(double),
  list: withNewDefault<string[]>(sequence(domString), () => []),
})

describe('dictionary', () => {
  it('has the members that are present, and defaults', () => {
    expect(read({ name: 'a' }, '')).toEqual({ name: 'a', flag: true, list: [] })
    expect(read({ name: 'a', rate: 1, flag: 0, list: ['b'] }, '')).toEqual({
      name: 'a',
      rate: 1,
      flag: false,
      list: ['b'],
    })
  })

  it('takes undefined for absent', () => {
    expect('rate' in read({ name: 'a', rate: undefined, flag: undefined }, '')).toBe(false)
  })

  it('drops members that it does not know', () => {
    expect(read({ name: 'a', future: 1 }, '')).not.toHaveProperty('future')
  })

  it('makes the defaults anew', () => {
    expect(read({ name: 'a' }, '').list).not.toBe(read({ name: 'a' }, '').list)
  })

  it('reads each member once, in lexicographical order', () => {
    const reads: string[] = []
    const source = new Proxy({ name: 'a' } as Record<string, unknown>, {
      get: (target, key) => {
        reads.push(String(key))
        return target[String(key)]
      },
    })
    read(source, '')
    expect(reads).toEqual(['flag', 'list', 'name', 'rate'])
  })

  it('misses required members', () => {
    expect(() => read({}, '')).toThrow('expected a value for name but received undefined')
    expect(() => read(undefined, '')).toThrow(TypeError)
    expect(() => read(null, 'init')).toThrow('expected a value for init.name but received undefined')
  })

  it.each([1, 'a', true, Symbol('s')])('refuses %s', (value) => {
    expect(() => read(value, '')).toThrow(TypeError)
  })

  it('takes functions and inherited members', () => {
    expect(read(() => {}, '').name).toBeTypeOf('string')
    expect(read(Object.create({ name: 'b' }), '').name).toBe('b')
  })
})
