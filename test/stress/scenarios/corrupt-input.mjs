// Damaged streams end in frames or in an EncodingError, never in a crash or a hang.
import { alterChunk, assert, assertNothingLives, encodeClip, makeDecoder } from './support.mjs'

const { chunks, decoderConfig } = await encodeClip(12)

/** A small generator, so that a failing seed can be run again. */
function random(seed) {
  let state = seed * 2654435761 + 1
  return (limit) => {
    state = Math.imul(state ^ (state >>> 15), 2246822519) >>> 0
    state = (state + 0x9e3779b9) >>> 0
    return state % limit
  }
}

const damages = {
  'a few bits'(data, pick) {
    for (let i = 0; i < 8; i++) data[pick(data.length)] ^= 1 << pick(8)
  },
  'a cut'(data, pick) {
    return data.slice(0, 1 + pick(data.length))
  },
  'wrong lengths'(data, pick) {
    data.set([pick(256), pick(256), pick(256), pick(256)], 0)
  },
  noise(data, pick) {
    for (let i = 0; i < data.length; i++) data[i] = pick(256)
  },
}

async function run(config, input, what) {
  const { decoder, errors } = makeDecoder(config)
  try {
    for (const chunk of input) decoder.decode(chunk)
  } catch (error) {
    // A first chunk that is seen to be no key chunk.
    assert.equal(error.name, 'DataError', what)
  }
  const outcome = await decoder.flush().then(
    () => 'flushed',
    (error) => error.name,
  )
  assert.ok(['flushed', 'EncodingError', 'InvalidStateError'].includes(outcome), `${what}: ${outcome}`)
  assert.ok(errors.length <= 1, `${what}: ${errors.length} errors`)
  for (const error of errors) {
    assert.ok(error instanceof DOMException, what)
    assert.equal(error.name, 'EncodingError', what)
    assert.equal(decoder.state, 'closed', what)
  }
  if (decoder.state !== 'closed') decoder.close()
}

for (const [name, damage] of Object.entries(damages)) {
  for (let seed = 0; seed < 30; seed++) {
    const pick = random(seed)
    const victim = pick(chunks.length)
    const input = chunks.map((chunk, index) =>
      index === victim ? alterChunk(chunk, (data) => damage(data, pick)) : chunk,
    )
    await run(decoderConfig, input, `${name}, seed ${seed}`)
    const { description, ...inBand } = decoderConfig
    await run(inBand, input, `${name}, seed ${seed}, no description`)
  }
}

for (let seed = 0; seed < 30; seed++) {
  const pick = random(seed)
  const description = new Uint8Array(decoderConfig.description.slice(0))
  for (let i = 5; i < description.length; i++) if (pick(4) === 0) description[i] = pick(256)
  const { decoder } = makeDecoder({ ...decoderConfig, description })
  for (const chunk of chunks) decoder.decode(chunk)
  await decoder.flush().catch(() => {})
  if (decoder.state !== 'closed') decoder.close()
}
await assertNothingLives()
