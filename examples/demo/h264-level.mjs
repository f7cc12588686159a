/**
 * The lowest H.264 level for a stream, from table A-1 of the H.264 specification.
 * Each row: level_idc, macroblocks per second, macroblocks per frame, bits per second (for Baseline and Main, in thousands).
 */
const levels = [
  [10, 1_485, 99, 64],
  [11, 3_000, 396, 192],
  [12, 6_000, 396, 384],
  [13, 11_880, 396, 768],
  [20, 11_880, 396, 2_000],
  [21, 19_800, 792, 4_000],
  [22, 20_250, 1_620, 4_000],
  [30, 40_500, 1_620, 10_000],
  [31, 108_000, 3_600, 14_000],
  [32, 216_000, 5_120, 20_000],
  [40, 245_760, 8_192, 20_000],
  [41, 245_760, 8_192, 50_000],
  [42, 522_240, 8_704, 50_000],
  [50, 589_824, 22_080, 135_000],
  [51, 983_040, 36_864, 240_000],
  [52, 2_073_600, 36_864, 240_000],
  [60, 4_177_920, 139_264, 240_000],
  [61, 8_355_840, 139_264, 480_000],
  [62, 16_711_680, 139_264, 800_000],
]

/** High profile may use 1.25 times the rate of the table. */
const highProfileRateFactor = 1.25

/**
 * The codec string of H.264 High profile for a stream.
 * @param {{ width: number, height: number, framerate: number, bitrate: number }} stream
 */
export function h264CodecString({ width, height, framerate, bitrate }) {
  const columns = Math.ceil(width / 16)
  const rows = Math.ceil(height / 16)
  const fits = ([, perSecond, perFrame, kilobits]) =>
    columns * rows <= perFrame &&
    Math.max(columns, rows) <= Math.sqrt(8 * perFrame) &&
    columns * rows * framerate <= perSecond &&
    bitrate <= kilobits * 1000 * highProfileRateFactor
  const [level] = levels.find(fits) ?? levels.at(-1)
  return `avc1.6400${level.toString(16).padStart(2, '0')}`
}
