/** Codec strings of HEVC (WebCodecs HEVC registration, "Fully qualified codec strings"; ISO/IEC 14496-15, section E.3). */
import { HEVC_LEVELS, type HevcLevel } from './hevc-levels.js'

/** general_profile_idc */
export const HevcProfile = { main: 1, main10: 2, mainStillPicture: 3, rangeExtensions: 4 } as const

export interface HevcCodecString {
  /** general_profile_idc */
  readonly profile: number
  /** Bit i is general_profile_compatibility_flag[i]. */
  readonly compatibility: number
  /** general_tier_flag: 0 is the Main tier, 1 the High tier. */
  readonly tier: 0 | 1
  /** general_level_idc */
  readonly levelIdc: number
  /** The limits of the level. */
  readonly level: HevcLevel
  /** The six bytes from general_progressive_source_flag on; absent ones are zero. */
  readonly constraints: readonly number[]
}

const CODEC_STRING =
  /^(?:hev1|hvc1)\.([ABC]?)(\d{1,2})\.([0-9a-fA-F]{1,8})\.([LH])(\d{1,3})((?:\.[0-9a-fA-F]{1,2}){0,6})$/
const CONSTRAINT_BYTES = 6
const MAX_PROFILE = 31

const hexadecimal = (digits: string): number => Number.parseInt(digits, 16)

/** null for anything but "hev1." or "hvc1." and the four fields, with an existing level. */
export function parseHevcCodecString(codec: string): HevcCodecString | null {
  const match = CODEC_STRING.exec(codec)
  if (!match) return null
  const [profileSpace, profile, compatibility, tier, levelIdc, bytes] = match.slice(1) as [
    string,
    string,
    string,
    string,
    string,
    string,
  ]
  const level = HEVC_LEVELS.get(Number(levelIdc))
  // Nobody has defined what the other profile spaces mean.
  if (!level || profileSpace !== '' || Number(profile) > MAX_PROFILE) return null
  const constraints = new Array<number>(CONSTRAINT_BYTES).fill(0)
  for (const [index, byte] of bytes.split('.').slice(1).entries()) constraints[index] = hexadecimal(byte)
  return {
    profile: Number(profile),
    compatibility: hexadecimal(compatibility),
    tier: tier === 'H' ? 1 : 0,
    levelIdc: Number(levelIdc),
    level,
    constraints,
  }
}

/** Flags of the first two constraint bytes. */
export const HevcConstraint = {
  progressiveSource: 0x8000,
  interlacedSource: 0x4000,
  nonPacked: 0x2000,
  frameOnly: 0x1000,
  max12Bit: 0x0800,
  max10Bit: 0x0400,
  max8Bit: 0x0200,
  max422Chroma: 0x0100,
  max420Chroma: 0x0080,
  maxMonochrome: 0x0040,
  intra: 0x0020,
  onePictureOnly: 0x0010,
  lowerBitRate: 0x0008,
} as const

/** The first two constraint bytes as one number. */
export const constraintFlags = ({ constraints }: HevcCodecString): number => (constraints[0]! << 8) | constraints[1]!

export interface HevcFormat {
  /** Bits per sample. */
  readonly bitDepth: number
  /** 400 (monochrome), 420, 422 or 444. */
  readonly chroma: number
}

/** The format range extensions profiles differ by what their flags rule out (ITU-T H.265, table A.2). */
function rangeExtensionsFormat(flags: number): HevcFormat {
  const has = (flag: number): boolean => (flags & flag) !== 0
  const bitDepth = has(HevcConstraint.max8Bit)
    ? 8
    : has(HevcConstraint.max10Bit)
      ? 10
      : has(HevcConstraint.max12Bit)
        ? 12
        : 16
  const chroma = has(HevcConstraint.maxMonochrome)
    ? 400
    : has(HevcConstraint.max420Chroma)
      ? 420
      : has(HevcConstraint.max422Chroma)
        ? 422
        : 444
  return { bitDepth, chroma }
}

/** The largest bit depth and chroma format that the profile allows; null for a profile that is not known here. */
export function hevcFormat(codec: HevcCodecString): HevcFormat | null {
  switch (codec.profile) {
    case HevcProfile.main:
    case HevcProfile.mainStillPicture:
      return { bitDepth: 8, chroma: 420 }
    case HevcProfile.main10:
      return { bitDepth: 10, chroma: 420 }
    case HevcProfile.rangeExtensions:
      return rangeExtensionsFormat(constraintFlags(codec))
    default:
      return null
  }
}
