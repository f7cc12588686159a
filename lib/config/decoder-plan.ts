/** What the plans of all decoders have in common. */
import { notSupportedError } from '../errors.js'
import type { NativeColorSpace, NativeVideoCodec, NativeVideoDecoderConfig } from '../native.js'
import { hardware, threads } from './codec-plan.js'
import type { DecoderPlan } from './video-codec.js'
import type { ParsedVideoDecoderConfig } from './video-decoder-config.js'

/** What the codec string says of the samples. */
export interface CodedFormat {
  readonly bitDepth: number
  /** 420, 422 or 444; null where the string's number means nothing. */
  readonly chroma: number | null
}

function nativeDecoderConfig(
  codec: NativeVideoCodec,
  config: ParsedVideoDecoderConfig,
  format: CodedFormat | null | undefined,
  description: Uint8Array | null,
): NativeVideoDecoderConfig {
  return {
    codec,
    description,
    codedWidth: config.codedWidth ?? 0,
    codedHeight: config.codedHeight ?? 0,
    bitDepth: format?.bitDepth ?? 0,
    chroma: format?.chroma ?? 0,
    optimizeForLatency: config.optimizeForLatency ?? false,
    hardware: hardware(config.hardwareAcceleration),
    threads: threads(config),
  }
}

/** A codec whose streams consist of NAL units: a description says how they are divided, and brings parameter sets. */
export interface NalCodec {
  readonly codec: NativeVideoCodec
  /** What ISO/IEC 14496-15 calls the description. */
  readonly recordName: string
  /** null when the record is malformed. */
  parseRecord(record: Uint8Array): { readonly lengthSize: number } | null
  /** @param lengthSize bytes of the length in front of each NAL unit; 0 for Annex B */
  isKeyChunk(data: Uint8Array, lengthSize: number): boolean | undefined
}

/** @throws NotSupportedError when the description is malformed */
export function planNalDecoder(
  nalCodec: NalCodec,
  config: ParsedVideoDecoderConfig,
  format: CodedFormat | null | undefined,
): DecoderPlan {
  // As in browsers, an empty description counts as none.
  const description = config.description?.byteLength ? new Uint8Array(config.description) : null
  const record = description && nalCodec.parseRecord(description)
  if (description && !record) {
    throw notSupportedError(`expected an ${nalCodec.recordName} for description but it is malformed`)
  }
  const lengthSize = record ? record.lengthSize : 0
  return {
    config: nativeDecoderConfig(nalCodec.codec, config, format, description),
    isKeyChunk: (data) => nalCodec.isKeyChunk(data, lengthSize),
    keyChunkHint: description ? '' : 'chunks that are not in Annex B format need a description',
    color: null,
  }
}

/** For the codecs whose streams bring everything with them: their registrations have no use for a description. */
export function planSelfContainedDecoder(
  codec: NativeVideoCodec,
  config: ParsedVideoDecoderConfig,
  format: CodedFormat,
  isKeyChunk: DecoderPlan['isKeyChunk'],
  color: NativeColorSpace | null,
): DecoderPlan {
  return { config: nativeDecoderConfig(codec, config, format, null), isKeyChunk, keyChunkHint: '', color }
}
