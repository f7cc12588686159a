import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { CaptureBuffers } from '../../lib/capture.js'
import { AudioData, counters, VideoFrame } from '../../lib/index.js'
import {
  closeAll,
  expectNothingCapturedAfterEach,
  followSound,
  followToEnd,
  frequencyOf,
  gapsBetween,
  joinChannel,
  takeSound,
} from '../helpers/capture.js'
import { serveTone, toneAt } from '../helpers/live-wav.mjs'
import { ffmpeg, makeClip } from '../helpers/media.js'

expectNothingCapturedAfterEach()

const TONE = 'lavfi:sine=frequency=440:sample_rate=48000'
const BOTH = 'lavfi:sine=frequency=440:sample_rate=48000[out0];testsrc2=size=320x240:rate=25[out1]'
const fastReconnect = { attempts: 3, minDelay: 0.01, maxDelay: 0.03 }
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

describe('allocateIfNeeded', () => {
  it('gives all callers one ring buffer', async () => {
    const before = counters().captureRings
    const buffers = await Promise.all(Array.from({ length: 50 }, async () => CaptureBuffers.allocateIfNeeded(TONE)))
    await buffers[49]!.live()
    CaptureBuffers.allocateIfNeeded(TONE, { seconds: 5 })
    closeAll(await readLast(TONE, 1))
    expect(counters().captureRings - before).toBe(1)
    expect(counters().captureSources).toBe(1)
    expect(CaptureBuffers.sources()).toEqual([TONE])
  })

  it('grows the ring where it is, and keeps what is in it', async () => {
    const buffer = CaptureBuffers.allocateIfNeeded(TONE, { seconds: 1 })
    const reader = buffer.openReader()
    await followSound(reader, 40)
    CaptureBuffers.allocateIfNeeded(TONE, { seconds: 30 })
    const { audio } = await reader.readLast(30)
    reader.close()
    const sounds = audio.map(takeSound)
    const samples = joinChannel(sounds)
    expect(buffer.info?.seconds).toBe(30)
    expect(samples.length).toBeGreaterThan(35 * 1024)
    expect(sounds.length).toBe(1)
    expectTone(samples, sounds[0]!.timestamp, 48_000)
  })

  it('resamples what is in the ring, and readers go on without a gap', async () => {
    const buffer = CaptureBuffers.allocateIfNeeded(TONE, { seconds: 5 })
    const reader = buffer.openReader()
    const sounds = await followSound(reader, 20)
    expect(sounds[0]!.sampleRate).toBe(48_000)
    CaptureBuffers.allocateIfNeeded(TONE, { sampleRate: 16_000, channels: 2 })
    const media = await reader.readLast(5)
    const old = media.audio.map(takeSound)
    expect(old.length).toBe(1)
    expect(old[0]).toMatchObject({ sampleRate: 16_000, timestamp: 0 })
    expect(old[0]!.channels.length).toBe(2)
    expect(frequencyOf(old[0]!.channels[1]!, 16_000)).toBeCloseTo(440, 0)
    const later = await followSound(reader, 20, { last: 0.2 })
    expect(later.every(({ sampleRate }) => sampleRate === 16_000)).toBe(true)
    for (const gap of gapsBetween(later)) expect(Math.abs(gap)).toBeLessThan(100)
    expect(frequencyOf(joinChannel(later), 16_000)).toBeCloseTo(440, 0)
    reader.close()
  })

  it('a source that has ended is still the same', async () => {
    const source = 'lavfi:sine=duration=0.2'
    const buffer = CaptureBuffers.allocateIfNeeded(source, { pace: 'fast' })
    await ended(buffer)
    expect(CaptureBuffers.allocateIfNeeded(source).state).toBe('ended')
    expect(counters().captureSources).toBe(1)
  })
})

describe('what is captured', () => {
  it('sound is that of the source, sample by sample, at the pace at which it plays', async () => {
    const reader = CaptureBuffers.allocateIfNeeded(TONE).openReader()
    const begin = performance.now()
    // From the first sample on, however late this thread gets its turn.
    const sounds = await followSound(reader, 48, { last: 5 })
    const seconds = (performance.now() - begin) / 1000
    reader.close()
    const samples = joinChannel(sounds)
    expect(sounds[0]!.timestamp).toBe(0)
    for (const gap of gapsBetween(sounds)) expect(Math.abs(gap)).toBeLessThan(2)
    expectTone(samples, 0, 48_000)
    // A second of sound takes a second, give or take what a busy machine adds.
    expect(seconds).toBeGreaterThan(samples.length / 48_000 - 0.1)
  })

  it('pictures are those of the source, pixel by pixel', async () => {
    const source = 'lavfi:testsrc2=size=320x240:rate=25:duration=1'
    const buffer = CaptureBuffers.allocateIfNeeded(source, { pace: 'fast' })
    const reader = buffer.openReader()
    const { frames } = await followToEnd(reader)
    reader.close()
    const { stdout } = await ffmpeg([
      ...['-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=25:duration=1'],
      ...['-f', 'rawvideo', '-pix_fmt', 'yuv420p', 'pipe:1'],
    ])
    expect(frames.map(({ timestamp }) => timestamp)).toEqual(Array.from({ length: 25 }, (_, index) => index * 40_000))
    const size = (320 * 240 * 3) / 2
    for (const [index, frame] of frames.entries()) {
      const pixels = Buffer.alloc(size)
      await frame.copyTo(pixels)
      frame.close()
      expect(pixels.equals(stdout.subarray(index * size, (index + 1) * size)), `picture ${index}`).toBe(true)
    }
  })

  it('a file is read with its sound and its pictures on one time line', async () => {
    const path = await makeClip(
      [
        ...['-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=25:duration=2'],
        ...['-f', 'lavfi', '-i', 'sine=frequency=600:sample_rate=48000:duration=2', '-c:v', 'libx264', '-c:a', 'aac'],
      ],
      'mp4',
    )
    const buffer = CaptureBuffers.allocateIfNeeded(path, { pace: 'fast', sampleRate: 24_000, channels: 1 })
    await ended(buffer)
    const reader = buffer.openReader()
    const { audio, video } = await reader.readLast(10)
    const sounds = audio.map(takeSound)
    const samples = joinChannel(sounds)
    expect(frequencyOf(samples.subarray(2000, -2000), 24_000)).toBeCloseTo(600, 0)
    expect(Math.abs(samples.length / 24_000 - 2)).toBeLessThan(0.1)
    expect(video.length).toBe(50)
    expect(video.every((frame, index) => index === 0 || frame.timestamp > video[index - 1]!.timestamp)).toBe(true)
    expect(video.at(-1)!.timestamp - video[0]!.timestamp).toBe(49 * 40_000)
    expect(Math.abs(video[0]!.timestamp - sounds[0]!.timestamp)).toBeLessThan(60_000)
    for (const frame of video) frame.close()
    reader.close()
  })

  it('the last seconds are that many, and no more pictures are kept than fit', async () => {
    const buffer = CaptureBuffers.allocateIfNeeded(BOTH, { seconds: 1, videoBytes: 1_200_000 })
    const reader = buffer.openReader()
    let count = 0
    for await (const media of reader.follow()) {
      media.close()
      if (++count > 130) break
    }
    const media = await reader.readLast(0.5)
    expect(media.audio.map(({ numberOfFrames }) => numberOfFrames)).toEqual([24_000])
    expect(media.video.length).toBeGreaterThanOrEqual(9)
    expect(media.video.length).toBeLessThanOrEqual(13)
    closeAll(media)
    const everything = await reader.readLast(60)
    expect(everything.audio.map(({ numberOfFrames }) => numberOfFrames)).toEqual([48_000])
    closeAll(everything)
    expect(buffer.info!.video!.byteLength).toBeLessThanOrEqual(1_200_000)
    reader.close()
  })

  it('sound alone, or pictures alone, where only they are asked for', async () => {
    const buffer = CaptureBuffers.allocateIfNeeded(BOTH, { video: false })
    await buffer.live()
    const reader = buffer.openReader()
    await followSound(reader, 5)
    expect(buffer.info).toMatchObject({ video: null, audio: { sampleRate: 48_000, channels: 1 } })
    // Another caller wants both.
    CaptureBuffers.allocateIfNeeded(BOTH, { video: true })
    for await (const media of reader.follow({ audio: false })) {
      expect(media).toBeInstanceOf(VideoFrame)
      media.close()
      break
    }
    reader.close()
  })
})

describe('readers', () => {
  it('a slow one is told what it lost, and goes on near the newest', async () => {
    const buffer = CaptureBuffers.allocateIfNeeded(BOTH, { seconds: 2 })
    const reader = buffer.openReader()
    const losses: { audioFrames: number; videoFrames: number }[] = []
    let paused = false
    let newestSound = 0
    for await (const media of reader.follow({ maxLag: 0.3, onLost: (loss) => losses.push(loss) })) {
      const isSound = media instanceof AudioData
      if (isSound && losses.length > 0) newestSound = media.timestamp
      media.close()
      if (!paused) await sleep(1200)
      paused = true
      if (newestSound > 0) break
    }
    expect(losses.length).toBe(1)
    // 1.2 s passed, and up to 0.3 s may wait.
    expect(losses[0]!.audioFrames).toBeGreaterThan(0.8 * 48_000)
    expect(losses[0]!.videoFrames).toBeGreaterThan(15)
    expect(reader.lost).toEqual(losses[0])
    expect(buffer.info!.end - newestSound).toBeLessThan(1_000_000)
    reader.close()
  })

  it('follow from some seconds before the newest on', async () => {
    const buffer = CaptureBuffers.allocateIfNeeded(TONE, { seconds: 3 })
    const first = buffer.openReader()
    await followSound(first, 60)
    const sounds = await followSound(first, 8, { last: 1 })
    expect(sounds[0]!.timestamp).toBeGreaterThan(100_000)
    expectTone(joinChannel(sounds), sounds[0]!.timestamp, 48_000)
    for (const gap of gapsBetween(sounds)) expect(Math.abs(gap)).toBeLessThan(2)
    first.close()
  })

  it('end when the source is removed, and can still read what it had', async () => {
    const buffer = CaptureBuffers.allocateIfNeeded(TONE)
    const reader = buffer.openReader()
    const following = (async () => {
      let count = 0
      for await (const media of reader.follow()) {
        media.close()
        if (++count === 5) expect(CaptureBuffers.remove(TONE)).toBe(true)
      }
      return count
    })()
    expect(await following).toBeGreaterThanOrEqual(5)
    expect(buffer.state).toBe('removed')
    const media = await reader.readLast(1)
    expect(media.audio.length).toBe(1)
    closeAll(media)
    reader.close()
    await expect.poll(() => buffer.info).toBeNull()
  })

  it('stop at once when the signal aborts, and when they are closed', async () => {
    const reader = CaptureBuffers.allocateIfNeeded(TONE).openReader()
    const controller = new AbortController()
    const reason = new Error('enough')
    const aborted = followSound(reader, Infinity, { signal: controller.signal })
    setTimeout(() => controller.abort(reason), 100)
    await expect(aborted).rejects.toBe(reason)
    const closed = followSound(reader, Infinity)
    setTimeout(() => reader.close(), 100)
    expect((await closed).length).toBeGreaterThan(0)
  })

  it('cannot be followed twice at once, nor used after close()', async () => {
    const buffer = CaptureBuffers.allocateIfNeeded(TONE)
    const reader = buffer.openReader()
    const iterator = reader.follow()
    ;(await iterator.next()).value!.close()
    await expect(reader.follow().next()).rejects.toMatchObject({ name: 'InvalidStateError' })
    await iterator.return()
    ;(await reader.follow().next()).value!.close()
    reader.close()
    reader.close()
    expect(reader.closed).toBe(true)
    await expect(reader.readLast(1)).rejects.toThrow('expected an open CaptureReader but it is closed')
    await expect(reader.readLast(-1)).rejects.toThrow(TypeError)
    CaptureBuffers.remove(TONE)
    expect(() => buffer.openReader()).toThrow(`expected a source that is captured but ${TONE} was removed`)
  })
})

describe('sources that break off', () => {
  it('are connected to again, on one time line with a gap', async () => {
    const server = await serveTone()
    const buffer = CaptureBuffers.allocateIfNeeded(server.url, { reconnect: { minDelay: 0.2, maxDelay: 0.2 } })
    const states = (async () => {
      const seen = []
      for await (const state of buffer.states()) seen.push(state)
      return seen
    })()
    const reader = buffer.openReader()
    const before = await followSound(reader, 10, { last: 5 })
    server.breakOff()
    const after = await followSound(reader, 40, { last: 10 })
    const gaps = gapsBetween(after).filter((gap) => Math.abs(gap) > 1000)
    expect(gaps.length).toBe(1)
    expect(gaps[0]).toBeGreaterThan(50_000)
    expect(gaps[0]).toBeLessThan(10_000_000)
    // The first connection's samples, bit by bit.
    const samples = joinChannel(before)
    expect(samples.every((sample, index) => sample === toneAt(index))).toBe(true)
    expect(buffer.info!.connections).toBe(2)
    expect(buffer.lastError).toMatchObject({ name: expect.stringMatching(/^(NetworkError|NotReadableError)$/) })
    CaptureBuffers.remove(server.url)
    reader.close()
    await server.close()
    expect((await states).slice(-3)).toEqual(['reconnecting', 'live', 'removed'])
  })

  it('have failed after the attempts that were allowed', async () => {
    const server = await serveTone()
    const buffer = CaptureBuffers.allocateIfNeeded(server.url, { reconnect: fastReconnect })
    const reader = buffer.openReader()
    await followSound(reader, 3)
    await server.close()
    await expect(followSound(reader, Infinity)).rejects.toMatchObject({ name: 'NetworkError' })
    expect(buffer.state).toBe('failed')
    expect(buffer.info!.connections).toBe(1 + fastReconnect.attempts)
    reader.close()
  })

  it('that send nothing are given up after the timeout', async () => {
    const server = createServer(() => {})
    const url = await listen(server)
    const buffer = CaptureBuffers.allocateIfNeeded(url, {
      timeout: 0.3,
      reconnect: { attempts: 2, minDelay: 0.01, maxDelay: 0.01 },
    })
    await expect(buffer.live()).rejects.toMatchObject({ name: 'TimeoutError' })
  })
})

describe('sources that cannot be captured', () => {
  it('a refused port', async () => {
    const server = createServer()
    const url = await listen(server)
    await new Promise((resolve) => server.close(resolve))
    const buffer = CaptureBuffers.allocateIfNeeded(url, { reconnect: fastReconnect })
    await expect(buffer.live()).rejects.toMatchObject({ name: 'NetworkError' })
    expect(buffer.info!.connections).toBe(3)
  })

  it('an unknown host', async () => {
    const source = 'http://nowhere.invalid/x'
    const buffer = CaptureBuffers.allocateIfNeeded(source, { reconnect: { ...fastReconnect, attempts: 1 } })
    await expect(buffer.live()).rejects.toThrow('nowhere.invalid')
  })

  it('404', async () => {
    const server = await serveTone()
    const buffer = CaptureBuffers.allocateIfNeeded(`http://127.0.0.1:${server.port}/other`, {
      reconnect: fastReconnect,
    })
    await expect(buffer.live()).rejects.toMatchObject({ name: 'NotFoundError' })
    await server.close()
  })

  it('garbage, at once', async () => {
    const server = createServer((_, response) => response.end(Buffer.alloc(300_000, 'garbage')))
    const url = await listen(server)
    const buffer = CaptureBuffers.allocateIfNeeded(url)
    await expect(buffer.live()).rejects.toMatchObject({ name: 'DataError' })
    expect(buffer.info!.connections).toBe(1)
  })

  it.each([
    ['/nowhere/at/all.mp4', 'NotFoundError'],
    ['nonsense://host/x', 'NotSupportedError'],
    ['lavfi:no_such_filter', 'DataError'],
  ])('%s, at once', async (source, name) => {
    await expect(CaptureBuffers.allocateIfNeeded(source).live()).rejects.toMatchObject({ name })
  })

  it('an option that there is not', async () => {
    const buffer = CaptureBuffers.allocateIfNeeded(TONE, { inputOptions: { no_such_option: 1 } })
    await expect(buffer.live()).rejects.toThrow('no_such_option')
  })

  it('a source without sound has pictures alone', async () => {
    const buffer = CaptureBuffers.allocateIfNeeded('lavfi:testsrc2=size=160x120')
    await buffer.live()
    const media = await readLast('lavfi:testsrc2=size=160x120', 1)
    expect(media.audio).toEqual([])
    expect(media.video.length).toBeGreaterThan(0)
    closeAll(media)
    expect(buffer.info!.audio).toBeNull()
  })

  it('what is unknown is not there', () => {
    expect(CaptureBuffers.get(TONE)).toBeUndefined()
    expect(CaptureBuffers.remove(TONE)).toBe(false)
  })
})

async function readLast(source: string, seconds: number) {
  const reader = CaptureBuffers.get(source)!.openReader()
  const media = await reader.readLast(seconds)
  reader.close()
  return media
}

async function ended(buffer: ReturnType<typeof CaptureBuffers.allocateIfNeeded>) {
  for await (const state of buffer.states()) if (state === 'failed') throw buffer.lastError
  expect(buffer.state).toBe('ended')
}

/** The sine of FFmpeg's `sine`: an eighth of full scale. */
function expectTone(samples: Float32Array, timestamp: number, sampleRate: number): void {
  const first = Math.round((timestamp * sampleRate) / 1e6)
  let worst = 0
  for (const [index, sample] of samples.entries()) {
    const expected = Math.sin((2 * Math.PI * 440 * (first + index)) / sampleRate) / 8
    worst = Math.max(worst, Math.abs(sample - expected))
  }
  expect(worst).toBeLessThan(0.0005)
}

const servers: Server[] = []

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function listen(server: Server): Promise<string> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`
}
