import { assert, assertNothingLives, encodeFrames, encoderConfig, makeEncoder, sleep } from './support.mjs'

for (let round = 0; round < 30; round++) {
  const latencyMode = round % 2 ? 'quality' : 'realtime'
  const { encoder, chunks, errors } = makeEncoder({ ...encoderConfig, latencyMode })
  encodeFrames(encoder, 30)
  let flushed = false
  const outcome = encoder.flush().then(
    () => (flushed = true),
    (error) => error.name,
  )
  await sleep(round)
  const expected = flushed ? true : 'AbortError'
  encoder.close()
  const seen = chunks.length
  assert.equal(await outcome, expected)
  assert.equal(encoder.state, 'closed')
  await sleep(5)
  assert.equal(chunks.length, seen, 'no output after close()')
  assert.deepEqual(errors, [])
}
await assertNothingLives()
