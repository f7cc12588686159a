// Demuxers are read to the end, left and closed in mid-read, sought in, aborted in every wait, and forgotten.
import { Demuxer } from '../../../dist/containers.js'
import { makeContainer, silentServer } from './container-support.mjs'
import { assert, assertNothingLives, sleep } from './support.mjs'

const bytes = makeContainer()
const pieces = async function* () {
  for (let at = 0; at < bytes.length; at += 3000) yield bytes.subarray(at, at + 3000)
}
const ranges = () => ({ size: bytes.length, read: async (at, length) => bytes.subarray(at, at + length) })

async function count(source) {
  const demuxer = await Demuxer.open(source)
  let packets = 0
  for await (const _ of demuxer.packets()) packets++
  demuxer.close()
  return packets
}

// Several at once, from every kind of source.
const counts = await Promise.all([bytes, pieces(), ranges(), new Blob([bytes]), bytes, pieces()].map(count))
assert.ok(counts[0] > 100)
assert.ok(counts.every((packets) => packets === counts[0]))

// Closed after a few packets, while it reads ahead.
for (let round = 0; round < 20; round++) {
  const demuxer = await Demuxer.open(round % 2 ? pieces() : bytes)
  let packets = 0
  for await (const _ of demuxer.packets()) {
    if (++packets > round) break
  }
  demuxer.close()
}

// Sought in, in mid-read.
const demuxer = await Demuxer.open(ranges())
for (let round = 0; round < 30; round++) {
  const from = demuxer.startTime + ((round * 7) % 20) * 1e5
  for await (const { chunk } of demuxer.packets({ from })) {
    assert.ok(chunk.byteLength > 0)
    break
  }
}
demuxer.close()

// A source that never answers, closed and aborted in mid-open.
const server = await silentServer()
for (let round = 0; round < 8; round++) {
  const controller = new AbortController()
  const never = { size: 1e9, read: () => new Promise(() => {}) }
  const opening = Demuxer.open(round % 2 ? never : server.url, { signal: controller.signal })
  setTimeout(() => controller.abort(), round * 5)
  await assert.rejects(opening, { name: 'AbortError' })
}
await assert.rejects(Demuxer.open(server.url, { timeout: 100 }), { name: 'TimeoutError' })
server.close()

// Bytes that fail, and bytes that are none.
await assert.rejects(Demuxer.open({ size: 1000, read: () => Promise.reject(new RangeError('gone')) }), RangeError)
await assert.rejects(Demuxer.open(new Uint8Array(3000).fill(9)), { name: 'DataError' })

async function forget() {
  const forgotten = await Demuxer.open(bytes)
  await forgotten.packets().next()
}
for (let round = 0; round < 10; round++) await forget()
await sleep(10)
await assertNothingLives()
