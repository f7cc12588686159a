import {
  defineEncodedChunk,
  type EncodedChunk,
  type EncodedChunkInit,
  type EncodedChunkInternals,
  type EncodedChunkType,
} from './encoded-chunk.js'

export type EncodedAudioChunkType = EncodedChunkType
export interface EncodedAudioChunkInit extends EncodedChunkInit {}

/**
 * A piece of encoded sound, such as one Opus packet or one ADTS frame. Immutable.
 * https://www.w3.org/TR/webcodecs/#encodedaudiochunk-interface
 */
export interface EncodedAudioChunk extends EncodedChunk {}

interface EncodedAudioChunkConstructor {
  /**
   * @throws TypeError when `init` lacks a member or has one of the wrong type, or its data is detached
   * @throws DataCloneError when `init.transfer` has a buffer twice, or one that is detached
   */
  new (init: EncodedAudioChunkInit): EncodedAudioChunk
  readonly prototype: EncodedAudioChunk
}

const definition = defineEncodedChunk<EncodedAudioChunk>('EncodedAudioChunk')

export const EncodedAudioChunk: EncodedAudioChunkConstructor = definition.EncodedChunk

/** What the codecs need to know of chunks and the prototype does not tell. */
export const encodedAudioChunkInternals: EncodedChunkInternals<EncodedAudioChunk> = definition.internals
