/** What the plans of all encoders have in common. */
import { notSupportedError } from '../errors.js'
import { BitrateMode, LatencyMode, type NativeVideoEncoderConfig } from '../native.js'
import { hardware, threads } from './codec-plan.js'
import type { EncoderPlan } from './video-codec.js'
import type { ParsedVideoEncoderConfig } from './video-encoder-config.js'

/** The part of a native configuration that codecs differ in: the stream that the codec string asks for. */
export type EncodedStream = Pick<
  NativeVideoEncoderConfig,
  | 'codec'
  | 'profile'
  | 'constraints'
  | 'level'
  | 'bitDepth'
  | 'chroma'
  | 'bitstreamFormat'
  | 'maxReferenceFrames'
  | 'maxBitrate'
  | 'maxCpbSize'
>

/** The scalability modes of WebRTC-SVC that have one spatial layer, by name: how many temporal layers they have. */
const TEMPORAL_LAYERS: ReadonlyMap<string, number> = new Map([
  ['L1T1', 1],
  ['L1T2', 2],
  ['L1T3', 3],
])

function temporalLayers({ scalabilityMode }: ParsedVideoEncoderConfig): number {
  if (scalabilityMode === undefined) return 1
  const layers = TEMPORAL_LAYERS.get(scalabilityMode)
  if (layers === undefined) {
    const expected = [...TEMPORAL_LAYERS.keys()].map((mode) => `"${mode}"`).join(', ')
    throw notSupportedError(`expected one of ${expected} for scalabilityMode but received "${scalabilityMode}"`)
  }
  return layers
}

/** The `quality` extension. It is the variable bitrate that a library has no number for, so it goes with no other. */
function quality({ quality, bitrate, bitrateMode }: ParsedVideoEncoderConfig): number {
  if (quality === undefined) return -1
  if (quality < 0) throw notSupportedError(`expected a number from 0 on for quality but received ${quality}`)
  if (bitrate !== undefined) throw notSupportedError('expected either bitrate or quality but received both')
  if (bitrateMode !== 'variable') {
    throw notSupportedError(`expected "variable" for bitrateMode beside quality but received "${bitrateMode}"`)
  }
  return quality
}

/** @throws NotSupportedError for a scalability mode with other layers than temporal ones */
export function nativeEncoderConfig(stream: EncodedStream, config: ParsedVideoEncoderConfig): NativeVideoEncoderConfig {
  return {
    ...stream,
    width: config.width,
    height: config.height,
    displayWidth: config.displayWidth ?? config.width,
    displayHeight: config.displayHeight ?? config.height,
    bitrate: config.bitrate ?? 0,
    bitrateMode: BitrateMode[config.bitrateMode],
    framerate: config.framerate ?? 0,
    latencyMode: LatencyMode[config.latencyMode],
    contentHint: config.contentHint ?? '',
    temporalLayers: temporalLayers(config),
    alpha: config.alpha === 'keep',
    hardware: hardware(config.hardwareAcceleration),
    threads: threads(config),
    encoder: config.encoder ?? '',
    encoderOptions: Object.entries(config.encoderOptions ?? {}).flat(),
    quality: quality(config),
  }
}

/** For the codecs whose streams have no alpha of their own, and no agreed way to carry it beside them. */
export function requireNoAlpha(config: ParsedVideoEncoderConfig): void {
  if (config.alpha === 'keep') throw notSupportedError(`expected "discard" for alpha but received "keep"`)
}

/** @param chroma 420, 422 or 444: the sides that it halves must be even */
export function requireWholeChroma(config: ParsedVideoEncoderConfig, chroma: number): void {
  const { width, height, codec } = config
  if ((chroma !== 444 && width % 2 !== 0) || (chroma === 420 && height % 2 !== 0)) {
    throw notSupportedError(`expected an even width and height for ${codec} but received ${width}x${height}`)
  }
}

/** Reads `avc.quantizer` and the like of the codec registrations ("VideoEncoderEncodeOptions extensions"). */
export function quantizerReader(member: 'avc' | 'hevc' | 'vp9' | 'av1', max: number): EncoderPlan['quantizer'] {
  return (options) => {
    const value = options[member]?.quantizer ?? undefined
    if (value !== undefined && value > max) {
      throw new TypeError(`expected an integer from 0 to ${max} for ${member}.quantizer but received ${value}`)
    }
    return value
  }
}
