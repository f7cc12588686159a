/** The levels of HEVC and their limits (ITU-T H.265, tables A.8 and A.9). */

export interface HevcLevel {
  /** Luma samples of a picture, and of a second. */
  readonly maxPictureSize: number
  readonly maxSampleRate: number
  /** Bit rate and coded picture buffer size, in units of CpbVclFactor bits (per second): of the Main tier, of the High tier. */
  readonly maxBitrate: readonly [main: number, high: number]
  readonly maxCpbSize: readonly [main: number, high: number]
}

/** Rates and buffer sizes are the same numbers in all levels but the first. */
const level = (
  maxPictureSize: number,
  maxSampleRate: number,
  main: number,
  high = 0,
  maxCpbSize: readonly [number, number] = [main, high],
): HevcLevel => ({ maxPictureSize, maxSampleRate, maxBitrate: [main, high], maxCpbSize })

/** By general_level_idc: thirty times the level's number. The High tier begins with level 4. */
export const HEVC_LEVELS: ReadonlyMap<number, HevcLevel> = new Map([
  [30, level(36864, 552960, 128, 0, [350, 0])],
  [60, level(122880, 3686400, 1500)],
  [63, level(245760, 7372800, 3000)],
  [90, level(552960, 16588800, 6000)],
  [93, level(983040, 33177600, 10000)],
  [120, level(2228224, 66846720, 12000, 30000)],
  [123, level(2228224, 133693440, 20000, 50000)],
  [150, level(8912896, 267386880, 25000, 100000)],
  [153, level(8912896, 534773760, 40000, 160000)],
  [156, level(8912896, 1069547520, 60000, 240000)],
  [180, level(35651584, 1069547520, 60000, 240000)],
  [183, level(35651584, 2139095040, 120000, 480000)],
  [186, level(35651584, 4278190080, 240000, 800000)],
])
