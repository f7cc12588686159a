import { assert, assertAborted, assertNothingLives, encodeClip, makeDecoder } from './support.mjs'

const { chunks, decoderConfig } = await encodeClip(60)
for (let round = 0; round < 20; round++) {
  let finished
  const firstFrame = new Promise((resolve) => (finished = resolve))
  const { decoder, timestamps, errors } = makeDecoder(decoderConfig, { onFrame: finished })
  for (const chunk of chunks) decoder.decode(chunk)
  const flushed = assertAborted(decoder.flush())
  if (round % 2) await firstFrame
  decoder.close()
  const seen = timestamps.length
  await flushed
  assert.equal(timestamps.length, seen, 'no output after close()')
  assert.deepEqual(errors, [])
}
await assertNothingLives()
