import { alterChunk, assert, assertNothingLives, encodeClip, makeDecoder, sleep } from './support.mjs'

const { chunks, decoderConfig } = await encodeClip(10)
const broken = chunks.map((chunk) => alterChunk(chunk, (data) => data.fill(0xff, Math.floor(data.length / 4))))
for (let round = 0; round < 20; round++) {
  const { decoder } = makeDecoder(decoderConfig)
  for (const chunk of broken) decoder.decode(chunk)
  const settled = decoder.flush().catch((error) => error.name)
  await sleep(round % 5)
  if (decoder.state !== 'closed') decoder.close()
  assert.match((await settled) ?? 'flushed', /^(AbortError|EncodingError|flushed)$/)
}
await assertNothingLives()
