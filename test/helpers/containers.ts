import {
  type DemuxedPacket,
  Demuxer,
  type DemuxerOptions,
  type DemuxerSource,
  type PacketsOptions,
} from '../../lib/containers.js'
import { run } from './media.js'

/** What tells a packet apart in both our words and ffprobe's. */
export interface PacketFacts {
  timestamp: number | null
  duration: number | null
  type: 'key' | 'delta'
  size: number
}

/** The packets of each stream, by index, as ffprobe reads them. */
export async function ffprobePackets(path: string): Promise<Map<number, PacketFacts[]>> {
  const entries = 'packet=stream_index,pts,duration,flags,size:stream=index,time_base'
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', entries, '-of', 'json', path])
  const read = JSON.parse(stdout.toString()) as Record<'packets' | 'streams', Record<string, string>[]>
  const timeBases = new Map(
    read.streams.map((stream) => [Number(stream['index']), stream['time_base']!.split('/').map(Number)]),
  )
  const streams = new Map<number, PacketFacts[]>()
  for (const packet of read.packets) {
    const index = Number(packet['stream_index'])
    if (!streams.has(index)) streams.set(index, [])
    const [numerator, denominator] = timeBases.get(index) as [number, number]
    // Halves are rounded away from zero.
    const microseconds = (units: string | undefined): number | null => {
      if (units === undefined) return null
      const exact = (Number(units) * numerator * 1e6) / denominator
      return Math.sign(exact) * Math.round(Math.abs(exact)) + 0
    }
    streams.get(index)!.push({
      timestamp: microseconds(packet['pts']),
      duration: microseconds(packet['duration']),
      type: packet['flags']!.startsWith('K') ? 'key' : 'delta',
      size: Number(packet['size']),
    })
  }
  return streams
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

/** All packets of an input, which is closed then. */
export async function readAll(
  source: DemuxerSource,
  options: DemuxerOptions = {},
  packets: PacketsOptions = {},
): Promise<{ demuxer: Demuxer; packets: DemuxedPacket[] }> {
  const demuxer = await Demuxer.open(source, options)
  try {
    return { demuxer, packets: await collect(demuxer.packets(packets)) }
  } finally {
    demuxer.close()
  }
}

export function factsOf(packet: DemuxedPacket): PacketFacts {
  if (packet.type === 'other') throw new Error('expected a packet of video or sound')
  const { timestamp, duration, type, byteLength } = packet.chunk
  return { timestamp, duration, type, size: byteLength }
}
