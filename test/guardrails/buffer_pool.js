// Checks what TransferableBufferPool promises between two threads: a renderer and an encoder run without allocating, a
// renderer that stops with buffers in flight loses none, what is lost is replaced, and misuse breaks nothing.
//
//   node --expose-gc test/guardrails/buffer_pool.js [--frames 3000]
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { conclude, loadBuild, numberArgument, untilNothingLives } from './support.js'

const [width, height] = [640, 360]
const byteLength = width * height * 4
const minHitRate = 0.95
const { connectToPool, TransferableBufferPool } = await import(new URL('../../dist/pool.js', import.meta.url))

if (isMainThread) await render()
else await encode()

async function render() {
  const frameCount = numberArgument('frames', 3_000)
  const build = await loadBuild()
  const failures = []
  const expect = (isTrue, message) => {
    console.log(`${isTrue ? 'ok  ' : 'FAIL'} ${message}`)
    if (!isTrue) failures.push(message)
  }

  const worker = new Worker(new URL(import.meta.url))
  const pool = new TransferableBufferPool({ byteLength, preallocate: 8 })
  pool.connect(worker)
  const isEncoded = new Promise((resolve) =>
    worker.on('message', ({ chunks }) => chunks !== undefined && resolve(chunks)),
  )
  for (let index = 0; index < frameCount; index++) {
    const buffer = await pool.acquire()
    new Uint32Array(buffer).fill(0xff000000 | (index * 0x010305))
    worker.postMessage({ buffer, timestamp: index * 33_333 }, [buffer])
  }
  const inFlight = pool.metrics.inFlight
  worker.postMessage('end')
  await pool.drain()
  const { hitRate, allocations, lost, released, acquired, foreign, mismatched, turnover } = pool.metrics
  console.log(
    `${frameCount} frames: hits ${(hitRate * 100).toFixed(2)} %, ${allocations} allocations, turnover ${turnover.toFixed(0)}, ${inFlight} in flight at the end`,
  )
  expect(hitRate >= minHitRate, 'the pool serves at least 95 % from stock')
  expect(allocations === 8, 'and allocates nothing after its eight buffers')
  expect(lost === 0 && released === acquired && acquired === frameCount, 'no buffer is lost when the renderer stops')
  expect(foreign === 0 && mismatched === 0, 'and each is known')
  const chunks = await isEncoded
  expect(chunks === frameCount, `every frame was encoded (${chunks})`)
  pool.close()
  await once(worker, 'exit')

  await misuse(expect)
  const left = await untilNothingLives(build)
  expect(left === '', `nothing is alive ${left}`)
  conclude(failures)
}

/** Everything that a program may do wrong with one pool, which works on. */
async function misuse(expect) {
  const pool = new TransferableBufferPool({ byteLength: 1024, capacity: 2, reclaimAfter: 50 })
  const refuses = (call, name) => {
    try {
      call()
    } catch (error) {
      return error.name === name
    }
    return false
  }
  const buffer = await pool.acquire()
  expect(pool.release(buffer), 'a buffer comes back')
  expect(
    refuses(() => pool.release(buffer), 'InvalidStateError'),
    'but not twice',
  )
  expect(
    refuses(() => pool.release(new ArrayBuffer(1024)), 'InvalidStateError'),
    'a foreign buffer is refused',
  )
  const gone = await pool.acquire()
  structuredClone(gone, { transfer: [gone] })
  expect(
    refuses(() => pool.release(gone), 'TypeError'),
    'so is one that was transferred away',
  )
  expect(pool.release(new ArrayBuffer(16)) === false && pool.metrics.mismatched === 1, 'one of another size is dropped')
  const second = await pool.acquire()
  const third = await pool.acquire()
  expect(pool.metrics.lost >= 1 && third !== null, 'a lost buffer is replaced after reclaimAfter')
  await sleep(60)
  expect(second.byteLength === 1024 && third.byteLength === 1024, 'what somebody holds is never taken away')
  const skipping = new TransferableBufferPool({ byteLength: 16, capacity: 1, exhaustion: 'skip' })
  await skipping.acquire()
  expect((await skipping.acquire()) === null && skipping.metrics.exhausted === 1, "'skip' gives null")
  const allocating = new TransferableBufferPool({ byteLength: 16, capacity: 1, exhaustion: 'allocate' })
  await allocating.acquire()
  expect((await allocating.acquire())?.byteLength === 16, "'allocate' makes another")
  const off = new TransferableBufferPool({ byteLength: 16, enabled: false })
  off.release(await off.acquire())
  await off.acquire()
  expect(off.metrics.allocations === 2 && off.metrics.reused === 0, 'a pool that is not enabled allocates each time')
  pool.close()
  const refused = await pool.acquire().catch((error) => error.name)
  expect(refused === 'InvalidStateError', 'a closed pool gives nothing')
}

async function encode() {
  const { VideoEncoder } = await import(new URL('../../dist/index.js', import.meta.url))
  const home = connectToPool(parentPort)
  let chunks = 0
  const encoder = new VideoEncoder({
    output: () => chunks++,
    error(error) {
      throw error
    },
  })
  encoder.configure({ codec: 'avc1.42001f', width, height, bitrate: 1e6, framerate: 30, latencyMode: 'realtime' })
  parentPort.on('message', async (message) => {
    if (message === 'end') {
      await encoder.flush()
      encoder.close()
      while (home.inFlight > 0) await sleep(5)
      parentPort.postMessage({ chunks })
      home.close()
      parentPort.close()
    } else if (message.buffer) {
      const init = { format: 'RGBA', codedWidth: width, codedHeight: height, timestamp: message.timestamp }
      const frame = home.createFrame(message.buffer, init)
      encoder.encode(frame)
      frame.close()
    }
  })
}
