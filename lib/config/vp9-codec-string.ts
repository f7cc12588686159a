/**
 * Codec strings of VP9 (WebCodecs VP9 registration, "Fully qualified codec strings"; VP Codec ISO Media File Format
 * Binding, "Codecs Parameter String").
 */
import type { NativeColorSpace } from '../native.js'
import { parseColorFields } from './codec-string-color.js'

export interface Vp9CodecString {
  /** 0 to 3 */
  readonly profile: number
  /** Ten times the level's number. */
  readonly level: number
  /** Bits per sample: 8, 10 or 12. */
  readonly bitDepth: number
  /** 420, 422 or 444; null where the string does not tell and the profile has several. */
  readonly chroma: number | null
  /** null when the string has none. */
  readonly color: NativeColorSpace | null
}

const LEVELS: ReadonlySet<number> = new Set([10, 11, 20, 21, 30, 31, 40, 41, 50, 51, 52, 60, 61, 62])
/** By the field's value; the first two differ in where the chroma samples lie. */
const CHROMA_SUBSAMPLING = [420, 420, 422, 444] as const
const MANDATORY = /^vp09\.(0[0-3])\.(\d\d)\.(08|10|12)(?:\.(0[0-3])((?:\.\d\d){0,4}))?$/
const FLAG_DIGITS = 2

/** null for anything but "vp09.", the three mandatory fields and optional ones: short forms such as "vp9" are ambiguous. */
export function parseVp9CodecString(codec: string): Vp9CodecString | null {
  const match = MANDATORY.exec(codec)
  if (!match) return null
  const [profile, level, bitDepth] = match.slice(1, 4).map(Number) as [number, number, number]
  const colorFields = match[5]?.split('.').slice(1) ?? []
  const color = parseColorFields(colorFields, FLAG_DIGITS)
  if (!LEVELS.has(level) || !color) return null
  // Profiles 0 and 2 have one chroma format.
  const implied = profile % 2 === 0 ? 420 : null
  const chroma = match[4] === undefined ? implied : CHROMA_SUBSAMPLING[Number(match[4])]!
  return { profile, level, bitDepth, chroma, color: colorFields.length > 0 ? color : null }
}
