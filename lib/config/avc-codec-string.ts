/** Codec strings of H.264 (WebCodecs AVC registration, "Fully qualified codec strings"; RFC 6381, section 3.4). */
import { H264_LEVELS, type H264Level, LEVEL_1B } from './h264-levels.js'

export const AvcProfile = {
  cavlc444: 44,
  baseline: 66,
  main: 77,
  high: 100,
  high10: 110,
  high422: 122,
  high444: 244,
} as const

export interface AvcCodecString {
  /** profile_idc */
  readonly profile: number
  /** The byte with the constraint_set flags. */
  readonly constraints: number
  /** level_idc as the stream has it. */
  readonly levelIdc: number
  /** Whether level_idc 11 means level 1b here. */
  readonly isLevel1b: boolean
  /** The limits of the level. */
  readonly level: H264Level
}

const CODEC_STRING = /^avc[13]\.([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})$/
export const CONSTRAINT_SET3 = 0x10
const RESERVED_BITS = 0x03

/** Below High, level 1b is level_idc 11 with constraint_set3_flag. */
function isLevel1b(profile: number, constraints: number, levelIdc: number): boolean {
  return levelIdc === 11 && (constraints & CONSTRAINT_SET3) !== 0 && profile <= AvcProfile.main
}

/** null for anything but "avc1." or "avc3." and six digits that name an existing level. */
export function parseAvcCodecString(codec: string): AvcCodecString | null {
  const match = CODEC_STRING.exec(codec)
  if (!match) return null
  const [profile, constraints, levelIdc] = match.slice(1).map((digits) => Number.parseInt(digits, 16)) as [
    number,
    number,
    number,
  ]
  const level1b = isLevel1b(profile, constraints, levelIdc)
  const level = H264_LEVELS.get(level1b ? LEVEL_1B : levelIdc)
  if (!level || (constraints & RESERVED_BITS) !== 0) return null
  return { profile, constraints, levelIdc, isLevel1b: level1b, level }
}
