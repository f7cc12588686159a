import type { Random } from './random.js'
import { type Api, digest, plain, show, type Trace } from './trace.js'
import { badBuffer, bufferOf, maybe, mostly, observed, oddity } from './values.js'

const members = ['data', 'duration', 'timestamp', 'transfer', 'type']

const arrayBufferOf = (source: unknown): unknown => (ArrayBuffer.isView(source) ? source.buffer : source)

/** What to transfer: the buffer of the data, others, one twice, or nothing that can be. */
function transferList(random: Random, data: unknown): unknown {
  const own = arrayBufferOf(data)
  const other = () => new ArrayBuffer(4)
  return random.pick<() => unknown>([
    () => [own],
    () => [own, other()],
    () => [other()],
    () => [own, own],
    () => [],
    () => new Set([own]),
    () => oddity(random),
  ])()
}

function chunkInit(random: Random): { init: object; data: unknown } {
  const data = random.chance(0.1) ? badBuffer(random) : bufferOf(random, random.bytes(random.pick([0, 1, 8, 100])))
  const init = {
    ...maybe(random, 'type', () => mostly(random, () => random.pick(['key', 'delta'])), 0.97),
    ...maybe(random, 'timestamp', () => mostly(random, () => random.integer(-1e6, 1e9), 0.15), 0.97),
    ...maybe(random, 'duration', () => mostly(random, () => random.integer(0, 1e6), 0.2), 0.6),
    ...maybe(random, 'data', () => data, 0.97),
    ...maybe(random, 'transfer', () => transferList(random, data), 0.3),
  }
  return { init, data }
}

export function runChunkCase(api: Api, random: Random, trace: Trace): void {
  const name = random.pick(['EncodedVideoChunk', 'EncodedAudioChunk'] as const)
  for (let i = 0; i < 4; i++) {
    const { init, data } = chunkInit(random)
    const order: string[] = []
    const argument = random.chance(0.4) ? observed(init, members, order) : init
    const construct = () => new api[name](argument as never)
    const chunk = trace.attempt(`${name}.constructor`, show(init), construct)
    trace.note(`${name}.constructor`, 'members read', 'ok', order)
    trace.note(`${name}.constructor`, 'the data afterwards', 'ok', plain(data))
    if (!chunk) continue
    for (const key of ['type', 'timestamp', 'duration', 'byteLength'] as const) {
      trace.attempt(`${name}.${key}`, '', () => chunk[key])
    }
    copyOut(name, chunk, random, trace)
  }
}

type Name = 'EncodedVideoChunk' | 'EncodedAudioChunk'

function copyOut(name: Name, chunk: InstanceType<Api[Name]>, random: Random, trace: Trace): void {
  const length = Math.max(0, chunk.byteLength + random.pick([0, 0, 5, -1]))
  const destination = random.chance(0.2) ? badBuffer(random) : bufferOf(random, new Uint8Array(length))
  trace.attempt(`${name}.copyTo`, show(destination), () => chunk.copyTo(destination as never))
  if (!ArrayBuffer.isView(destination)) return
  const { buffer, byteOffset, byteLength } = destination
  trace.note(`${name}.copyTo`, 'the bytes', 'ok', digest(new Uint8Array(buffer, byteOffset, byteLength)))
}
