/** The identification header of Opus (RFC 7845, section 5.1), which is the description of its decoders. */
import { notSupportedError } from '../errors.js'

const MAGIC = new TextEncoder().encode('OpusHead')
const HEAD_SIZE = 19
const MAPPING_TABLE = 21

/** For each number of channels in the order of Vorbis (RFC 7845, section 5.1.1.2): streams, pairs among them, mapping. */
const VORBIS_MAPPINGS = [
  [1, 0, [0]],
  [1, 1, [0, 1]],
  [2, 1, [0, 2, 1]],
  [2, 2, [0, 1, 2, 3]],
  [3, 2, [0, 4, 1, 2, 3]],
  [4, 2, [0, 4, 1, 2, 3, 5]],
  [4, 3, [0, 4, 1, 2, 3, 5, 6]],
  [5, 3, [0, 6, 1, 2, 3, 4, 5, 7]],
] as const

/** @throws NotSupportedError when `head` is none that decoders understand */
export function parseOpusHead(head: Uint8Array): { readonly preSkip: number } {
  const isHead = head.length >= HEAD_SIZE && MAGIC.every((byte, index) => head[index] === byte)
  const channels = head[9]!
  const hasTable = isHead && head[18] !== 0
  // The upper half of the version stands for changes that are not compatible.
  if (!isHead || channels === 0 || head[8]! >= 16 || (hasTable && head.length < MAPPING_TABLE + channels)) {
    throw notSupportedError('expected an identification header of Opus for description but it is malformed')
  }
  return { preSkip: head[10]! | (head[11]! << 8) }
}

/**
 * The header of a stream that comes without one: no pre-skip, and the usual order of channels.
 * @throws NotSupportedError when there is no usual order
 */
export function describeOpus(numberOfChannels: number): Uint8Array {
  const mapping = VORBIS_MAPPINGS[numberOfChannels - 1]
  if (!mapping) {
    throw notSupportedError(`expected 1 to 8 for numberOfChannels of Opus but received ${numberOfChannels}`)
  }
  const [streams, pairs, order] = mapping
  const head = new Uint8Array(numberOfChannels <= 2 ? HEAD_SIZE : MAPPING_TABLE + numberOfChannels)
  head.set(MAGIC)
  head[8] = 1
  head[9] = numberOfChannels
  new DataView(head.buffer).setUint32(12, 48000, true)
  if (numberOfChannels > 2) head.set([1, streams, pairs, ...order], 18)
  return head
}
