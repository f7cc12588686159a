// Encodes raw frames as fast as back-pressure lets it. Runs in Node and in Chromium, so that both do the same.

let source

/** Loads the raw frames once; a page keeps them from call to call. */
async function load(url) {
  source ??= new Uint8Array(await (await fetch(url)).arrayBuffer())
  return source
}

function encoderOf({ VideoEncoder }, { codec, width, height, bitrate, framerate }) {
  const chunks = []
  const state = { failure: undefined, chunks }
  const encoder = new VideoEncoder({
    output(chunk) {
      const data = new Uint8Array(chunk.byteLength)
      chunk.copyTo(data)
      chunks.push(data)
    },
    error: (error) => {
      state.failure = error
    },
  })
  encoder.configure({
    ...{ codec, width, height, bitrate, framerate, latencyMode: 'realtime' },
    ...(codec.startsWith('avc') && { avc: { format: 'annexb' } }),
  })
  return { encoder, state }
}

/**
 * @param {object} api has VideoEncoder and VideoFrame
 * @param {Uint8Array} frames I420, tightly packed, one after the other
 * @param {{ codec: string, width: number, height: number, bitrate: number, framerate: number, frames: number }} encodeCase
 * @returns the time from the first frame to the end of flush(), and the chunks
 */
export async function encodeFrames(api, frames, encodeCase) {
  const { width, height, framerate, frames: count } = encodeCase
  const frameBytes = (width * height * 3) / 2
  const { encoder, state } = encoderOf(api, encodeCase)
  const colorSpace = { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false }
  const start = performance.now()
  for (let i = 0; i < count && !state.failure; i++) {
    while (encoder.encodeQueueSize >= 4) {
      await new Promise((resolve) => encoder.addEventListener('dequeue', resolve, { once: true }))
    }
    const at = (i * frameBytes) % frames.length
    const init = { format: 'I420', codedWidth: width, codedHeight: height, colorSpace }
    const timestamp = Math.round((i * 1e6) / framerate)
    const frame = new api.VideoFrame(frames.subarray(at, at + frameBytes), { ...init, timestamp })
    encoder.encode(frame)
    frame.close()
  }
  if (!state.failure) await encoder.flush().catch((error) => (state.failure ??= error))
  const seconds = (performance.now() - start) / 1000
  if (state.failure) throw state.failure
  encoder.close()
  return { seconds, chunks: state.chunks }
}

/**
 * The second of two runs: code that has just been loaded is slower, and so is memory that nobody has touched, the source's
 * among it. A page has seen it in earlier calls, and a process has not.
 */
export async function measure(api, frames, encodeCase, keepsChunks) {
  await encodeFrames(api, frames, encodeCase)
  const { seconds, chunks } = await encodeFrames(api, frames, encodeCase)
  const bytes = chunks.reduce((total, { length }) => total + length, 0)
  return { seconds, count: chunks.length, bytes, ...(keepsChunks && { chunks }) }
}

/** measure() with frames from `url`. */
export async function measureFrom(api, url, encodeCase, keepsChunks) {
  return measure(api, await load(url), encodeCase, keepsChunks)
}
