// Connections that break off again and again while readers follow, and a source that is removed in every state.
import { CaptureBuffers } from '../../../dist/capture.js'
import { serveTone } from '../../helpers/live-wav.mjs'
import { assert, assertNothingLives, sleep } from './support.mjs'

const reconnect = { minDelay: 0.01, maxDelay: 0.05, attempts: Infinity }

const server = await serveTone()
const buffer = CaptureBuffers.allocateIfNeeded(server.url, { seconds: 5, reconnect })
const reader = buffer.openReader()
let gaps = 0
let received = 0
const following = (async () => {
  let expected
  for await (const data of reader.follow()) {
    received++
    if (expected !== undefined && data.timestamp > expected + 2) gaps++
    if (expected !== undefined) assert.ok(data.timestamp >= expected - 2, 'time goes back')
    expected = data.timestamp + (data.numberOfFrames * 1e6) / data.sampleRate
    data.close()
  }
})()
for (let round = 0; round < 8; round++) {
  await buffer.live()
  await sleep(100)
  server.breakOff()
  await sleep(30)
}
await buffer.live()
assert.ok(server.connections >= 8, `${server.connections} connections`)
CaptureBuffers.remove(server.url)
await following
reader.close()
assert.ok(gaps >= 3 && received >= 20, `${gaps} gaps, ${received} pieces`)

// Removed while it connects, waits to connect again, and fails.
for (let round = 0; round < 40; round++) {
  const source = round % 2 === 0 ? `${server.url}?${round}` : 'http://127.0.0.1:1/'
  CaptureBuffers.allocateIfNeeded(source, { reconnect })
  await sleep(round % 25)
  CaptureBuffers.remove(source)
}
await server.close()
await assertNothingLives()
