// Four workers and the main thread ask for the same sources, read them, follow them, change their shape and remove them; workers
// are terminated while they wait. One ring for each source, and nothing is left.
import { once } from 'node:events'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { CaptureBuffers } from '../../../dist/capture.js'
import { captureClip } from '../../helpers/capture-clip.mjs'
import { assert, assertNothingLives, counters, sleep } from './support.mjs'

const SOURCE = captureClip()
const OTHER = 'lavfi:anoisesrc=sample_rate=8000'

const closeAll = ({ audio, video }) => {
  for (const media of [...audio, ...video]) media.close()
}

async function follow(buffer, options, count) {
  const reader = buffer.openReader()
  for await (const media of reader.follow(options)) {
    media.close()
    if (--count <= 0) break
  }
  reader.close()
}

/** 50 callers at once, and then readers of all kinds. */
async function useSource(seed) {
  const callers = Array.from({ length: 50 }, async () => CaptureBuffers.allocateIfNeeded(SOURCE, { seconds: 3 }))
  const [buffer] = await Promise.all(callers)
  await buffer.live()
  const reader = buffer.openReader()
  await Promise.all([
    follow(buffer, { last: seed % 2 }, 20),
    follow(buffer, { audio: false, maxLag: 0.5 }, 10),
    reader.readLast(1).then(closeAll),
    reader.readLast(0.1, { video: false }).then(closeAll),
  ])
  reader.close()
  // Closed while it waits.
  const waiting = buffer.openReader()
  const ended = (async () => {
    for await (const media of waiting.follow()) media.close()
  })()
  await sleep(seed * 3)
  waiting.close()
  await ended
  const controller = new AbortController()
  const aborted = assert.rejects(
    (async () => {
      const aborting = buffer.openReader()
      try {
        for await (const media of aborting.follow({ signal: controller.signal })) media.close()
      } finally {
        aborting.close()
      }
    })(),
    { name: 'AbortError' },
  )
  await sleep(5)
  controller.abort()
  await aborted
}

/** Changes the shape of the other source, and removes it, again and again. */
async function stormOther(rounds) {
  for (let round = 0; round < rounds; round++) {
    const options = {
      seconds: 0.5 + (round % 3),
      sampleRate: [8000, 16_000, 44_100][round % 3],
      channels: 1 + (round % 2),
    }
    const buffer = CaptureBuffers.allocateIfNeeded(OTHER, options)
    let reader
    try {
      reader = buffer.openReader()
    } catch (error) {
      // Another thread has removed it meanwhile.
      assert.equal(error.name, 'InvalidStateError')
      continue
    }
    const following = (async () => {
      for await (const media of reader.follow({ last: 1 })) media.close()
    })()
    await sleep(round % 40)
    closeAll(await reader.readLast(1))
    if (round % 5 === 4) CaptureBuffers.remove(OTHER)
    else reader.close()
    await following
    reader.close()
  }
}

if (isMainThread) {
  const ringsBefore = counters().captureRings
  const workers = Array.from({ length: 4 }, (_, index) => new Worker(new URL(import.meta.url), { workerData: index }))
  const done = workers.map((worker) => once(worker, 'message'))
  await useSource(5)
  await Promise.all(done)
  // The one source is alive, whoever asked.
  assert.equal(counters().captureRings - ringsBefore, 1)
  assert.deepEqual(CaptureBuffers.sources(), [CaptureBuffers.get(SOURCE).source])
  for (const worker of workers) worker.postMessage('storm')
  await stormOther(40)
  // The workers are in the midst of it.
  await Promise.all(workers.map((worker) => worker.terminate()))
  assert.equal(CaptureBuffers.get(SOURCE).state, 'live')
  CaptureBuffers.remove(OTHER)
  assert.equal(CaptureBuffers.remove(SOURCE), true)
  assert.equal(CaptureBuffers.remove(SOURCE), false)
  await assertNothingLives()
} else {
  await useSource(1)
  parentPort.postMessage('done')
  await once(parentPort, 'message')
  await stormOther(1e9)
}
