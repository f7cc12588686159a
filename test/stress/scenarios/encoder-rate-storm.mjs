// Bitrate and frame rate change all the time: in the configuration, and of the frames.
import { assert, assertNothingLives, encodeFrames, encoderConfig, makeEncoder } from './support.mjs'

const size = { width: 160, height: 96 }
const codecs = ['avc1.42001f', 'avc1.6e001f', 'hvc1.1.6.L93.B0', 'vp8', 'vp09.00.10.08', 'av01.0.04M.08']
const rounds = 20

for (const codec of codecs) {
  for (const alpha of codec.startsWith('vp') ? ['discard', 'keep'] : ['discard']) {
    const { encoder, chunks, errors } = makeEncoder(null)
    for (let round = 0; round < rounds; round++) {
      const rates = { bitrate: 50_000 * (1 + (round % 7)), framerate: 15 + (round % 4) * 5 }
      encoder.configure({ ...encoderConfig, ...size, ...rates, codec, alpha })
      encodeFrames(encoder, 3, { from: round * 3, ...size })
    }
    await encoder.flush()
    assert.deepEqual(errors, [])
    assert.equal(chunks.length, rounds * 3)
    assert.equal(chunks.filter(({ type }) => type === 'key').length, 1)
    encoder.close()
  }
}

// Closed, and drained, while frames are held back to measure their rate, and where another encoder takes over.
const quality = { ...encoderConfig, ...size, codec: 'hvc1.1.6.L93.B0', latencyMode: 'quality' }
const slower = (index) => (index < 100 ? index * 33_333 : 3_333_300 + (index - 100) * 100_000)
for (const count of [0, 1, 10, 40, 200]) {
  for (const flush of [false, true]) {
    const { encoder, chunks, errors } = makeEncoder(quality)
    encodeFrames(encoder, count, { ...size, timestamp: slower })
    if (flush) {
      await encoder.flush()
      assert.equal(chunks.length, count)
    }
    encoder.close()
    assert.deepEqual(errors, [])
  }
}
await assertNothingLives()
