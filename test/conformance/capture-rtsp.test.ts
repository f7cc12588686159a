// A real RTSP server: GStreamer's, killed and restarted in mid-stream.
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { CaptureBuffers } from '../../lib/capture.js'
import { AudioData, counters, type VideoFrame } from '../../lib/index.js'
import {
  closeAll,
  expectNothingCapturedAfterEach,
  frequencyOf,
  gapsBetween,
  joinChannel,
  type Sound,
  takeSound,
} from '../helpers/capture.js'
import { hasRtspServer, type RtspServer, startRtspServer } from '../helpers/rtsp-server.js'

expectNothingCapturedAfterEach()

const servers: RtspServer[] = []
const start = async (...args: Parameters<typeof startRtspServer>) => {
  const server = await startRtspServer(...args)
  servers.push(server)
  return server
}
afterEach(async () => {
  for (const server of servers.splice(0)) await server.kill()
})

const inContinuousIntegration = process.env['CI'] === 'true'

describe.skipIf(!hasRtspServer && !inContinuousIntegration)('RTSP (needs gir1.2-gst-rtsp-server-1.0)', () => {
  beforeAll(() => expect(hasRtspServer, 'GStreamer with its RTSP server').toBe(true))

  it('sound and pictures of a live server', async () => {
    const server = await start()
    const buffer = CaptureBuffers.allocateIfNeeded(server.url, { seconds: 5 })
    const reader = buffer.openReader()
    const sounds: Sound[] = []
    const frames: VideoFrame[] = []
    for await (const media of reader.follow()) {
      if (media instanceof AudioData) sounds.push(takeSound(media))
      else frames.push(media)
      if (frames.length >= 45) break
    }
    reader.close()
    const samples = joinChannel(sounds)
    expect(frequencyOf(samples, sounds[0]!.sampleRate)).toBeCloseTo(440, 0)
    expect(Math.max(...samples)).toBeCloseTo(0.5, 1)
    for (const gap of gapsBetween(sounds)) expect(gap).toBeLessThan(1e6)
    expect(frames[0]).toMatchObject({ format: 'I420', codedWidth: 320, displayWidth: 320, displayHeight: 240 })
    // A white ball on black, which moves.
    const pictures = await Promise.all(frames.map(lumaOf))
    for (const luma of pictures.slice(5)) {
      const white = luma.filter((value) => value > 180).length
      expect(white).toBeGreaterThan(300)
      expect(white).toBeLessThan(10_000)
    }
    expect(pictures[40]!.some((value, index) => Math.abs(value - pictures[20]![index]!) > 100)).toBe(true)
    expect(frames.every((frame, index) => index === 0 || frame.timestamp > frames[index - 1]!.timestamp)).toBe(true)
    for (const frame of frames) frame.close()
  })

  it('a server that is killed and restarted in mid-stream: one ring, one time line, one gap', async () => {
    let server = await start()
    const before = counters().captureRings
    const buffer = CaptureBuffers.allocateIfNeeded(server.url, {
      seconds: 30,
      timeout: 5,
      reconnect: { attempts: 100, minDelay: 0.1, maxDelay: 0.5 },
    })
    await buffer.live()
    const states: string[] = []
    const watching = (async () => {
      for await (const state of buffer.states()) states.push(state)
    })()
    const reader = buffer.openReader()
    // 48,000 samples before the server dies, and as many after it is back.
    const sounds: Sound[] = []
    let pictures = 0
    let samples = 0
    let killedAt = 0
    let restarted: Promise<unknown> | undefined
    for await (const media of reader.follow()) {
      if (media instanceof AudioData) {
        sounds.push(takeSound(media))
        samples += sounds.at(-1)!.channels[0]!.length
      } else {
        pictures++
        media.close()
      }
      if (samples > 48_000 && !restarted) {
        killedAt = buffer.info!.end
        restarted = (async () => {
          await server.kill()
          await expect.poll(() => buffer.state, { timeout: 20_000 }).toBe('reconnecting')
          // Whoever asks meanwhile gets the same.
          CaptureBuffers.allocateIfNeeded(server.url)
          server = await start('both', server.port)
        })()
      }
      if (restarted && samples > 48_000 * 2 + 10_000 && buffer.state === 'live') break
    }
    await restarted
    expect(pictures).toBeGreaterThan(30)
    expect(counters().captureRings - before).toBe(1)
    const long = gapsBetween(sounds).filter((gap) => gap > 200_000)
    expect(long.length).toBeGreaterThanOrEqual(1)
    expect(long.length).toBeLessThanOrEqual(2)
    for (const gap of gapsBetween(sounds)) expect(gap).toBeGreaterThan(-30)
    // What was captured before it died is still there, and reads as one run up to the gap.
    const media = await reader.readLast(30)
    expect(media.audio[0]!.timestamp).toBeLessThan(killedAt)
    expect(media.audio.length).toBeGreaterThanOrEqual(2)
    const last = takeSound(media.audio.pop()!)
    expect(last.timestamp).toBeGreaterThan(killedAt)
    expect(frequencyOf(last.channels[0]!, last.sampleRate)).toBeCloseTo(440, 0)
    closeAll(media)
    reader.close()
    CaptureBuffers.remove(server.url)
    await watching
    expect(states).toEqual(['live', 'reconnecting', 'live', 'removed'])
  })

  it('a stream without sound, and one without pictures', async () => {
    for (const parts of ['video', 'audio'] as const) {
      const server = await start(parts)
      const buffer = CaptureBuffers.allocateIfNeeded(server.url)
      await buffer.live()
      const reader = buffer.openReader()
      let count = 0
      for await (const media of reader.follow()) {
        expect(media instanceof AudioData).toBe(parts === 'audio')
        media.close()
        if (++count === 10) break
      }
      reader.close()
      expect(buffer.info!.audio === null).toBe(parts === 'video')
      expect(buffer.info!.video === null).toBe(parts === 'audio')
    }
  })
})

async function lumaOf(frame: VideoFrame): Promise<Uint8Array> {
  const pixels = new Uint8Array(frame.allocationSize())
  await frame.copyTo(pixels)
  return pixels.subarray(0, frame.codedWidth * frame.codedHeight)
}
