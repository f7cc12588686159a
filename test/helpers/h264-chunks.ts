import { EncodedVideoChunk } from '../../lib/index.js'
import { NalType, nalType, splitAnnexB } from './h264.js'

/**
 * One chunk for each access unit of an Annex B stream whose pictures are one slice each or begin with an access unit
 * delimiter. Timestamps count up by 40 ms in decode order.
 */
export function accessUnits(stream: Uint8Array): EncodedVideoChunk[] {
  const isSlice = (unit: Uint8Array) => nalType(unit) === NalType.slice || nalType(unit) === NalType.idr
  const delimited = splitAnnexB(stream).some((unit) => nalType(unit) === NalType.accessUnitDelimiter)
  const groups: Uint8Array[][] = [[]]
  for (const unit of splitAnnexB(stream)) {
    const begins = delimited ? nalType(unit) === NalType.accessUnitDelimiter : groups.at(-1)!.some(isSlice)
    if (begins && groups.at(-1)!.length > 0) groups.push([])
    groups.at(-1)!.push(unit)
  }
  return groups.map((units, index) => {
    const data = Buffer.concat(units.flatMap((unit) => [Uint8Array.of(0, 0, 0, 1), unit]))
    const type = units.some((unit) => nalType(unit) === NalType.idr) ? 'key' : 'delta'
    return new EncodedVideoChunk({ type, timestamp: index * 40_000, data })
  })
}
