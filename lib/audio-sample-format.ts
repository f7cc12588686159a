/** The sample formats of AudioData (WebCodecs, "Audio Sample Format"). */

/** In the order that native code knows them by: the four sample types interleaved, then planar. */
export const AUDIO_SAMPLE_FORMATS = [
  'u8',
  's16',
  's32',
  'f32',
  'u8-planar',
  's16-planar',
  's32-planar',
  'f32-planar',
] as const

export type AudioSampleFormat = (typeof AUDIO_SAMPLE_FORMATS)[number]

const SAMPLE_BYTES = [1, 2, 4, 4] as const

export interface SampleFormat {
  readonly name: AudioSampleFormat
  /** What native code calls it. */
  readonly index: number
  readonly isPlanar: boolean
  readonly bytesPerSample: number
}

const SAMPLE_FORMATS: readonly SampleFormat[] = AUDIO_SAMPLE_FORMATS.map((name, index) => ({
  name,
  index,
  isPlanar: index >= SAMPLE_BYTES.length,
  bytesPerSample: SAMPLE_BYTES[index % SAMPLE_BYTES.length]!,
}))

export const sampleFormat = (name: AudioSampleFormat): SampleFormat =>
  SAMPLE_FORMATS[AUDIO_SAMPLE_FORMATS.indexOf(name)]!

/** @param index what native code calls the format */
export const sampleFormatAt = (index: number): SampleFormat => SAMPLE_FORMATS[index]!
