import {
  type ColorSpaceNames,
  readVideoColorSpaceInit,
  type VideoColorPrimaries,
  type VideoColorSpaceInit,
  type VideoMatrixCoefficients,
  type VideoTransferCharacteristics,
} from './color-space.js'
import type { DomAttribute } from './dom-types.js'
import { defineInterface } from './webidl/interface.js'

/** What VideoColorSpace.toJSON() returns: a VideoColorSpaceInit with all its members. */
export interface VideoColorSpaceJSON {
  primaries: VideoColorSpace['primaries']
  transfer: VideoColorSpace['transfer']
  matrix: VideoColorSpace['matrix']
  fullRange: VideoColorSpace['fullRange']
}

/**
 * The colour space of a VideoFrame. Every member is null when it is unspecified.
 * https://www.w3.org/TR/webcodecs/#video-color-space-interface
 */
export class VideoColorSpace {
  readonly #names: ColorSpaceNames

  /** @throws TypeError when a member has a value that its enumeration does not have */
  constructor(init: VideoColorSpaceInit = {}) {
    this.#names = readVideoColorSpaceInit(init, '')
  }

  /** The colour gamut, such as "bt709". */
  get primaries(): DomAttribute<'VideoColorSpace', 'primaries', VideoColorPrimaries | null> {
    return this.#names.primaries as never
  }

  /** The transfer characteristics, such as "iec61966-2-1". */
  get transfer(): DomAttribute<'VideoColorSpace', 'transfer', VideoTransferCharacteristics | null> {
    return this.#names.transfer as never
  }

  /** The matrix coefficients, such as "bt709"; "rgb" for RGB formats. */
  get matrix(): DomAttribute<'VideoColorSpace', 'matrix', VideoMatrixCoefficients | null> {
    return this.#names.matrix as never
  }

  /** Whether samples use the whole range of their bit depth. */
  get fullRange(): boolean | null {
    return this.#names.fullRange
  }

  /** The members as a plain object. */
  toJSON(): VideoColorSpaceJSON {
    const { primaries, transfer, matrix, fullRange } = this.#names
    return { primaries, transfer, matrix, fullRange } as VideoColorSpaceJSON
  }

  static {
    defineInterface(this, 'VideoColorSpace')
  }
}
