import { EncodedVideoChunk } from '../../lib/index.js'
import { isFirstSlice, isSlice, NalType, nalType, splitAnnexB } from './h264.js'

/** One chunk for each access unit of an Annex B stream. Timestamps count up by 40 ms in decode order. */
export function accessUnits(stream: Uint8Array): EncodedVideoChunk[] {
  const groups: Uint8Array[][] = []
  let complete = true
  for (const unit of splitAnnexB(stream)) {
    const slice = isSlice(unit)
    // What is no slice, or begins a picture, belongs to the next access unit once there was a slice.
    if (complete && (!slice || isFirstSlice(unit))) {
      groups.push([])
      complete = false
    }
    groups.at(-1)!.push(unit)
    if (slice) complete = true
  }
  return groups.map((units, index) => {
    const data = Buffer.concat(units.flatMap((unit) => [Uint8Array.of(0, 0, 0, 1), unit]))
    const type = units.some((unit) => nalType(unit) === NalType.idr) ? 'key' : 'delta'
    return new EncodedVideoChunk({ type, timestamp: index * 40_000, data })
  })
}
