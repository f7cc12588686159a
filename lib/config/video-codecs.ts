/** The table of video codecs, and the support checks that hold for all of them. */
import { notSupportedError } from '../errors.js'
import { av1 } from './av1.js'
import { avc } from './avc.js'
import { hevc } from './hevc.js'
import type { DecoderPlan, EncoderPlan, VideoCodec, VideoCodecProfile } from './video-codec.js'
import type { ParsedVideoDecoderConfig } from './video-decoder-config.js'
import type { ParsedVideoEncoderConfig } from './video-encoder-config.js'
import { vp8 } from './vp8.js'
import { vp9 } from './vp9.js'

const VIDEO_CODECS: readonly VideoCodec[] = [avc, hevc, vp8, vp9, av1]

function findCodec(codecString: string): VideoCodecProfile {
  for (const codec of VIDEO_CODECS) {
    const profile = codec.parse(codecString)
    if (profile) return profile
  }
  throw notSupportedError(`expected a supported codec string for codec but received "${codecString}"`)
}

/** Rates that an encoder can make sense of, in frames per second; those of browsers. */
const MIN_FRAMERATE = 0.0001
const MAX_FRAMERATE = 1e9
/** The largest pictures, in pixels, where no level says so; those of browsers. */
const MAX_SIDE = 32767
const MAX_AREA = 2 ** 28

function requireReasonableSize({ width, height }: ParsedVideoEncoderConfig): void {
  if (width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_AREA) {
    throw notSupportedError(
      `expected sides of at most ${MAX_SIDE} pixels and ${MAX_AREA} pixels in all but received ${width}x${height}`,
    )
  }
}

/**
 * "Check Configuration Support" as far as it needs no encoder.
 * @throws NotSupportedError that tells what is not supported
 */
export function planVideoEncoder(config: ParsedVideoEncoderConfig): EncoderPlan {
  const codec = findCodec(config.codec)
  const { framerate, bitrate } = config
  requireReasonableSize(config)
  if (framerate !== undefined && !(framerate >= MIN_FRAMERATE && framerate <= MAX_FRAMERATE)) {
    throw notSupportedError(
      `expected a rate from ${MIN_FRAMERATE} to ${MAX_FRAMERATE} for framerate but received ${framerate}`,
    )
  }
  if (bitrate === 0 && config.bitrateMode !== 'quantizer') {
    throw notSupportedError('expected a positive number of bits per second for bitrate but received 0')
  }
  return codec.planEncoder(config)
}

/**
 * "Check Configuration Support" as far as it needs no decoder.
 * @throws NotSupportedError that tells what is not supported
 */
export function planVideoDecoder(config: ParsedVideoDecoderConfig): DecoderPlan {
  return findCodec(config.codec).planDecoder(config)
}
