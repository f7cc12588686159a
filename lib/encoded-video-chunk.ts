import {
  defineEncodedChunk,
  type EncodedChunk,
  type EncodedChunkInit,
  type EncodedChunkInternals,
  type EncodedChunkType,
} from './encoded-chunk.js'

export type EncodedVideoChunkType = EncodedChunkType
export interface EncodedVideoChunkInit extends EncodedChunkInit {}

/**
 * A piece of encoded video, such as one access unit of H.264. Immutable.
 * https://www.w3.org/TR/webcodecs/#encodedvideochunk-interface
 */
export interface EncodedVideoChunk extends EncodedChunk {}

interface EncodedVideoChunkConstructor {
  /**
   * @throws TypeError when `init` lacks a member or has one of the wrong type, or its data is detached
   * @throws DataCloneError when `init.transfer` has a buffer twice, or one that is detached
   */
  new (init: EncodedVideoChunkInit): EncodedVideoChunk
  readonly prototype: EncodedVideoChunk
}

const definition = defineEncodedChunk<EncodedVideoChunk>('EncodedVideoChunk')

export const EncodedVideoChunk: EncodedVideoChunkConstructor = definition.EncodedChunk

/** What the codecs need to know of chunks and the prototype does not tell. */
export const encodedVideoChunkInternals: EncodedChunkInternals<EncodedVideoChunk> = definition.internals
