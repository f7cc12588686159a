/**
 * The bitrate of ten seconds of a real clip at 720p, of every codec in every mode, whatever is known of the frame rate.
 * Takes several minutes: `npm run test:rates`.
 */
import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { VideoEncoder, type VideoEncoderConfig, VideoFrame } from '../../lib/index.js'
import { encodeAll, timestampOf } from '../helpers/codecs.js'
import { clipsFolder, makeClip } from '../helpers/media.js'

const width = 1280
const height = 720
const frameBytes = (width * height * 3) / 2
const bitrate = 2_500_000
const seconds = 10
const fps = 30

const realClip = join(clipsFolder, 'video-h265.mp4')
// Grain keeps the picture away from its best quality, where less than the request is right.
const madeClip = `testsrc2=size=${width}x${height}:rate=${fps}:duration=${seconds},noise=alls=8:allf=t`
const source = existsSync(realClip) ? ['-t', String(seconds), '-i', realClip] : ['-f', 'lavfi', '-i', madeClip]

let file: number
beforeAll(async () => {
  const to = ['-vf', `scale=${width}:${height}`, '-pix_fmt', 'yuv420p', '-f', 'rawvideo']
  file = openSync(await makeClip([...source, ...to], 'yuv'), 'r')
})
/** What was measured, a line each. */
const table: string[] = []
afterAll(() => {
  closeSync(file)
  process.stdout.write(`${table.join('\n')}\n`)
})

interface Moment {
  /** Of the clip's frames. */
  picture: number
  timestamp: number
}

const steady = (rate: number): Moment[] =>
  Array.from({ length: seconds * rate }, (_, index) => ({
    picture: Math.floor((index * fps) / rate),
    timestamp: timestampOf(index, rate),
  }))

/** Three fifths of the frames, none quite on time. */
function uneven(): Moment[] {
  let state = 7
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  return steady(fps)
    .filter(({ picture }) => picture === 0 || random() > 0.4)
    .map(({ picture, timestamp }) => ({
      picture,
      timestamp: picture === 0 ? 0 : timestamp + Math.round((random() - 0.5) * 20_000),
    }))
}

/** Half the frame rate from the middle on. */
const slower = (): Moment[] => steady(fps).filter(({ picture }) => picture < 150 || picture % 2 === 0)

const timings: Record<string, { framerate?: number; moments: Moment[]; evenSeconds: boolean }> = {
  'with the right framerate': { framerate: fps, moments: steady(fps), evenSeconds: true },
  'without framerate': { moments: steady(fps), evenSeconds: true },
  'without framerate, at 15 frames per second': { moments: steady(15), evenSeconds: true },
  'with half the real framerate': { framerate: 15, moments: steady(fps), evenSeconds: true },
  'with twice the real framerate': { framerate: 60, moments: steady(fps), evenSeconds: true },
  'at a variable frame rate': { framerate: fps, moments: uneven(), evenSeconds: false },
  'when the frame rate falls by half': { framerate: fps, moments: slower(), evenSeconds: false },
}

function* frames(moments: Moment[]): Generator<VideoFrame> {
  for (const { picture, timestamp } of moments) {
    const data = new Uint8Array(frameBytes)
    readSync(file, data, 0, frameBytes, picture * frameBytes)
    yield new VideoFrame(data, { format: 'I420', codedWidth: width, codedHeight: height, timestamp })
  }
}

/** The bits of each second over those asked for. */
async function measure(config: VideoEncoderConfig, name: string): Promise<number[]> {
  const { moments } = timings[name]!
  const { chunks } = await encodeAll({ ...config, hevc: { format: 'annexb' } }, frames(moments))
  expect(chunks).toHaveLength(moments.length)
  const windows = Array<number>(seconds).fill(0)
  for (const { timestamp, byteLength } of chunks) {
    windows[Math.min(seconds - 1, Math.floor(timestamp / 1e6))]! += (byteLength * 8) / bitrate
  }
  const { codec, encoder = '', latencyMode, bitrateMode = 'variable' } = config
  const ratios = [sum(windows) / seconds, ...windows].map((ratio) => ratio.toFixed(2))
  table.push(`${codec} ${encoder} ${latencyMode} ${bitrateMode} ${name}: ${ratios[0]} = ${ratios.slice(1).join(' ')}`)
  return windows
}

// Of levels that have room for 60 frames per second.
const encoders: { codec: string; encoder?: string }[] = [
  { codec: 'avc1.640033' },
  { codec: 'avc1.640033', encoder: 'libx264' },
  { codec: 'hvc1.1.6.L153.B0' },
  { codec: 'vp8' },
  { codec: 'vp09.00.51.08' },
  { codec: 'av01.0.13M.08' },
]
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)

describe.each(encoders)(
  '$codec $encoder',
  (encoder) => {
    describe.each(['realtime', 'quality'] as const)('%s', (latencyMode) => {
      it.each(Object.keys(timings))('keeps a variable bitrate %s (-15 to +10 %)', async (name) => {
        const { framerate } = timings[name]!
        const config: VideoEncoderConfig = { ...encoder, width, height, bitrate, latencyMode }
        if (framerate) config.framerate = framerate
        expect((await VideoEncoder.isConfigSupported(config)).supported).toBe(true)
        const ratio = sum(await measure(config, name)) / seconds
        expect(ratio).toBeGreaterThan(0.85)
        expect(ratio).toBeLessThan(1.1)
      })

      it.each(Object.keys(timings))('keeps a constant bitrate %s (within 10 %)', async (name) => {
        const { framerate, evenSeconds } = timings[name]!
        const config: VideoEncoderConfig = { ...encoder, width, height, bitrate, latencyMode, bitrateMode: 'constant' }
        if (framerate) config.framerate = framerate
        expect((await VideoEncoder.isConfigSupported(config)).supported).toBe(true)
        const windows = await measure(config, name)
        const ratio = sum(windows) / seconds
        expect(ratio).toBeGreaterThan(0.9)
        expect(ratio).toBeLessThan(1.1)
        // Of frames at uneven distances a second holds more or fewer of the demanding ones.
        if (!evenSeconds) return
        const [first, ...others] = windows
        expect(first).toBeLessThan(1.5)
        expect(Math.min(...others)).toBeGreaterThan(0.75)
        expect(Math.max(...others)).toBeLessThan(1.25)
      })
    })
  },
  // The slowest (VP9 in quality mode) takes a minute of processor time, which a busy machine has in ten.
  600_000,
)
