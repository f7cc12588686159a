/** From what libavformat tells of a video stream to the configuration of its decoder. */
import { toNames } from '../color-space.js'
import { isAv1KeyChunk } from '../config/av1-bitstream.js'
import { isAvcKeyChunk, parseAvcDecoderConfigurationRecord } from '../config/avc-bitstream.js'
import { BitReader } from '../config/bit-reader.js'
import { isHevcKeyChunk, parseHevcDecoderConfigurationRecord } from '../config/hevc-bitstream.js'
import { nalUnits } from '../config/nal-units.js'
import type { VideoDecoderConfig } from '../config/video-decoder-config.js'
import { isVp8KeyChunk } from '../config/vp8.js'
import { isVp9KeyChunk } from '../config/vp9-bitstream.js'
import type { NativeTrack } from '../native.js'
import { type Orientation, parseRotation } from '../orientation.js'

interface CodecOfTrack {
  readonly codec: string
  /** undefined where the registration has none, or parameter sets come in the stream. */
  readonly description?: Uint8Array
}

const NO_BYTES = new ArrayBuffer(0)
const extradataOf = (track: NativeTrack): Uint8Array => new Uint8Array(track.extradata ?? NO_BYTES)
const hex = (value: number): string => value.toString(16).padStart(2, '0')
const twoDigits = (value: number): string => String(value).padStart(2, '0')

/** A NAL unit without the bytes that keep start codes out of it (ITU-T H.264, 7.3.1), as far as `length`. */
function unescapeNalUnit(nalUnit: Uint8Array, length: number): Uint8Array {
  const out: number[] = []
  for (let index = 0; index < nalUnit.length && out.length < length; index++) {
    const isEscape = nalUnit[index] === 3 && nalUnit[index - 1] === 0 && nalUnit[index - 2] === 0
    if (!isEscape) out.push(nalUnit[index]!)
  }
  return Uint8Array.from(out)
}

const H264_SPS = 7
const H264_CONSTRAINED = 0x200
/** The bits of the constraint byte that are not reserved. */
const H264_FLAGS = 0xfc

function avcBytes(track: NativeTrack, extradata: Uint8Array): number[] | null {
  if (extradata[0] === 1) return [...extradata.subarray(1, 4)]
  for (const nalUnit of nalUnits(extradata, 0)) {
    if (nalUnit && (nalUnit[0]! & 0x1f) === H264_SPS) return [...unescapeNalUnit(nalUnit, 4).subarray(1)]
  }
  if (track.profile < 0 || track.level < 0) return null
  return [track.profile & 0xff, track.profile & H264_CONSTRAINED ? 0x40 : 0, track.level]
}

function avc(track: NativeTrack): CodecOfTrack | null {
  const extradata = extradataOf(track)
  const bytes = avcBytes(track, extradata)
  if (bytes?.length !== 3) return null
  const [profile, flags, level] = bytes as [number, number, number]
  const name = track.tag === 'avc3' ? 'avc3' : 'avc1'
  const codec = `${name}.${hex(profile)}${hex(flags & H264_FLAGS)}${hex(level)}`
  return parseAvcDecoderConfigurationRecord(extradata) ? { codec, description: extradata } : { codec }
}

const HEVC_SPS = 33
/** general_profile_space to general_level_idc (ITU-T H.265, 7.3.3). */
const PROFILE_TIER_LEVEL_SIZE = 12

function hevcProfileTierLevel(extradata: Uint8Array, isRecord: boolean): Uint8Array | null {
  if (isRecord) return extradata.subarray(1, 1 + PROFILE_TIER_LEVEL_SIZE)
  for (const nalUnit of nalUnits(extradata, 0)) {
    if (!nalUnit || ((nalUnit[0]! >> 1) & 0x3f) !== HEVC_SPS) continue
    // Behind the NAL unit header, the parameter set's number and that of sub-layers.
    return unescapeNalUnit(nalUnit, 3 + PROFILE_TIER_LEVEL_SIZE).subarray(3)
  }
  return null
}

function reverseBits(value: number): number {
  let reversed = 0
  for (let bit = 0; bit < 32; bit++) reversed = reversed * 2 + ((value >>> bit) & 1)
  return reversed
}

/** ISO/IEC 14496-15, section E.3 */
function hevcCodecString(name: string, bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const space = ['', 'A', 'B', 'C'][bytes[0]! >> 6]
  const tier = (bytes[0]! & 0x20) === 0 ? 'L' : 'H'
  const compatibility = reverseBits(view.getUint32(1)).toString(16).toUpperCase()
  const constraints = [...bytes.subarray(5, 11)]
  while (constraints.at(-1) === 0) constraints.pop()
  const fields = [name, `${space}${bytes[0]! & 0x1f}`, compatibility, `${tier}${bytes[11]}`]
  return [...fields, ...constraints.map((byte) => byte.toString(16).toUpperCase())].join('.')
}

function hevc(track: NativeTrack): CodecOfTrack | null {
  const extradata = extradataOf(track)
  // A start code begins with zeros, and so does a record of version 0, whose lengths then agree.
  const isRecord = parseHevcDecoderConfigurationRecord(extradata) !== null && (extradata[0] === 1 || extradata[1] !== 0)
  const bytes = hevcProfileTierLevel(extradata, isRecord)
  if (bytes?.length !== PROFILE_TIER_LEVEL_SIZE) return null
  if (!isRecord) return { codec: hevcCodecString('hev1', bytes) }
  return { codec: hevcCodecString(track.tag === 'hev1' ? 'hev1' : 'hvc1', bytes), description: extradata }
}

/** VP9 Levels, version 1.1: [ten times the level, luma samples per second, luma samples of a picture]. */
const VP9_LEVELS = [
  [10, 829440, 36864],
  [11, 2764800, 73728],
  [20, 4608000, 122880],
  [21, 9216000, 245760],
  [30, 20736000, 552960],
  [31, 36864000, 983040],
  [40, 83558400, 2228224],
  [41, 160432128, 2228224],
  [50, 311951360, 8912896],
  [51, 588251136, 8912896],
  [52, 1176502272, 8912896],
  [60, 1176502272, 35651584],
  [61, 2353004544, 35651584],
] as const
const HIGHEST_VP9_LEVEL = 62

/** WebM and IVF do not tell the level, and nothing in the stream does: the lowest that the size and rate fit in. */
function vp9Level({ level, width, height, framerate }: NativeTrack): number {
  if (level > 0) return level
  const size = width * height
  const fits = VP9_LEVELS.find(([, maxRate, maxSize]) => size <= maxSize && size * framerate <= maxRate)
  return fits ? fits[0] : HIGHEST_VP9_LEVEL
}

function chromaField({ chromaWidthShift, chromaHeightShift }: NativeTrack): number {
  if (chromaWidthShift === 0) return 3
  return chromaHeightShift === 0 ? 2 : 1
}

function vp9(track: NativeTrack): CodecOfTrack {
  const profile = Math.max(track.profile, 0)
  const fields = ['vp09', twoDigits(profile), twoDigits(vp9Level(track)), twoDigits(track.bitDepth || 8)]
  // The odd profiles have several.
  if (profile % 2 === 1) fields.push(twoDigits(chromaField(track)))
  return { codec: fields.join('.') }
}

interface Av1Header {
  readonly profile: number
  readonly level: number
  readonly tier: number
}

const AV1_RECORD_MARKER = 0x81

/** AV1 Bitstream & Decoding Process Specification, section 5.5.1, as far as seq_tier[0] */
function av1SequenceHeader(payload: Uint8Array): Av1Header {
  const reader = new BitReader(payload)
  const profile = reader.bits(3)
  reader.bit()
  if (reader.bit() === 1) return { profile, level: reader.bits(5), tier: 0 }
  if (reader.bit() === 1) {
    reader.bits(32)
    reader.bits(32)
    if (reader.bit() === 1) {
      let zeros = 0
      while (reader.bit() === 0 && !reader.overrun) zeros++
      reader.bits(zeros)
    }
    if (reader.bit() === 1) reader.bits(47)
  }
  reader.bits(1 + 5 + 12)
  const level = reader.bits(5)
  return { profile, level, tier: level > 7 ? reader.bit() : 0 }
}

function av1Header(track: NativeTrack): Av1Header | null {
  const extradata = extradataOf(track)
  if (extradata[0] === AV1_RECORD_MARKER && extradata.length >= 4) {
    return { profile: extradata[1]! >> 5, level: extradata[1]! & 0x1f, tier: extradata[2]! >> 7 }
  }
  // An OBU with its header and its size in a byte.
  if (extradata.length > 2 && (extradata[0]! & 0xfe) === 0x0a) return av1SequenceHeader(extradata.subarray(2))
  return track.profile >= 0 && track.level >= 0 ? { profile: track.profile, level: track.level, tier: 0 } : null
}

/** AV1 Codec ISO Media File Format Binding, section 5 */
function av1(track: NativeTrack): CodecOfTrack | null {
  const header = av1Header(track)
  if (!header) return null
  const bitDepth = track.bitDepth || 8
  const level = `${twoDigits(header.level)}${header.tier === 1 ? 'H' : 'M'}`
  const fields = ['av01', String(header.profile), level, twoDigits(bitDepth)]
  const isMonochrome = track.components > 0 && track.components < 3
  // 12 bits have every chroma format.
  if (isMonochrome || (header.profile === 2 && bitDepth === 12)) {
    const chroma = isMonochrome ? '110' : ['', '110', '100', '000'][chromaField(track)]!
    fields.push(isMonochrome ? '1' : '0', chroma)
  }
  return { codec: fields.join('.') }
}

const CODECS: ReadonlyMap<string, (track: NativeTrack) => CodecOfTrack | null> = new Map([
  ['h264', avc],
  ['hevc', hevc],
  ['vp8', () => ({ codec: 'vp8' })],
  ['vp9', vp9],
  ['av1', av1],
])

/** 1 when the container does not tell. */
export function pixelAspect({ sarNumerator, sarDenominator }: NativeTrack): number {
  return sarNumerator > 0 && sarDenominator > 0 ? sarNumerator / sarDenominator : 1
}

/** The rotation and flip of the display matrix, to the nearest of those that WebCodecs has. */
export function displayOrientation({ displayMatrix }: NativeTrack): Orientation {
  if (!displayMatrix) return { rotation: 0, flip: false }
  const [a, b, c, d] = displayMatrix
  const flip = a * d - b * c < 0
  // Without the flip, which comes after the rotation and turns the x axis around.
  const rotation = parseRotation((Math.atan2(b, flip ? -a : a) * 180) / Math.PI)
  return { rotation, flip }
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b))

function aspectMembers(track: NativeTrack): Pick<VideoDecoderConfig, 'displayAspectWidth' | 'displayAspectHeight'> {
  if (pixelAspect(track) === 1) return {}
  const width = track.width * track.sarNumerator
  const height = track.height * track.sarDenominator
  const divisor = greatestCommonDivisor(width, height)
  const members = { displayAspectWidth: width / divisor, displayAspectHeight: height / divisor }
  const fits = Object.values(members).every((value) => value > 0 && value < 2 ** 32)
  return fits ? members : {}
}

function colorMembers(track: NativeTrack): Pick<VideoDecoderConfig, 'colorSpace'> {
  const colorSpace = toNames(track)
  return Object.values(colorSpace).some((value) => value !== null) ? { colorSpace } : {}
}

/** null for a codec that WebCodecs does not know, or a stream that does not tell what it is. */
export function videoDecoderConfig(track: NativeTrack): VideoDecoderConfig | null {
  const codec = CODECS.get(track.codec)?.(track)
  if (!codec) return null
  const { rotation, flip } = displayOrientation(track)
  return {
    ...codec,
    ...(track.width > 0 && track.height > 0 && { codedWidth: track.width, codedHeight: track.height }),
    ...aspectMembers(track),
    ...colorMembers(track),
    ...(rotation !== 0 && { rotation }),
    ...(flip && { flip }),
  }
}

/** Whether the bytes are those of a key chunk; undefined where that cannot be told. */
export function isKeyPacket(codecName: string, extradata: Uint8Array, data: Uint8Array): boolean | undefined {
  switch (codecName) {
    case 'h264':
      return isAvcKeyChunk(data, parseAvcDecoderConfigurationRecord(extradata)?.lengthSize ?? 0)
    case 'hevc':
      return isHevcKeyChunk(data, parseHevcDecoderConfigurationRecord(extradata)?.lengthSize ?? 0)
    case 'vp8':
      return isVp8KeyChunk(data)
    case 'vp9':
      return isVp9KeyChunk(data)
    case 'av1':
      return isAv1KeyChunk(data)
    default:
      return undefined
  }
}

/**
 * A key packet in Annex B format, with the parameter sets of the header where it has none itself: such packets go without
 * a description, and ASF has the parameter sets nowhere else.
 */
export function withParameterSets(codecName: string, extradata: Uint8Array, data: Uint8Array): Uint8Array {
  const isParameterSet =
    codecName === 'h264'
      ? (nalUnit: Uint8Array) => (nalUnit[0]! & 0x1f) === H264_SPS
      : codecName === 'hevc'
        ? (nalUnit: Uint8Array) => ((nalUnit[0]! >> 1) & 0x3f) === HEVC_SPS
        : null
  const isAnnexB = extradata[0] === 0 && extradata[1] === 0 && extradata[2]! <= 1
  if (!isParameterSet || !isAnnexB) return data
  for (const nalUnit of nalUnits(data, 0)) if (nalUnit && isParameterSet(nalUnit)) return data
  const whole = new Uint8Array(extradata.length + data.length)
  whole.set(extradata)
  whole.set(data, extradata.length)
  return whole
}
