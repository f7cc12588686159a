/** The levels of H.264 and their limits (ITU-T H.264, table A-1). */

export interface H264Level {
  /** Macroblocks per second. */
  readonly maxMacroblockRate: number
  /** Macroblocks in a frame. */
  readonly maxFrameSize: number
  /** Macroblocks in the decoded picture buffer. */
  readonly maxDpbMacroblocks: number
  /** Bit rate and coded picture buffer size, in units of 1000 bits (per second), or more in the High profiles. */
  readonly maxBitrate: number
  readonly maxCpbSize: number
}

const level = (
  maxMacroblockRate: number,
  maxFrameSize: number,
  maxDpbMacroblocks: number,
  maxBitrate: number,
  maxCpbSize: number,
): H264Level => ({ maxMacroblockRate, maxFrameSize, maxDpbMacroblocks, maxBitrate, maxCpbSize })

/** Level 1b has a level_idc of its own in the High profiles alone. */
export const LEVEL_1B = 9

/** By level_idc: ten times the level's number. */
export const H264_LEVELS: ReadonlyMap<number, H264Level> = new Map([
  [LEVEL_1B, level(1485, 99, 396, 128, 350)],
  [10, level(1485, 99, 396, 64, 175)],
  [11, level(3000, 396, 900, 192, 500)],
  [12, level(6000, 396, 2376, 384, 1000)],
  [13, level(11880, 396, 2376, 768, 2000)],
  [20, level(11880, 396, 2376, 2000, 2000)],
  [21, level(19800, 792, 4752, 4000, 4000)],
  [22, level(20250, 1620, 8100, 4000, 4000)],
  [30, level(40500, 1620, 8100, 10000, 10000)],
  [31, level(108000, 3600, 18000, 14000, 14000)],
  [32, level(216000, 5120, 20480, 20000, 20000)],
  [40, level(245760, 8192, 32768, 20000, 25000)],
  [41, level(245760, 8192, 32768, 50000, 62500)],
  [42, level(522240, 8704, 34816, 50000, 62500)],
  [50, level(589824, 22080, 110400, 135000, 135000)],
  [51, level(983040, 36864, 184320, 240000, 240000)],
  [52, level(2073600, 36864, 184320, 240000, 240000)],
  [60, level(4177920, 139264, 696320, 240000, 240000)],
  [61, level(8355840, 139264, 696320, 480000, 480000)],
  [62, level(16711680, 139264, 696320, 800000, 800000)],
])
