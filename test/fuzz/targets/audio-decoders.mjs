// Damaged streams for AudioDecoder: an EncodingError or data, from every codec that is decoded.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { AudioDecoder, EncodedAudioChunk } from '../../../dist/index.js'
import { encodeTones } from '../../stress/scenarios/sound.mjs'
import { heavyMutations, lightMutations, orderMutations, pickFrom } from '../mutations.mjs'

const stereo = { sampleRate: 48000, numberOfChannels: 2 }

const encoded = [
  { codec: 'mp4a.40.2' },
  { codec: 'mp4a.40.2', aac: { format: 'adts' } },
  { codec: 'opus' },
  { codec: 'opus', numberOfChannels: 6 },
  { codec: 'mp3' },
  { codec: 'flac' },
  { codec: 'vorbis' },
  { codec: 'pcm-u8' },
  { codec: 'pcm-s16' },
  { codec: 'pcm-s24' },
  { codec: 'pcm-s32' },
  { codec: 'pcm-f32' },
  { codec: 'alaw' },
  { codec: 'ulaw' },
]

/** What nothing here encodes: frames of one size, by ffmpeg. */
function encodeByFfmpeg(codec, encoder) {
  const tone = ['-f', 'lavfi', '-i', 'sine=duration=0.5:sample_rate=48000', '-c:a', encoder, '-b:a', '128k']
  const stream = execFileSync('ffmpeg', ['-v', 'error', ...tone, '-f', encoder, 'pipe:1'])
  // 1536 samples of each channel.
  const size = (128_000 * 1536) / 48_000 / 8
  const chunks = []
  for (let start = 0; start + size <= stream.length; start += size) {
    chunks.push({
      type: 'key',
      timestamp: chunks.length * 32_000,
      data: new Uint8Array(stream.subarray(start, start + size)),
    })
  }
  return { config: { codec, ...stereo, numberOfChannels: 1 }, chunks }
}

/** HE-AAC, which no free library encodes, is on one of the shared clips. */
const clips = process.env.WEBCODECS_CLIPS ?? fileURLToPath(new URL('../../../../shared/media/clips', import.meta.url))
const heAacClip = `${clips}/no-initial-keyframe.ts`

/** The sound of a file, in ADTS frames. */
function readAdts(path) {
  const copy = ['-i', path, '-map', '0:a:0', '-c', 'copy', '-f', 'adts', 'pipe:1']
  const stream = execFileSync('ffmpeg', ['-v', 'quiet', ...copy])
  const chunks = []
  for (let start = 0; start + 7 <= stream.length; ) {
    const size = (stream.readUIntBE(start + 3, 3) >> 5) & 0x1fff || stream.length
    const data = new Uint8Array(stream.subarray(start, start + size))
    chunks.push({ type: 'key', timestamp: chunks.length * 42_667, data })
    start += size
  }
  return { config: { codec: 'mp4a.40.5', ...stereo }, chunks: chunks.slice(0, 25) }
}

/** Which damage, and what it makes of the stream. */
function damage({ config, chunks }, pick) {
  const mutations = { ...lightMutations, ...heavyMutations }
  const choice = pick(8)
  if (choice === 0) {
    const { name, mutate } = pickFrom(orderMutations, pick)
    return { kind: name, config, chunks: mutate(chunks, pick) }
  }
  const { name, mutate } = pickFrom(mutations, pick)
  if (choice === 1 && config.description) {
    return {
      kind: `${name} in the description`,
      config: { ...config, description: mutate(new Uint8Array(config.description), pick) },
      chunks,
    }
  }
  const victim = choice < 4 ? pick(chunks.length) : -1
  const changed = chunks.map((chunk, index) =>
    victim < 0 || victim === index ? { ...chunk, data: mutate(chunk.data, pick) } : chunk,
  )
  return { kind: victim < 0 ? `${name} everywhere` : name, config, chunks: changed }
}

async function decode(config, chunks) {
  const errors = []
  let frames = 0
  const decoder = new AudioDecoder({
    output(data) {
      frames += data.numberOfFrames
      // Every sample must be there to be read.
      for (let planeIndex = 0; planeIndex < data.numberOfChannels; planeIndex++) {
        const options = { planeIndex, format: 'f32-planar' }
        data.copyTo(new Uint8Array(data.allocationSize(options)), options)
      }
      data.close()
    },
    error: (error) => errors.push(error),
  })
  decoder.configure(config)
  for (const chunk of chunks) decoder.decode(new EncodedAudioChunk(chunk))
  const flushed = await decoder.flush().then(
    () => 'flushed',
    (error) => error.name,
  )
  assert.ok(errors.length <= 1, `${errors.length} errors`)
  assert.equal(decoder.state, errors.length === 1 ? 'closed' : 'configured')
  if (errors.length === 0) {
    assert.equal(flushed, 'flushed')
    decoder.close()
    return frames > 0 ? 'data' : 'nothing'
  }
  assert.equal(flushed, errors[0].name)
  // Only a description can be found out to be worth nothing before anything is decoded.
  assert.match(errors[0].name, /^(EncodingError|NotSupportedError)$/)
  return errors[0].name
}

const target = (name, makeStream) => ({
  name: `audio ${name}`,
  async prepare() {
    const stream = await makeStream()
    assert.equal(await decode(stream.config, stream.chunks), 'data')
    return {
      async run(pick) {
        const { kind, config, chunks } = damage(stream, pick)
        return { kind, outcome: await decode(config, chunks) }
      },
    }
  },
})

export const targets = [
  ...encoded.map((config) => {
    const { codec, numberOfChannels = 2, aac } = config
    return target(`${codec}${aac ? ` ${aac.format}` : ''} ${numberOfChannels}`, () =>
      encodeTones({ ...stereo, ...config }, 0.5),
    )
  }),
  ...(existsSync(heAacClip) ? [target('mp4a.40.5 adts 2', () => readAdts(heAacClip))] : []),
  target('ac-3', () => encodeByFfmpeg('ac-3', 'ac3')),
  target('ec-3', () => encodeByFfmpeg('ec-3', 'eac3')),
]
