/** The colour that codec strings of VP9 and AV1 may end with, as code points of H.273. */
import { UNSPECIFIED_COLOR } from '../color-space.js'
import type { NativeColorSpace } from '../native.js'

type Member = Exclude<keyof NativeColorSpace, 'fullRange'>

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)

/** In the order of the fields. The code points that H.273 reserves are missing. */
const FIELDS: readonly (readonly [Member, ReadonlySet<number>])[] = [
  ['primaries', new Set([1, 2, ...range(4, 12), 22])],
  ['transfer', new Set([1, 2, ...range(4, 18)])],
  ['matrix', new Set([0, 1, 2, ...range(4, 14)])],
]

/**
 * @param fields colour primaries, transfer characteristics and matrix coefficients, two digits each, and the full range
 *   flag; those at the end may be missing
 * @param flagDigits the number of digits of the flag
 * @returns null when a field is malformed or reserved
 */
export function parseColorFields(fields: readonly string[], flagDigits: number): NativeColorSpace | null {
  if (fields.length > FIELDS.length + 1) return null
  const color = { ...UNSPECIFIED_COLOR }
  for (const [index, [member, codePoints]] of FIELDS.entries()) {
    const field = fields[index]
    if (field === undefined) return color
    if (!/^\d\d$/.test(field) || !codePoints.has(Number(field))) return null
    color[member] = Number(field)
  }
  const flag = fields[FIELDS.length]
  if (flag === undefined) return color
  if (flag.length !== flagDigits || !/^0?[01]$/.test(flag)) return null
  color.fullRange = Number(flag)
  return color
}
