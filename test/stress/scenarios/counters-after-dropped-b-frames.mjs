// An encoder with reordered frames inside is closed before they come out.
import {
  assert,
  assertNothingLives,
  counters,
  encodeFrames,
  encoderConfig,
  makeEncoder,
  sleep,
  until,
} from './support.mjs'

const evictedBefore = counters().evictedFrameInfo
for (let round = 0; round < 5; round++) {
  const { encoder, chunks } = makeEncoder({ ...encoderConfig, codec: 'avc1.640028', latencyMode: 'quality' })
  encodeFrames(encoder, 90)
  await until(() => encoder.encodeQueueSize === 0, 'the queue to empty')
  await sleep(50)
  assert.ok(chunks.length < 90, 'the encoder holds frames back')
  if (round % 2) encoder.reset()
  encoder.close()
}
await assertNothingLives()
assert.equal(counters().evictedFrameInfo, evictedBefore)
