import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type DemuxedPacket,
  Demuxer,
  Muxer,
  type MuxerOptions,
  type MuxerTarget,
  type MuxerTrack,
} from '../../lib/containers.js'
import type { EncodedVideoChunk, EncodedVideoChunkMetadata, VideoDecoderConfig } from '../../lib/index.js'
import { AudioEncoder, counters, VideoEncoder } from '../../lib/index.js'
import { makeFrames } from '../helpers/codecs.js'
import { collect, factsOf } from '../helpers/containers.js'
import { ffmpeg, makeClip, run } from '../helpers/media.js'
import { audioData } from '../helpers/sound.js'

const video = ['-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=25:duration=1']
const sound = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=1']
const x264 = ['-c:v', 'libx264', '-bf', '2', '-g', '12', '-pix_fmt', 'yuv420p']
const h264AndAac = () => makeClip([...video, ...sound, ...x264, '-c:a', 'aac'], 'mp4')
const vp9AndOpus = () =>
  makeClip(
    [...video, ...sound, '-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libopus'],
    'webm',
  )

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcodecs-mux-'))
})

afterAll(() => rm(folder, { recursive: true }))

/** Copies the tracks of an input, without a change. */
async function copy(source: string, target: MuxerTarget, options: MuxerOptions = {}, types = ['video', 'audio']) {
  const demuxer = await Demuxer.open(source)
  try {
    return await copyFrom(demuxer, target, options, types)
  } finally {
    demuxer.close()
  }
}

async function copyFrom(demuxer: Demuxer, target: MuxerTarget, options: MuxerOptions, types: readonly string[]) {
  const muxer = await Muxer.open(target, options)
  const tracks = new Map<number, MuxerTrack>()
  for (const track of demuxer.tracks) {
    if (!types.includes(track.type)) continue
    if (track.type === 'video') {
      tracks.set(
        track.id,
        muxer.addVideoTrack(track.decoderConfig!, track.framerate ? { framerate: track.framerate } : {}),
      )
    } else if (track.type === 'audio') tracks.set(track.id, muxer.addAudioTrack(track.decoderConfig!))
  }
  const packets: DemuxedPacket[] = []
  for await (const packet of demuxer.packets({ tracks: [...tracks.keys()] })) {
    packets.push(packet)
    if (packet.type !== 'other') await muxer.addChunk(tracks.get(packet.track.id)!, packet.chunk)
  }
  return { result: await muxer.finalize(), packets }
}

/** Fails when ffmpeg finds anything to say about it. */
async function expectSound(path: string): Promise<void> {
  const { stderr } = await ffmpeg(['-xerror', '-i', path, '-f', 'null', '-'])
  expect(stderr).toBe('')
}

async function timesOf(path: string, type: string): Promise<number[]> {
  const demuxer = await Demuxer.open(path)
  const packets = await collect(demuxer.packets())
  demuxer.close()
  return packets.filter((packet) => packet.type === type).map((packet) => factsOf(packet).timestamp!)
}

const ascending = (numbers: number[]): number[] => [...numbers].sort((a, b) => a - b)
const sinceFirst = (times: number[]): number[] => times.map((time) => time - Math.min(...times))

const COPIES: [name: string, source: () => Promise<string>, types: string[], tolerance: number][] = [
  ['mp4', h264AndAac, ['video', 'audio'], 1],
  ['mov', h264AndAac, ['video', 'audio'], 1],
  ['mkv', h264AndAac, ['video', 'audio'], 1000],
  ['ts', h264AndAac, ['video', 'audio'], 12],
  ['flv', h264AndAac, ['video', 'audio'], 1000],
  ['avi', h264AndAac, ['video'], 1],
  ['vob', h264AndAac, ['video'], 12],
  ['asf', h264AndAac, ['video'], 1000],
  ['h264', h264AndAac, ['video'], 1],
  ['aac', h264AndAac, ['audio'], 12],
  ['m4a', h264AndAac, ['audio'], 1],
  ['webm', vp9AndOpus, ['video', 'audio'], 1000],
  ['ivf', vp9AndOpus, ['video'], 1],
  ['ogg', vp9AndOpus, ['audio'], 21],
  ['mp4', vp9AndOpus, ['video', 'audio'], 21],
  ['wav', () => makeClip([...sound, '-c:a', 'pcm_s16le'], 'wav'), ['audio'], 12],
  ['flac', () => makeClip([...sound, '-c:a', 'flac'], 'flac'), ['audio'], 12],
  ['mp3', () => makeClip([...sound, '-c:a', 'libmp3lame'], 'mp3'), ['audio'], 12],
]

describe('copies without a change', () => {
  it.each(COPIES)('to %s', async (extension, makeSource, types, tolerance) => {
    const path = join(folder, `copy-${types.join('-')}.${extension}`)
    const source = await makeSource()
    const { result, packets } = await copy(source, path, {}, types)
    await expectSound(path)
    expect(result.size).toBe((await readFile(path)).length)
    expect(Math.abs(result.duration - 1e6)).toBeLessThan(60_000)
    for (const type of types) {
      const before = packets.filter((packet) => packet.type === type).map((packet) => factsOf(packet).timestamp!)
      const after = await timesOf(path, type)
      if (extension !== 'wav') expect(after).toHaveLength(before.length)
      if (['wav', 'flac', 'mp3', 'aac', 'ogg'].includes(extension)) continue
      const [ours, theirs] = [sinceFirst(ascending(after)), sinceFirst(ascending(before))]
      for (const [index, time] of ours.entries()) expect(Math.abs(time - theirs[index]!)).toBeLessThanOrEqual(tolerance)
    }
  })

  it('to HLS, whose files appear together', async () => {
    const own = await mkdtemp(join(folder, 'hls-'))
    await copy(await h264AndAac(), join(own, 'index.m3u8'), { libavOptions: { hls_time: 0.4, hls_list_size: 0 } })
    const files = await readdir(own)
    expect(files.filter((name) => name.endsWith('.ts')).length).toBeGreaterThan(1)
    expect(files.every((name) => /\.(ts|m3u8)$/.test(name))).toBe(true)
    await expectSound(join(own, 'index.m3u8'))
  })

  it('to streams: fragments of MP4, and MPEG-TS', async () => {
    for (const format of ['mp4', 'mpegts']) {
      const parts: Uint8Array[] = []
      const stream = new WritableStream<Uint8Array>({ write: (part) => void parts.push(part) })
      const { result } = await copy(await h264AndAac(), stream, { format })
      const bytes = Buffer.concat(parts)
      expect(result.size).toBe(bytes.length)
      const path = join(folder, `stream.${format === 'mp4' ? 'mp4' : 'ts'}`)
      await writeFile(path, bytes)
      await expectSound(path)
      expect(await timesOf(path, 'video')).toHaveLength(25)
    }
  })

  it('to what takes bytes anywhere', async () => {
    const bytes = new Uint8Array(1 << 20)
    const target = { seekable: true, write: (part: Uint8Array, position: number) => bytes.set(part, position) }
    const { result } = await copy(await h264AndAac(), target, { format: 'mp4' })
    const path = join(folder, 'anywhere.mp4')
    await writeFile(path, bytes.subarray(0, result.size))
    await expectSound(path)
  })
})

describe('what encoders give', () => {
  it('B-frames and sound begin at zero, and every frame is there', async () => {
    const path = join(folder, 'encoded.mp4')
    const muxer = await Muxer.open(path)
    const picture = muxer.addVideoTrack({ codec: 'avc1.64001f', codedWidth: 320, codedHeight: 240 }, { framerate: 30 })
    const tone = muxer.addAudioTrack({ codec: 'mp4a.40.2', sampleRate: 48000, numberOfChannels: 1 })
    const writes: Promise<void>[] = []
    const failures: unknown[] = []
    const videoEncoder = new VideoEncoder({
      output: (chunk, metadata) => writes.push(muxer.addChunk(picture, chunk, metadata as object)),
      error: (error) => failures.push(error),
    })
    videoEncoder.configure({
      codec: 'avc1.64001f',
      width: 320,
      height: 240,
      bitrate: 5e5,
      framerate: 30,
      latencyMode: 'quality',
    })
    for (const frame of makeFrames(45)) {
      videoEncoder.encode(frame)
      frame.close()
    }
    const audioEncoder = new AudioEncoder({
      output: (chunk, metadata) => writes.push(muxer.addChunk(tone, chunk, metadata as object)),
      error: (error) => failures.push(error),
    })
    audioEncoder.configure({ codec: 'mp4a.40.2', sampleRate: 48000, numberOfChannels: 1, bitrate: 64000 })
    const samples = Float32Array.from({ length: 72000 }, (_, index) => Math.sin(index / 20) / 2)
    const data = audioData('f32', [samples], { sampleRate: 48000 })
    audioEncoder.encode(data)
    data.close()
    await Promise.all([videoEncoder.flush(), audioEncoder.flush()])
    await Promise.all(writes)
    await muxer.finalize()
    expect(failures).toEqual([])
    await expectSound(path)
    const times = await timesOf(path, 'video')
    expect(times).not.toEqual(ascending(times))
    for (const [index, time] of ascending(times).entries()) expect(Math.abs(time - (index * 1e6) / 30)).toBeLessThan(2)
    const { stdout } = await run('ffprobe', [
      '-v',
      'error',
      '-show_entries',
      'packet=dts,pts,stream_index',
      '-of',
      'csv=p=0',
      path,
    ])
    let last = -Infinity
    for (const line of stdout.toString().trim().split('\n')) {
      const [index, pts, dts] = line.split(',').map(Number) as [number, number, number]
      if (index !== 0) continue
      expect(dts).toBeLessThanOrEqual(pts)
      expect(dts).toBeGreaterThan(last)
      last = dts
    }
    const { stdout: facts } = await run('ffprobe', [
      '-v',
      'error',
      '-show_entries',
      'stream=start_time,r_frame_rate,codec_type',
      '-of',
      'csv=p=0',
      path,
    ])
    expect(facts.toString()).toMatch(/video,30\/1,0\.000000/)
  })

  it('rotation, pixel aspect, colour, languages, titles and dispositions', async () => {
    const path = join(folder, 'told.mp4')
    const chunks: [EncodedVideoChunk, EncodedVideoChunkMetadata | undefined][] = []
    const encoder = new VideoEncoder({
      output: (...args) => chunks.push(args),
      error: (error) => expect.fail(error.message),
    })
    encoder.configure({ codec: 'avc1.42001f', width: 320, height: 240, bitrate: 5e5, avc: { format: 'annexb' } })
    for (const frame of makeFrames(5)) {
      encoder.encode(frame)
      frame.close()
    }
    await encoder.flush()
    const muxer = await Muxer.open(path, { tags: { title: 'All' } })
    const config: VideoDecoderConfig = {
      codec: 'avc1.42001f',
      codedWidth: 320,
      codedHeight: 240,
      rotation: 90,
      displayAspectWidth: 8,
      displayAspectHeight: 3,
      colorSpace: { primaries: 'bt2020', transfer: 'pq', matrix: 'bt2020-ncl', fullRange: false },
    }
    const track = muxer.addVideoTrack(config, { language: 'fra', title: 'Turned', disposition: { default: true } })
    for (const [chunk] of chunks) await muxer.addChunk(track, chunk)
    await muxer.finalize()
    const demuxer = await Demuxer.open(path)
    expect(demuxer.tags['title']).toBe('All')
    expect(demuxer.videoTracks[0]).toMatchObject({
      language: 'fra',
      rotation: 90,
      flip: false,
      displayWidth: 240,
      displayHeight: 640,
    })
    const { stdout } = await run('ffprobe', ['-v', 'error', '-show_streams', path])
    expect(stdout.toString()).toMatch(/sample_aspect_ratio=2:1/)
    expect(stdout.toString()).toMatch(/rotation=-90/)
    demuxer.close()
  })
})

describe('what is not whole leaves nothing', () => {
  const begin = async (target: MuxerTarget, options: MuxerOptions = {}) => {
    const demuxer = await Demuxer.open(await h264AndAac())
    const muxer = await Muxer.open(target, options)
    const track = muxer.addVideoTrack(demuxer.videoTracks[0]!.decoderConfig!)
    for await (const packet of demuxer.packets({ tracks: [demuxer.videoTracks[0]!] })) {
      if (packet.type === 'video') await muxer.addChunk(track, packet.chunk)
    }
    demuxer.close()
    return { muxer, track }
  }

  it('until finalize(), after abort(), and after the signal', async () => {
    const own = await mkdtemp(join(folder, 'part-'))
    const path = join(own, 'out.mp4')
    const { muxer } = await begin(path)
    expect(existsSync(path)).toBe(false)
    await muxer.abort()
    expect(await readdir(own)).toEqual([])
    await expect(muxer.finalize()).rejects.toMatchObject({ name: 'AbortError' })

    // What waits hears of the reason.
    const { muxer: stuck } = await begin({ write: () => new Promise(() => {}) }, { format: 'mpegts' })
    const why = new Error('no longer wanted')
    const waiting = expect(stuck.finalize()).rejects.toBe(why)
    await stuck.abort(why)
    await waiting

    const controller = new AbortController()
    const aborted = await begin(path, { signal: controller.signal })
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(aborted.muxer.finalize()).rejects.toBe(reason)
    await aborted.muxer.abort()
    expect(await readdir(own)).toEqual([])
  })

  it('when the target fails, which is told', async () => {
    const failing = { write: () => Promise.reject(new RangeError('full')) }
    await expect(copy(await h264AndAac(), failing, { format: 'mpegts' })).rejects.toThrow(new RangeError('full'))
  })

  it('when the folder is not there, which is told', async () => {
    await expect(copy(await h264AndAac(), join(folder, 'no', 'such', 'x.mp4'))).rejects.toMatchObject({
      name: 'NotFoundError',
    })
  })

  it('and nothing lives on', async () => {
    await expect.poll(() => [counters().inputs, counters().outputs], { timeout: 10_000 }).toEqual([0, 0])
  })
})

describe('what a format cannot hold is denied before anything is written', () => {
  const h264 = { codec: 'avc1.42001f', codedWidth: 320, codedHeight: 240 }

  it('codecs, rotation, alpha, and formats that do not exist', async () => {
    const webm = await Muxer.open(join(folder, 'no.webm'))
    expect(() => webm.addVideoTrack(h264)).toThrow(
      expect.objectContaining({ name: 'NotSupportedError', message: expect.stringContaining('webm') }),
    )
    expect(() => webm.addVideoTrack({ codec: 'vp8', rotation: 90 })).toThrow(/no rotation/)
    expect(() => webm.addVideoTrack({ codec: 'nothing' })).toThrow(/a codec string/)
    const track = webm.addVideoTrack({ codec: 'vp8', codedWidth: 320, codedHeight: 240 })
    await expect(webm.addChunk(track, {} as never)).rejects.toThrow(
      'expected an EncodedVideoChunk for chunk but received an object',
    )
    await webm.abort()
    await expect(Muxer.open(join(folder, 'no.such-extension'))).rejects.toMatchObject({ name: 'NotSupportedError' })
    await expect(Muxer.open(new WritableStream())).rejects.toThrow(/a format for a target without a name/)
    await expect(Muxer.open(7 as never)).rejects.toThrow(
      /a path, a URL, a WritableStream or an object with write\(\) for target/,
    )
    expect((await readdir(folder)).filter((name) => name.includes('no.'))).toEqual([])
  })
})
