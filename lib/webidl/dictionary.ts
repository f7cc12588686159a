/**
 * Web IDL dictionaries from a table: one line per member. Members are read in lexicographical order, each exactly once,
 * whatever the order of the table (none of WebCodecs' dictionaries inherits from another).
 */
import { type Converter, isObject, typeError } from './conversions.js'

export interface Member<T, Presence extends 'required' | 'default' | 'optional'> {
  readonly convert: Converter<T>
  readonly presence: Presence
  readonly defaultValue?: () => T
}

type AnyMember = Member<unknown, 'required' | 'default' | 'optional'>
type Table = Readonly<Record<string, AnyMember>>
type MemberType<M> = M extends Member<infer T, infer _> ? T : never
type OptionalKeys<M extends Table> = { [K in keyof M]: M[K]['presence'] extends 'optional' ? K : never }[keyof M]

/** A dictionary after conversion: members without a default are absent when the object did not have them. */
export type Dictionary<M extends Table> = { [K in Exclude<keyof M, OptionalKeys<M>>]: MemberType<M[K]> } & {
  [K in OptionalKeys<M>]?: MemberType<M[K]>
}

export const required = <T>(convert: Converter<T>): Member<T, 'required'> => ({ convert, presence: 'required' })
export const optional = <T>(convert: Converter<T>): Member<T, 'optional'> => ({ convert, presence: 'optional' })
export const withDefault = <T>(convert: Converter<T>, value: T): Member<T, 'default'> => ({
  convert,
  presence: 'default',
  defaultValue: () => value,
})
/** The default is made anew for each dictionary, as for an empty sequence. */
export const withNewDefault = <T>(convert: Converter<T>, make: () => T): Member<T, 'default'> => ({
  convert,
  presence: 'default',
  defaultValue: make,
})

/**
 * A converter to the dictionary type that `table` describes.
 * @param interfaceName the dictionary's name in errors about the object as a whole
 */
export function dictionary<M extends Table>(interfaceName: string, table: M): Converter<Dictionary<M>> {
  const members = Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1))
  return (value, name) => {
    if (value !== undefined && value !== null && !isObject(value)) {
      throw typeError(`a ${interfaceName} dictionary`, name || 'the argument', value)
    }
    const source = (value ?? {}) as Record<string, unknown>
    const result: Record<string, unknown> = {}
    for (const [key, member] of members) {
      const received = source[key]
      if (received !== undefined) {
        result[key] = member.convert(received, name === '' ? key : `${name}.${key}`)
      } else if (member.presence === 'required') {
        throw typeError(`a value`, name === '' ? key : `${name}.${key}`, undefined)
      } else if (member.defaultValue) {
        result[key] = member.defaultValue()
      }
    }
    return result as Dictionary<M>
  }
}
