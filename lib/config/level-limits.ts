/** What the levels of all codecs have in common. The levels themselves are in a file for each codec. */
import { notSupportedError } from '../errors.js'
import type { ParsedVideoEncoderConfig } from './video-encoder-config.js'

export interface LevelLimits {
  /** The level's number, such as "3.1". */
  readonly name: string
  /** Luma samples of a coded picture, and of all pictures of a second. */
  readonly maxPictureSize: number
  readonly maxSampleRate: number
  /** Luma samples. */
  readonly maxWidth: number
  readonly maxHeight: number
  /** Bits per second. */
  readonly maxBitrate: number
}

/**
 * @param alignment coded pictures have sides that are multiples of this
 * @throws NotSupportedError when pictures of this size, so many of them, or so many bits pass the limits of the level
 */
export function requireWithinLevel(config: ParsedVideoEncoderConfig, limits: LevelLimits, alignment: number): void {
  const width = Math.ceil(config.width / alignment) * alignment
  const height = Math.ceil(config.height / alignment) * alignment
  const size = width * height
  const at = `for ${config.codec} (level ${limits.name})`
  if (width > limits.maxWidth || height > limits.maxHeight) {
    throw notSupportedError(
      `expected at most ${limits.maxWidth}x${limits.maxHeight} ${at} but received ${config.width}x${config.height}`,
    )
  }
  if (size > limits.maxPictureSize) {
    throw notSupportedError(
      `expected at most ${limits.maxPictureSize} luma samples ${at} but received ${config.width}x${config.height}, which has ${size}`,
    )
  }
  if (config.framerate !== undefined && size * config.framerate > limits.maxSampleRate) {
    const maxRate = (limits.maxSampleRate / size).toFixed(2)
    throw notSupportedError(
      `expected at most ${maxRate} frames per second of this size ${at} but received ${config.framerate}`,
    )
  }
  if (config.bitrateMode !== 'quantizer' && config.bitrate !== undefined && config.bitrate > limits.maxBitrate) {
    throw notSupportedError(
      `expected at most ${limits.maxBitrate} bits per second ${at} but received ${config.bitrate}`,
    )
  }
}
