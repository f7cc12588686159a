// Muxers are finished and aborted, by call and by signal, at every moment, with files and with slow and failing targets, and forgotten.
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Muxer } from '../../../dist/containers.js'
import { assert, assertNothingLives, encodeClip, sleep } from './support.mjs'

const { chunks, decoderConfig } = await encodeClip(30)
const folder = await mkdtemp(join(tmpdir(), 'webcodecs-stress-'))

async function write(target, options, count = chunks.length) {
  const muxer = await Muxer.open(target, options)
  const track = muxer.addVideoTrack(decoderConfig, { framerate: 30 })
  for (const chunk of chunks.slice(0, count)) await muxer.addChunk(track, chunk)
  return muxer
}

const formats = ['mp4', 'mkv', 'ts', 'flv', 'avi', 'h264']
const results = await Promise.all(
  formats.map(async (format) => (await write(join(folder, `x.${format}`), {})).finalize()),
)
for (const { size, duration } of results) {
  assert.ok(size > 1000)
  assert.ok(Math.abs(duration - 1e6) < 50_000, String(duration))
}
assert.equal((await readdir(folder)).length, formats.length)

// Aborted: at once, with chunks under way, and in the end.
for (let round = 0; round < 24; round++) {
  const controller = new AbortController()
  const muxer = await write(join(folder, 'y.mp4'), { signal: controller.signal }, round)
  if (round % 3 === 0) await muxer.abort()
  else if (round % 3 === 1) controller.abort()
  else {
    const finalizing = round > 0 ? muxer.finalize().catch(() => {}) : null
    await muxer.abort()
    await finalizing
  }
  await muxer.abort()
}

// A slow target, one that fails, and one that never takes anything.
const slow = { write: () => sleep(1) }
await (await write(slow, { format: 'mpegts' })).finalize()
const failing = { write: () => Promise.reject(new RangeError('full')) }
await assert.rejects(
  write(failing, { format: 'mpegts' }).then((muxer) => muxer.finalize()),
  RangeError,
)
const never = await write({ write: () => new Promise(() => {}) }, { format: 'mpegts' })
const finalizing = never.finalize()
await sleep(20)
await never.abort()
await assert.rejects(finalizing, { name: 'AbortError' })

async function forget() {
  await write({ write: () => {} }, { format: 'matroska' }, 10)
}
for (let round = 0; round < 5; round++) await forget()
await assertNothingLives()
await rm(folder, { recursive: true })
