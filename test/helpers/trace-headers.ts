import type { ElementaryStream } from './elementary-stream.js'
import { run } from './media.js'

/** The values of some syntax elements, by name: for each packet the last one that was read by its end. */
export async function traceHeaders(
  { format, data }: ElementaryStream,
  names: readonly string[],
): Promise<Record<string, number>[]> {
  const filter = ['-c', 'copy', '-bsf:v', 'trace_headers', '-f', 'null', '-']
  const { stderr } = await run('ffmpeg', ['-hide_banner', '-v', 'trace', '-f', format, '-i', 'pipe:0', ...filter], data)
  const values: Record<string, number> = {}
  const packets: Record<string, number>[] = []
  for (const [, text] of stderr.matchAll(/^\[trace_headers @ \w+\] (.*)$/gm)) {
    if (text!.startsWith('Packet:')) {
      packets.push({ ...values })
      continue
    }
    const [, name, value] = /^\d+ +(\S+) .*= (-?\d+)$/.exec(text!) ?? []
    if (!name || !names.includes(name)) continue
    values[name] = Number(value)
    if (packets.length > 0) packets[packets.length - 1] = { ...values }
  }
  return packets
}
