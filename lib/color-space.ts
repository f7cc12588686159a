/** Colour spaces: the names of WebCodecs and the code points of H.273 that native code speaks. */
import type { NativeColorSpace } from './native.js'
import { boolean, enumeration, nullable } from './webidl/conversions.js'
import { type Dictionary, dictionary, withDefault } from './webidl/dictionary.js'

/** spec: "Video Color Primaries", H.273 table 2 */
const PRIMARIES = { bt709: 1, bt470bg: 5, smpte170m: 6, bt2020: 9, smpte432: 12 } as const
/** spec: "Video Transfer Characteristics", H.273 table 3 */
const TRANSFER = { bt709: 1, smpte170m: 6, 'iec61966-2-1': 13, linear: 8, pq: 16, hlg: 18 } as const
/** spec: "Video Matrix Coefficients", H.273 table 4 */
const MATRIX = { rgb: 0, bt709: 1, bt470bg: 5, smpte170m: 6, 'bt2020-ncl': 9 } as const

export type VideoColorPrimaries = keyof typeof PRIMARIES
export type VideoTransferCharacteristics = keyof typeof TRANSFER
export type VideoMatrixCoefficients = keyof typeof MATRIX

/** Members that are absent or null are unspecified. */
export interface VideoColorSpaceInit {
  primaries?: VideoColorPrimaries | null | undefined
  transfer?: VideoTransferCharacteristics | null | undefined
  matrix?: VideoMatrixCoefficients | null | undefined
  fullRange?: boolean | null | undefined
}

const keys = <T extends object>(table: T): (keyof T & string)[] => Object.keys(table) as (keyof T & string)[]

export const readVideoColorSpaceInit = dictionary('VideoColorSpaceInit', {
  fullRange: withDefault(nullable(boolean), null),
  matrix: withDefault(nullable(enumeration(keys(MATRIX))), null),
  primaries: withDefault(nullable(enumeration(keys(PRIMARIES))), null),
  transfer: withDefault(nullable(enumeration(keys(TRANSFER))), null),
})

/** A VideoColorSpaceInit after conversion: every member is there. */
export type ColorSpaceNames = Dictionary<{
  fullRange: ReturnType<typeof withDefault<boolean | null>>
  matrix: ReturnType<typeof withDefault<VideoMatrixCoefficients | null>>
  primaries: ReturnType<typeof withDefault<VideoColorPrimaries | null>>
  transfer: ReturnType<typeof withDefault<VideoTransferCharacteristics | null>>
}>

const UNSPECIFIED = 2
const RANGE_UNSPECIFIED = -1

export const UNSPECIFIED_COLOR: NativeColorSpace = Object.freeze({
  primaries: UNSPECIFIED,
  transfer: UNSPECIFIED,
  matrix: UNSPECIFIED,
  fullRange: RANGE_UNSPECIFIED,
})

const invert = <T extends string>(table: Readonly<Record<T, number>>): Map<number, T> =>
  new Map(keys(table).map((name) => [table[name], name]))

const primariesNames = invert(PRIMARIES)
const transferNames = invert(TRANSFER)
const matrixNames = invert(MATRIX)

export function toCodePoints(names: ColorSpaceNames): NativeColorSpace {
  return {
    primaries: names.primaries === null ? UNSPECIFIED : PRIMARIES[names.primaries],
    transfer: names.transfer === null ? UNSPECIFIED : TRANSFER[names.transfer],
    matrix: names.matrix === null ? UNSPECIFIED : MATRIX[names.matrix],
    fullRange: names.fullRange === null ? RANGE_UNSPECIFIED : Number(names.fullRange),
  }
}

/** Code points that WebCodecs has no name for become null. */
export function toNames(color: NativeColorSpace): ColorSpaceNames {
  return {
    primaries: primariesNames.get(color.primaries) ?? null,
    transfer: transferNames.get(color.transfer) ?? null,
    matrix: matrixNames.get(color.matrix) ?? null,
    fullRange: color.fullRange === RANGE_UNSPECIFIED ? null : color.fullRange === 1,
  }
}

/** spec: "sRGB Color Space" */
export const SRGB: NativeColorSpace = Object.freeze({
  primaries: PRIMARIES.bt709,
  transfer: TRANSFER['iec61966-2-1'],
  matrix: MATRIX.rgb,
  fullRange: 1,
})

/** spec: "Display P3 Color Space" */
export const DISPLAY_P3: NativeColorSpace = Object.freeze({ ...SRGB, primaries: PRIMARIES.smpte432 })

/** spec: "REC709 Color Space" */
export const REC709: NativeColorSpace = Object.freeze({
  primaries: PRIMARIES.bt709,
  transfer: TRANSFER.bt709,
  matrix: MATRIX.bt709,
  fullRange: 0,
})

/** Members of `color` that are unspecified are taken from `fallback`. */
export function fillUnspecified(color: NativeColorSpace, fallback: NativeColorSpace): NativeColorSpace {
  return {
    primaries: color.primaries === UNSPECIFIED ? fallback.primaries : color.primaries,
    transfer: color.transfer === UNSPECIFIED ? fallback.transfer : color.transfer,
    matrix: color.matrix === UNSPECIFIED ? fallback.matrix : color.matrix,
    fullRange: color.fullRange === RANGE_UNSPECIFIED ? fallback.fullRange : color.fullRange,
  }
}

/** spec: "Pick Color Space" */
export function pickColorSpace(overrideColorSpace: ColorSpaceNames | undefined, isRgb: boolean): NativeColorSpace {
  if (overrideColorSpace) return toCodePoints(overrideColorSpace)
  return isRgb ? SRGB : REC709
}

/** Whether RGB pixels of `color` are those of `target` already; what is unspecified is taken for sRGB. */
export function isSameRgb(color: NativeColorSpace, target: NativeColorSpace): boolean {
  const { primaries, transfer, matrix } = fillUnspecified(color, SRGB)
  return primaries === target.primaries && transfer === target.transfer && matrix === target.matrix
}
