// Images of every kind are decoded side by side, from buffers and streams, and reset and closed at any moment.
import { ImageDecoder } from '../../../dist/index.js'
import { makeImageFiles } from '../../helpers/image-files.mjs'
import { random } from '../../helpers/random.js'
import { assert, assertNothingLives, sleep } from './support.mjs'

const pick = random(7)
const files = [...makeImageFiles().values()]

function streamOf(data, size) {
  let at = 0
  return new ReadableStream({
    async pull(controller) {
      await sleep(0)
      if (at >= data.length) return controller.close()
      controller.enqueue(data.slice(at, at + size))
      at += size
    },
  })
}

/** Decodes all frames. What was reset or closed meanwhile rejects. */
async function decodeAll({ type, data }) {
  const source = pick(2) === 0 ? data : streamOf(data, 1 + pick(data.length))
  const scaled = pick(3) === 0 ? { desiredWidth: 30, desiredHeight: 20 } : {}
  const decoder = new ImageDecoder({ data: source, type, ...scaled })
  let closed = false
  const interrupt = sleep(pick(6)).then(() => {
    if (pick(3) === 0) decoder.reset()
    if (pick(3) === 0) decoder.close()
    closed = decoder.type === ''
  })
  await decoder.tracks.ready.catch((error) => assert.equal(error.name, 'AbortError'))
  const pending = []
  for (let frameIndex = 0; frameIndex < (decoder.tracks.selectedTrack?.frameCount ?? 0); frameIndex++) {
    pending.push(decoder.decode({ frameIndex, completeFramesOnly: pick(2) === 0 }))
  }
  for (const result of await Promise.allSettled(pending)) {
    if (result.status === 'rejected') assert.match(result.reason.name, /^(AbortError|InvalidStateError)$/)
    else if (pick(2) === 0) result.value.image.clone().close()
    result.value?.image.close()
  }
  await interrupt
  if (!closed) decoder.close()
}

for (let round = 0; round < 12; round++) await Promise.all(files.map(decodeAll))

// Decoders and streams that nobody closes.
for (const { type, data } of files) {
  new ImageDecoder({ data, type })
  const { image } = await new ImageDecoder({ data, type }).decode()
  image.close()
}
await sleep(50)
await assertNothingLives()
