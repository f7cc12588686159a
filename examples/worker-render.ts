/**
 * A renderer and an encoder, each in a thread of its own, and a pool of buffers that go round between them:
 *
 *   npm run example -- worker-render [--frames 600] [--width 1280] [--height 720] [--no-pool] [--json]
 *
 * The renderer takes a buffer from its pool, draws into it and posts it to the encoder's thread. There it becomes a
 * frame without a copy, and when the encoder has consumed that, the buffer goes home by itself. After the first few
 * frames nothing is allocated any more. `--no-pool` allocates for each frame instead, to see the difference.
 */
import { PerformanceObserver } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { isMainThread, MessageChannel, type MessagePort, parentPort, Worker, workerData } from 'node:worker_threads'
import { VideoEncoder } from 'webcodecs-native'
import { connectToPool, TransferableBufferPool } from 'webcodecs-native/pool'

interface Settings {
  role: 'renderer' | 'encoder'
  port: MessagePort
  frames: number
  width: number
  height: number
  usePool: boolean
}

/** A picture on its way to the encoder. `drawn` is when its drawing began, in milliseconds since 1970. */
interface PictureMessage {
  kind: 'picture'
  buffer: ArrayBuffer
  timestamp: number
  drawn: number
}

/** Buffers between the two threads at once. */
const capacity = 8
const framerate = 30
const now = () => performance.timeOrigin + performance.now()

/** Milliseconds that the garbage collector stopped this thread for, from now on. */
function watchPauses(): { total: number; longest: number } {
  const pauses = { total: 0, longest: 0 }
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      pauses.total += duration
      pauses.longest = Math.max(pauses.longest, duration)
    }
  }).observe({ entryTypes: ['gc'] })
  return pauses
}

/** Something that moves: a gradient with a bar that wanders over it. */
function draw(buffer: ArrayBuffer, { width, height }: Settings, index: number): void {
  const pixels = new Uint32Array(buffer)
  for (let y = 0; y < height; y++) {
    const row = 0xff000000 | (((y + index) & 255) << 8) | ((index * 3) & 255)
    pixels.fill(row, y * width, (y + 1) * width)
    const bar = (index * 8) % width
    pixels.fill(0xffffffff, y * width + bar, y * width + Math.min(width, bar + 32))
  }
}

async function render(settings: Settings): Promise<void> {
  const { port, frames, width, height, usePool } = settings
  const pauses = watchPauses()
  const pool = new TransferableBufferPool({ byteLength: width * height * 4, capacity, enabled: usePool })
  const connection = pool.connect(port)
  // Without a pool nothing but this keeps the renderer from running away from the encoder.
  let underWay = 0
  let proceed = () => {}
  port.on('message', (message) => {
    if (message.kind !== 'consumed') return
    underWay--
    proceed()
  })
  for (let index = 0; index < frames; index++) {
    while (underWay >= capacity) await new Promise<void>((resolve) => (proceed = resolve))
    const drawn = now()
    const buffer = (await pool.acquire())!
    draw(buffer, settings, index)
    const picture: PictureMessage = { kind: 'picture', buffer, timestamp: (index * 1e6) / framerate, drawn }
    port.postMessage(picture, [buffer])
    underWay++
  }
  port.postMessage({ kind: 'end' })
  await pool.drain()
  connection.close()
  parentPort!.postMessage({ pool: pool.metrics, pauses })
  port.close()
}

async function encode({ port, frames, width, height }: Settings): Promise<void> {
  const pauses = watchPauses()
  const drawn = new Map<number, number>()
  const latencies: number[] = []
  let bytes = 0
  const encoder = new VideoEncoder({
    output: (chunk) => {
      bytes += chunk.byteLength
      latencies.push(now() - drawn.get(chunk.timestamp)!)
      drawn.delete(chunk.timestamp)
      port.postMessage({ kind: 'consumed' })
    },
    error: (error) => {
      throw error
    },
  })
  encoder.configure({ codec: 'avc1.42002a', width, height, framerate, bitrate: 4e6, latencyMode: 'realtime' })
  const home = connectToPool(port)
  const start = now()
  port.on('message', async (message) => {
    if (message.kind === 'picture') {
      const { buffer, timestamp, drawn: since }: PictureMessage = message
      drawn.set(Math.trunc(timestamp), since)
      const frame = home.createFrame(buffer, { format: 'RGBA', codedWidth: width, codedHeight: height, timestamp })
      encoder.encode(frame)
      frame.close()
    } else if (message.kind === 'end') {
      await encoder.flush()
      encoder.close()
      latencies.sort((a, b) => a - b)
      const quantile = (part: number) => latencies[Math.min(frames - 1, Math.floor(frames * part))]!
      const fps = (frames * 1000) / (now() - start)
      parentPort!.postMessage({ fps, bytes, latency: { p50: quantile(0.5), p99: quantile(0.99) }, pauses })
    }
  })
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      frames: { type: 'string', default: '600' },
      width: { type: 'string', default: '1280' },
      height: { type: 'string', default: '720' },
      'no-pool': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const [frames, width, height] = [values.frames, values.width, values.height].map(Number) as [number, number, number]
  const { port1, port2 } = new MessageChannel()
  const run = (role: Settings['role'], port: MessagePort) => {
    const settings: Settings = { role, port, frames, width, height, usePool: !values['no-pool'] }
    return new Promise<Record<string, unknown>>((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: settings, transferList: [port] })
      worker.on('message', resolve)
      worker.on('error', reject)
    })
  }
  const [renderer, encoder] = await Promise.all([run('renderer', port1), run('encoder', port2)])
  if (values.json) console.log(JSON.stringify({ renderer, encoder }))
  else console.dir({ renderer, encoder }, { depth: null })
}

if (isMainThread) await main()
else if (workerData.role === 'renderer') await render(workerData)
else await encode(workerData)
