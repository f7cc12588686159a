/** The pixel formats (WebCodecs, "Pixel Format"), in the order of the enum: their index crosses to native code. */

export interface PlaneFormat {
  /** Bytes of one sample: of a whole pixel in RGB formats, of a UV pair in NV12. */
  readonly sampleBytes: number
  /** Sub-sampling factors: how many pixels a sample covers. */
  readonly sampleWidth: number
  readonly sampleHeight: number
}

const NAMES = [
  'I420',
  'I420P10',
  'I420P12',
  'I420A',
  'I420AP10',
  'I420AP12',
  'I422',
  'I422P10',
  'I422P12',
  'I422A',
  'I422AP10',
  'I422AP12',
  'I444',
  'I444P10',
  'I444P12',
  'I444A',
  'I444AP10',
  'I444AP12',
  'NV12',
  'RGBA',
  'RGBX',
  'BGRA',
  'BGRX',
] as const

export type VideoPixelFormat = (typeof NAMES)[number]
export const VIDEO_PIXEL_FORMATS: readonly VideoPixelFormat[] = NAMES

export interface PixelFormat {
  readonly name: VideoPixelFormat
  readonly index: number
  readonly planes: readonly PlaneFormat[]
  /** spec: "RGB Format" */
  readonly isRgb: boolean
}

/** Horizontal and vertical sub-sampling of the chroma planes. */
const SUB_SAMPLING: Readonly<Record<string, readonly [number, number]>> = { I420: [2, 2], I422: [2, 1], I444: [1, 1] }

function planesOf(name: VideoPixelFormat): PlaneFormat[] {
  const chroma = SUB_SAMPLING[name.slice(0, 4)]
  if (name === 'NV12') {
    return [
      { sampleBytes: 1, sampleWidth: 1, sampleHeight: 1 },
      { sampleBytes: 2, sampleWidth: 2, sampleHeight: 2 },
    ]
  }
  if (!chroma) return [{ sampleBytes: 4, sampleWidth: 1, sampleHeight: 1 }]
  const [sampleWidth, sampleHeight] = chroma
  const sampleBytes = name.includes('P1') ? 2 : 1
  const full = { sampleBytes, sampleWidth: 1, sampleHeight: 1 }
  const subSampled = { sampleBytes, sampleWidth, sampleHeight }
  return name.includes('A') ? [full, subSampled, subSampled, full] : [full, subSampled, subSampled]
}

export const PIXEL_FORMATS: readonly PixelFormat[] = NAMES.map((name, index) => ({
  name,
  index,
  planes: planesOf(name),
  isRgb: /^(RGB|BGR)/.test(name),
}))

const byName = new Map(PIXEL_FORMATS.map((format) => [format.name, format]))

export function pixelFormat(name: VideoPixelFormat): PixelFormat {
  const format = byName.get(name)
  if (!format) throw new TypeError(`no pixel format ${name}`)
  return format
}

/** spec: "equivalent opaque format": the same format without its alpha component. */
export function equivalentOpaqueFormat(format: PixelFormat): PixelFormat {
  const name = format.isRgb ? format.name.replace('A', 'X') : format.name.replace('A', '')
  return pixelFormat(name as VideoPixelFormat)
}
