// Encoders and decoders on a VA-API device whose driver is that of the tests: it loses nothing, so that every picture must
// come back as it was. The process starts another one, in which libva finds the driver.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { i420Picture } from '../../helpers/pictures.js'
import { installVaDriver } from '../../helpers/va-driver.mjs'
import { assert, assertNothingLives, encodeFrames, makeEncoder, sleep, timestampOf, VideoDecoder } from './support.mjs'

const width = 322
const height = 180
const count = 12
const size = { width, height }
const base = { codec: 'avc1.42001f', ...size, bitrate: 1e6, framerate: 30, hardwareAcceleration: 'prefer-hardware' }

/** The samples of an NV12 frame in the order of I420. */
async function samplesOf(frame) {
  const data = new Uint8Array(frame.allocationSize())
  const [, uv] = await frame.copyTo(data)
  const chroma = (width / 2) * (height / 2)
  const out = new Uint8Array(width * height + 2 * chroma)
  out.set(data.subarray(0, width * height))
  for (let i = 0; i < chroma; i++) {
    out[width * height + i] = data[uv.offset + 2 * i]
    out[width * height + chroma + i] = data[uv.offset + 2 * i + 1]
  }
  return out
}

async function roundTrip(latencyMode, format) {
  const { encoder, chunks, metadata, errors } = makeEncoder({ ...base, latencyMode, avc: { format } })
  encodeFrames(encoder, count, size)
  await encoder.flush()
  assert.deepEqual(errors, [])
  assert.deepEqual(
    chunks.map((chunk) => chunk.timestamp),
    Array.from({ length: count }, (_, index) => timestampOf(index)),
  )
  const { decoderConfig } = metadata[0]
  assert.equal(decoderConfig.codec, 'avc1.42001f')
  assert.equal(decoderConfig.description !== undefined, format === 'avc')

  const pictures = []
  const decoder = new VideoDecoder({
    output(frame) {
      assert.equal(frame.format, 'NV12')
      assert.deepEqual([frame.visibleRect.width, frame.visibleRect.height], [width, height])
      pictures.push(samplesOf(frame).then((samples) => ({ samples, timestamp: frame.timestamp })))
      pictures.at(-1).finally(() => frame.close())
    },
    error: (error) => errors.push(error),
  })
  decoder.configure({ ...decoderConfig, hardwareAcceleration: 'prefer-hardware' })
  for (const chunk of chunks) decoder.decode(chunk)
  await decoder.flush()
  assert.deepEqual(errors, [])
  for (const [index, { samples, timestamp }] of (await Promise.all(pictures)).entries()) {
    assert.equal(timestamp, timestampOf(index))
    assert.ok(Buffer.compare(samples, i420Picture(width, height, index % 8)) === 0, `picture ${index} differs`)
  }
  assert.equal(pictures.length, count)
  decoder.close()
  encoder.close()
  return { chunks, decoderConfig }
}

async function storm({ chunks, decoderConfig }) {
  const { encoder } = makeEncoder({ ...base, latencyMode: 'realtime' })
  const decoder = new VideoDecoder({ output: (frame) => frame.close(), error: assert.ifError })
  for (let round = 0; round < 20; round++) {
    encodeFrames(encoder, 5, size)
    for (const chunk of chunks) {
      if (decoder.state === 'unconfigured') {
        decoder.configure({ ...decoderConfig, hardwareAcceleration: round % 3 ? 'prefer-hardware' : 'prefer-software' })
      }
      decoder.decode(chunk)
    }
    await sleep(round % 4)
    if (round % 2) decoder.reset()
    if (round % 3 === 0) {
      encoder.reset()
      encoder.configure({ ...base, latencyMode: round % 2 ? 'quality' : 'realtime' })
    }
  }
  encodeFrames(encoder, 5, size)
  encoder.close()
  decoder.close()
}

if (process.env.LIBVA_DRIVER_NAME === 'test') {
  for (const latencyMode of ['realtime', 'quality']) {
    for (const format of ['avc', 'annexb']) await storm(await roundTrip(latencyMode, format))
  }
  await assertNothingLives()
} else {
  const driver = installVaDriver()
  if (driver) {
    const env = { ...process.env, ...driver.env }
    const file = fileURLToPath(import.meta.url)
    const { status } = spawnSync(process.execPath, [...process.execArgv, file], { env, stdio: 'inherit' })
    driver.remove()
    process.exitCode = status ?? 1
  } else {
    console.error("skipped: libva's headers (libva-dev) are not installed")
    process.exitCode = process.env.CI ? 1 : 0
  }
}
