/** The levels of AV1 and their limits (AV1 Bitstream & Decoding Process Specification, section A.3). */
import type { LevelLimits } from './level-limits.js'

export interface Av1Level extends Omit<LevelLimits, 'maxBitrate'> {
  /** Bits per second, for profile 0: of the Main tier, of the High tier; 0 where there is none. */
  readonly maxBitrate: readonly [main: number, high: number]
}

const level = (
  name: string,
  maxPictureSize: number,
  maxWidth: number,
  maxHeight: number,
  maxSampleRate: number,
  main: number,
  high = 0,
): Av1Level => ({
  name,
  maxPictureSize,
  maxWidth,
  maxHeight,
  maxSampleRate,
  maxBitrate: [main * 1e6, high * 1e6],
})

/** By seq_level_idx. Those in between are reserved; rates are those of frames that are shown (MaxDisplayRate). */
export const AV1_LEVELS: ReadonlyMap<number, Av1Level> = new Map([
  [0, level('2.0', 147456, 2048, 1152, 4423680, 1.5)],
  [1, level('2.1', 278784, 2816, 1584, 8363520, 3)],
  [4, level('3.0', 665856, 4352, 2448, 19975680, 6)],
  [5, level('3.1', 1065024, 5504, 3096, 31950720, 10)],
  [8, level('4.0', 2359296, 6144, 3456, 70778880, 12, 30)],
  [9, level('4.1', 2359296, 6144, 3456, 141557760, 20, 50)],
  [12, level('5.0', 8912896, 8192, 4352, 267386880, 30, 100)],
  [13, level('5.1', 8912896, 8192, 4352, 534773760, 40, 160)],
  [14, level('5.2', 8912896, 8192, 4352, 1069547520, 60, 240)],
  [15, level('5.3', 8912896, 8192, 4352, 1069547520, 60, 240)],
  [16, level('6.0', 35651584, 16384, 8704, 1069547520, 60, 240)],
  [17, level('6.1', 35651584, 16384, 8704, 2139095040, 100, 480)],
  [18, level('6.2', 35651584, 16384, 8704, 4278190080, 160, 800)],
  [19, level('6.3', 35651584, 16384, 8704, 4278190080, 160, 800)],
])

/** The level for streams that keep to no level ("maximum parameters"). */
export const MAXIMUM_PARAMETERS = 31
/** Lower levels have no High tier. */
export const FIRST_LEVEL_WITH_TIERS = 8
