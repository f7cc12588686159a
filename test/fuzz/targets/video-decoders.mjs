// Damaged streams for VideoDecoder: an EncodingError or frames, and about as many frames as ffmpeg still finds.
import assert from 'node:assert/strict'
import { EncodedVideoChunk, encodeClip, makeDecoder } from '../../stress/scenarios/support.mjs'
import { decodeByFfmpeg } from '../ffmpeg-reference.mjs'
import { heavyMutations, lightMutations, orderMutations, pickFrom } from '../mutations.mjs'

const base = { width: 96, height: 80, framerate: 30, bitrate: 300_000, latencyMode: 'realtime' }
const frameCount = 12

/** What is encoded for each target. `quality` of H.264 and HEVC reorders frames. */
const streams = [
  { name: 'h264 avc', family: 'h264', codec: 'avc1.64001f', latencyMode: 'quality' },
  { name: 'h264 annexb', family: 'h264', codec: 'avc1.42001f', avc: { format: 'annexb' } },
  { name: 'hevc hvc1', family: 'hevc', codec: 'hvc1.1.6.L93.B0', latencyMode: 'quality' },
  { name: 'hevc annexb', family: 'hevc', codec: 'hev1.1.6.L93.B0', hevc: { format: 'annexb' } },
  { name: 'vp8', family: 'vp8', codec: 'vp8' },
  { name: 'vp9', family: 'vp9', codec: 'vp09.00.31.08' },
  { name: 'av1', family: 'av1', codec: 'av01.0.05M.08' },
]

/** As plain objects, which are easily changed. */
function bytesOf(chunk) {
  const data = new Uint8Array(chunk.byteLength)
  chunk.copyTo(data)
  return { type: chunk.type, timestamp: chunk.timestamp, data }
}

/** One chunk with its data changed. */
function damageOne(chunks, pick, mutate, from = 0) {
  const victim = from + pick(chunks.length - from)
  return chunks.map((chunk, index) => (index === victim ? { ...chunk, data: mutate(chunk.data, pick) } : chunk))
}

/** Which damage, how it is made, and whether as much must be left as in ffmpeg. */
function damage({ chunks, decoderConfig }, pick) {
  const choice = pick(10)
  if (choice < 5) {
    const { name, mutate } = pickFrom(lightMutations, pick)
    return { kind: name, isLight: true, chunks: damageOne(chunks, pick, mutate, 1), decoderConfig }
  }
  if (choice < 7) {
    const { name, mutate } = pickFrom(heavyMutations, pick)
    return { kind: name, chunks: damageOne(chunks, pick, mutate), decoderConfig }
  }
  if (choice < 8) {
    const { name, mutate } = pickFrom(orderMutations, pick)
    return { kind: name, chunks: mutate(chunks, pick), decoderConfig }
  }
  const { name, mutate } = pickFrom({ ...lightMutations, ...heavyMutations }, pick)
  if (choice < 9 && decoderConfig.description) {
    const description = mutate(new Uint8Array(decoderConfig.description), pick)
    return { kind: `${name} in the description`, chunks, decoderConfig: { ...decoderConfig, description } }
  }
  const everywhere = chunks.map((chunk) => ({ ...chunk, data: mutate(chunk.data, pick) }))
  return { kind: `${name} everywhere`, chunks: everywhere, decoderConfig }
}

/** @returns {Promise<{ frames: number, ending: 'flushed' | 'EncodingError' | 'DataError' | 'NotSupportedError' }>} */
async function decode(decoderConfig, chunks, options) {
  const { decoder, timestamps, errors } = makeDecoder({ ...decoderConfig, ...options })
  let thrown = null
  try {
    for (const chunk of chunks) decoder.decode(new EncodedVideoChunk(chunk))
  } catch (error) {
    thrown = error.name
    // A first chunk that is seen to be no key chunk.
    assert.equal(thrown, 'DataError')
  }
  const flushed = await decoder.flush().then(
    () => 'flushed',
    (error) => error.name,
  )
  assert.ok(errors.length <= 1, `${errors.length} errors`)
  assert.equal(decoder.state, errors.length === 1 ? 'closed' : 'configured')
  if (errors.length === 0) {
    assert.equal(flushed, 'flushed')
    decoder.close()
    return { frames: timestamps.length, ending: thrown ?? 'flushed' }
  }
  const [error] = errors
  assert.ok(error instanceof DOMException, String(error))
  assert.equal(flushed, error.name)
  // Only a description can be found out to be worth nothing before anything is decoded.
  assert.match(error.name, /^(EncodingError|NotSupportedError)$/)
  return { frames: timestamps.length, ending: error.name }
}

/** What a batch must have in common with ffmpeg, which has the same decoders, and goes on where ours is closed. */
function compare(results) {
  const light = results.filter(({ theirs }) => theirs)
  const hasFlushed = ({ ours }) => ours.ending === 'flushed'
  const differ = light.filter((result) => hasFlushed(result) === result.theirs.hasFailed)
  const other = light.filter((result) => hasFlushed(result) && result.ours.frames !== result.theirs.frames)
  const allowed = Math.ceil(light.length * 0.02)
  const seeds = (list) => list.map(({ seed }) => seed).join(' ')
  return [
    differ.length > allowed &&
      `of ${light.length} inputs these fail here or in ffmpeg, and not in both: ${seeds(differ)}`,
    other.length > allowed && `of ${light.length} inputs these give another number of frames: ${seeds(other)}`,
  ].filter(Boolean)
}

function target({ name, family, ...config }) {
  return {
    name: `video-decoder ${name}`,
    async prepare() {
      const clip = await encodeClip(frameCount, { ...base, ...config })
      const source = { chunks: clip.chunks.map(bytesOf), decoderConfig: clip.decoderConfig }
      return {
        async run(pick, seed) {
          const { kind, isLight = false, chunks, decoderConfig } = damage(source, pick)
          const ours = await decode(decoderConfig, chunks, { optimizeForLatency: pick(4) === 0 })
          const theirs = isLight ? await decodeByFfmpeg(family, decoderConfig, chunks) : null
          return { kind, outcome: `${ours.ending}${ours.frames > 0 ? ' after frames' : ''}`, ours, theirs, seed }
        },
        check: compare,
      }
    },
  }
}

export const targets = streams.map(target)
