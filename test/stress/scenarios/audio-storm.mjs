// Audio codecs that are configured anew, reset and closed in mid-work, from every codec library.
import { AudioDecoder, EncodedAudioChunk } from '../../../dist/index.js'
import { encodeSounds, encodeTones, makeAudioEncoder } from './sound.mjs'
import { assert, assertAborted, assertNothingLives, until } from './support.mjs'

const stereo = { sampleRate: 48000, numberOfChannels: 2 }
const codecs = ['opus', 'mp4a.40.2', 'mp3', 'flac', 'vorbis', 'pcm-s16', 'alaw']

for (const codec of codecs) {
  const { encoder, chunks, errors } = makeAudioEncoder(null)
  const aborted = []
  for (let round = 0; round < 12; round++) {
    const config = { codec, ...stereo, sampleRate: round % 2 ? 44100 : 48000 }
    encoder.configure(config)
    encodeSounds(encoder, 5, config)
    // Outputs of the old configuration come before those of the new one.
    encoder.configure({ ...config, numberOfChannels: 1 })
    encodeSounds(encoder, 3, { ...config, numberOfChannels: 1 })
    if (round % 3 === 0) aborted.push(assertAborted(encoder.flush()))
    encoder.reset()
  }
  await Promise.all(aborted)
  chunks.length = 0
  encoder.configure({ codec, ...stereo })
  encodeSounds(encoder, 5, stereo)
  await encoder.flush()
  assert.equal(chunks[0].timestamp, 0)
  encodeSounds(encoder, 20, stereo)
  await until(() => chunks.length > 6, 'more chunks')
  encoder.close()
  assert.deepEqual(errors, [])
}

for (const codec of codecs) {
  const clip = await encodeTones({ codec, ...stereo }, 2)
  let outputs = 0
  const decoder = new AudioDecoder({
    output(data) {
      outputs++
      // Half of them are left to the collector.
      if (outputs % 2 === 0) data.close()
    },
    error: (error) => assert.fail(String(error)),
  })
  const aborted = []
  for (let round = 0; round < 10; round++) {
    decoder.configure(clip.config)
    for (const chunk of clip.chunks) decoder.decode(new EncodedAudioChunk(chunk))
    if (round % 2 === 0) {
      // This one may have ended by then: some codecs are that fast.
      if (round % 3 === 0) aborted.push(decoder.flush().catch(({ name }) => assert.equal(name, 'AbortError')))
      await new Promise((resolve) => setImmediate(resolve))
    } else if (round % 3 === 0) {
      aborted.push(assertAborted(decoder.flush()))
    }
    decoder.reset()
  }
  await Promise.all(aborted)
  outputs = 0
  decoder.configure(clip.config)
  for (const chunk of clip.chunks) decoder.decode(new EncodedAudioChunk(chunk))
  await decoder.flush()
  // The first packet of Vorbis has nothing to overlap with.
  assert.equal(outputs, clip.chunks.length - (codec === 'vorbis' ? 1 : 0))
  for (const chunk of clip.chunks) decoder.decode(new EncodedAudioChunk(chunk))
  decoder.close()
}
await assertNothingLives()
