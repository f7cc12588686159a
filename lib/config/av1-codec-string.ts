/**
 * Codec strings of AV1 (WebCodecs AV1 registration, "Fully qualified codec strings"; AV1 Codec ISO Media File Format
 * Binding, section 5).
 */
import type { NativeColorSpace } from '../native.js'
import { parseColorFields } from './codec-string-color.js'

/** seq_profile */
export const Av1Profile = { main: 0, high: 1, professional: 2 } as const

export interface Av1CodecString {
  readonly profile: number
  /** seq_level_idx */
  readonly levelIdx: number
  /** seq_tier: 0 is the Main tier, 1 the High tier. */
  readonly tier: 0 | 1
  /** Bits per sample: 8, 10 or 12. */
  readonly bitDepth: number
  /** 400 (monochrome), 420, 422 or 444. */
  readonly chroma: number
  /** null when the string has none. */
  readonly color: NativeColorSpace | null
}

const CODEC_STRING =
  /^av01\.([0-2])\.([0-2]\d|3[01])([MH])\.(08|10|12)(?:\.([01])(?:\.([01]{2}\d)((?:\.\d{1,2}){0,4}))?)?$/
const FLAG_DIGITS = 1

/** The field has subsampling_x, subsampling_y and, when both are 1, chroma_sample_position. */
const CHROMA: ReadonlyMap<string, number> = new Map([
  ['000', 444],
  ['100', 422],
  ['110', 420],
  ['111', 420],
  ['112', 420],
  ['113', 420],
])

/** Of strings that do not tell it: what the profile demands, else 4:2:0. */
function impliedChroma(profile: number, bitDepth: number): number {
  if (profile === Av1Profile.high) return 444
  return profile === Av1Profile.professional && bitDepth < 12 ? 422 : 420
}

/** null for anything but "av01.", the three mandatory fields and optional ones. */
export function parseAv1CodecString(codec: string): Av1CodecString | null {
  const match = CODEC_STRING.exec(codec)
  if (!match) return null
  const [, profileField, levelField, tier, bitDepthField, monochrome, chromaField, colorFields = ''] = match
  const profile = Number(profileField)
  const bitDepth = Number(bitDepthField)
  const fields = colorFields.split('.').slice(1)
  const color = parseColorFields(fields, FLAG_DIGITS)
  const chroma = chromaField === undefined ? impliedChroma(profile, bitDepth) : CHROMA.get(chromaField)
  if (!color || chroma === undefined) return null
  return {
    profile,
    levelIdx: Number(levelField),
    tier: tier === 'H' ? 1 : 0,
    bitDepth,
    chroma: monochrome === '1' ? 400 : chroma,
    color: fields.length > 0 ? color : null,
  }
}
