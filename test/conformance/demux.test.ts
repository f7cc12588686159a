import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type AudioPacket, Demuxer, type VideoPacket } from '../../lib/containers.js'
import { decodeSound } from '../helpers/audio-codecs.js'
import { decodeAll, pixelsOf } from '../helpers/codecs.js'
import { collect, factsOf, ffprobePackets, readAll } from '../helpers/containers.js'
import { ffmpeg, makeClip } from '../helpers/media.js'

const video = ['-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=25:duration=1']
const sound = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=1']
const x264 = ['-c:v', 'libx264', '-bf', '2', '-g', '12', '-pix_fmt', 'yuv420p']
const x265 = ['-c:v', 'libx265', '-x265-params', 'log-level=none:keyint=12', '-pix_fmt', 'yuv420p']

interface Sample {
  name: string
  extension: string
  args: string[]
  codecs: (string | undefined)[]
  /** ffprobe has no timestamps, or not for all, or ones that are late. */
  withoutTimes?: boolean
}

const SAMPLES: Sample[] = [
  {
    name: 'MP4, H.264 and AAC',
    extension: 'mp4',
    args: [...video, ...sound, ...x264, '-c:a', 'aac'],
    codecs: ['avc1.64000b', 'mp4a.40.2'],
  },
  {
    name: 'MP4 without edit lists',
    extension: 'mp4',
    args: [...video, ...x264, '-use_editlist', '0'],
    codecs: ['avc1.64000b'],
  },
  {
    name: 'fragmented MP4',
    extension: 'mp4',
    args: [...video, ...sound, ...x264, '-c:a', 'aac', '-movflags', 'frag_keyframe+empty_moov'],
    codecs: ['avc1.64000b', 'mp4a.40.2'],
  },
  { name: 'MP4, HEVC', extension: 'mp4', args: [...video, ...x265, '-tag:v', 'hvc1'], codecs: ['hvc1.1.6.L30.90'] },
  {
    name: 'MOV, PCM',
    extension: 'mov',
    args: [...video, ...sound, ...x264, '-c:a', 'pcm_s16le'],
    codecs: ['avc1.64000b', 'pcm-s16'],
  },
  {
    name: 'Matroska, H.264 and FLAC',
    extension: 'mkv',
    args: [...video, ...sound, ...x264, '-c:a', 'flac'],
    codecs: ['avc1.64000b', 'flac'],
  },
  {
    name: 'WebM, VP9 and Opus',
    extension: 'webm',
    args: [...video, ...sound, '-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libopus'],
    codecs: ['vp09.00.10.08', 'opus'],
  },
  {
    name: 'WebM, VP8 and Vorbis',
    extension: 'webm',
    args: [...video, ...sound, '-c:v', 'libvpx', '-deadline', 'realtime', '-ac', '2', '-c:a', 'libvorbis'],
    codecs: ['vp8', 'vorbis'],
  },
  {
    name: 'MPEG-TS, H.264 and AAC',
    extension: 'ts',
    args: [...video, ...sound, ...x264, '-c:a', 'aac'],
    codecs: ['avc1.64000b', 'mp4a.40.2'],
  },
  {
    name: 'MPEG-TS, HEVC and AC-3',
    extension: 'ts',
    args: [...video, ...sound, ...x265, '-c:a', 'ac3'],
    codecs: ['hev1.1.6.L30.90', 'ac-3'],
  },
  {
    name: 'MPEG-PS, H.264 and MP3',
    extension: 'vob',
    args: [...video, ...sound, ...x264, '-c:a', 'libmp3lame'],
    codecs: ['avc1.64000b', 'mp3'],
    withoutTimes: true,
  },
  {
    name: 'AVI, H.264 and MP3',
    extension: 'avi',
    args: [...video, ...sound, ...x264, '-c:a', 'libmp3lame'],
    codecs: ['avc1.64000b', 'mp3'],
    withoutTimes: true,
  },
  {
    name: 'FLV, H.264 and AAC',
    extension: 'flv',
    args: [...video, ...sound, ...x264, '-c:a', 'aac'],
    codecs: ['avc1.64000b', 'mp4a.40.2'],
  },
  {
    name: 'ASF, H.264 and MP3',
    extension: 'asf',
    args: [...video, ...sound, ...x264, '-c:a', 'libmp3lame'],
    codecs: ['avc1.64000b', 'mp3'],
    withoutTimes: true,
  },
  { name: 'raw H.264', extension: 'h264', args: [...video, ...x264], codecs: ['avc1.64000b'], withoutTimes: true },
  { name: 'raw HEVC', extension: 'hevc', args: [...video, ...x265], codecs: ['hev1.1.6.L30.90'], withoutTimes: true },
  { name: 'IVF, VP8', extension: 'ivf', args: [...video, '-c:v', 'libvpx', '-deadline', 'realtime'], codecs: ['vp8'] },
  {
    name: 'IVF, AV1',
    extension: 'ivf',
    args: [...video, '-c:v', 'libaom-av1', '-usage', 'realtime', '-cpu-used', '8'],
    codecs: ['av01.0.00M.08'],
  },
  {
    name: 'OBU, AV1',
    extension: 'obu',
    args: [...video, '-c:v', 'libaom-av1', '-usage', 'realtime', '-cpu-used', '8'],
    codecs: ['av01.0.00M.08'],
  },
  { name: 'ADTS', extension: 'aac', args: [...sound, '-c:a', 'aac'], codecs: ['mp4a.40.2'] },
  { name: 'MP3', extension: 'mp3', args: [...sound, '-c:a', 'libmp3lame'], codecs: ['mp3'] },
  { name: 'FLAC', extension: 'flac', args: [...sound, '-c:a', 'flac'], codecs: ['flac'] },
  { name: 'Ogg, Opus', extension: 'ogg', args: [...sound, '-c:a', 'libopus'], codecs: ['opus'] },
  { name: 'WAVE', extension: 'wav', args: [...sound, '-c:a', 'pcm_s24le'], codecs: ['pcm-s24'] },
  { name: 'AVI, MPEG-4', extension: 'avi', args: [...video, '-c:v', 'mpeg4'], codecs: [undefined] },
]

const digest = (data: Uint8Array): string => createHash('md5').update(data).digest('hex')

async function ffmpegDigests(path: string, stream: number): Promise<string[]> {
  const to = ['-map', `0:${stream}`, '-fps_mode', 'passthrough', '-f', 'framemd5', 'pipe:1']
  const { stdout } = await ffmpeg(['-noautorotate', '-i', path, ...to])
  return stdout
    .toString()
    .split('\n')
    .filter((line) => /^\d/.test(line))
    .map((line) => line.split(',').at(-1)!.trim())
}

describe.each(SAMPLES)('$name', ({ extension, args, codecs, withoutTimes }) => {
  const isKnown = codecs[0] !== undefined

  it('has the tracks, and the packets with the times that ffprobe reads', async () => {
    const path = await makeClip(args, extension)
    const { demuxer, packets } = await readAll(path)
    expect(demuxer.tracks.map(({ codec }) => codec)).toEqual(codecs)
    if (!isKnown) {
      expect(demuxer.tracks[0]).toMatchObject({ type: 'video', codecName: 'mpeg4', decoderConfig: null })
      return expect(packets).toEqual([])
    }
    const theirs = await ffprobePackets(path)
    for (const track of demuxer.tracks) {
      const ours = packets.filter((packet) => packet.track === track).map(factsOf)
      const expected = theirs.get(track.id)!
      expect(ours).toHaveLength(expected.length)
      if (!withoutTimes || track.type === 'audio') {
        expect(ours).toEqual(expected)
      } else {
        expect(ours.map(({ type }) => type)).toEqual(expected.map(({ type }) => type))
        const times = ours.map(({ timestamp }) => timestamp!).sort((a, b) => a - b)
        expect(times).toEqual(Array.from({ length: 25 }, (_, index) => times[0]! + index * 40_000))
      }
    }
  })

  it.runIf(isKnown)('decodes to what ffmpeg decodes, in order of presentation', async () => {
    const path = await makeClip(args, extension)
    const { demuxer, packets } = await readAll(path)
    for (const track of demuxer.tracks) {
      const own = packets.filter((packet) => packet.track === track)
      if (track.type === 'video') {
        const chunks = (own as VideoPacket[]).map(({ chunk }) => chunk)
        const frames = await decodeAll(track.decoderConfig!, chunks, async (frame) => ({
          timestamp: frame.timestamp,
          digest: digest(await pixelsOf(frame)),
        }))
        expect(frames.map((frame) => frame.digest)).toEqual(await ffmpegDigests(path, track.id))
        const timestamps = chunks.map(({ timestamp }) => timestamp).sort((a, b) => a - b)
        expect(frames.map(({ timestamp }) => timestamp)).toEqual(timestamps)
      } else if (track.type === 'audio') {
        const { channels } = await decodeSound(
          track.decoderConfig!,
          (own as AudioPacket[]).map(({ chunk }) => chunk),
        )
        expect(channels).toHaveLength(track.numberOfChannels)
        const samples = channels[0]!.length
        // Priming and padding of the codec's frames are part of what its packets hold.
        expect(samples).toBeGreaterThanOrEqual(48_000 - 312)
        expect(samples).toBeLessThan(48_000 + 4 * 1152)
      }
    }
  })
})

describe('what a container tells of its tracks', () => {
  it('rotation, pixel aspect, colour, languages, titles and dispositions', async () => {
    const color = [
      '-color_primaries',
      'bt2020',
      '-color_trc',
      'smpte2084',
      '-colorspace',
      'bt2020nc',
      '-color_range',
      'pc',
    ]
    const two = [
      ...video,
      ...sound,
      ...sound,
      '-map',
      '0',
      '-map',
      '1',
      '-map',
      '2',
      ...x264,
      ...color,
      '-vf',
      'setsar=2/1',
      '-c:a',
      'aac',
    ]
    const tags = [
      '-metadata:s:a:0',
      'language=eng',
      '-metadata:s:a:1',
      'language=fra',
      '-metadata',
      'title=Both',
      '-disposition:a:1',
      'default',
      '-disposition:a:0',
      '0',
    ]
    const flat = await makeClip([...two, ...tags], 'mp4')
    const path = await makeClip(['-i', flat, '-map', '0', '-c', 'copy', '-metadata:s:v:0', 'rotate=90'], 'mov')
    const { demuxer } = await readAll(path)
    const [picture, english, french] = demuxer.tracks
    expect(demuxer.tags['title']).toBe('Both')
    expect(picture).toMatchObject({
      codedWidth: 160,
      codedHeight: 120,
      displayWidth: 120,
      displayHeight: 320,
      flip: false,
      framerate: 25,
    })
    expect(picture!.decoderConfig).toMatchObject({
      displayAspectWidth: 8,
      displayAspectHeight: 3,
      colorSpace: { primaries: 'bt2020', transfer: 'pq', matrix: 'bt2020-ncl', fullRange: true },
    })
    expect([90, 270]).toContain((picture as { rotation: number }).rotation)
    expect([english!.language, french!.language]).toEqual(['eng', 'fra'])
    expect([english!.disposition.default, french!.disposition.default]).toEqual([false, true])
  })

  it('variable frame rates', async () => {
    const path = await makeClip([...video, '-vf', "select='not(mod(n,3))+eq(n,4)'", '-fps_mode', 'vfr', ...x264], 'mkv')
    const { packets } = await readAll(path)
    const timestamps = packets
      .map(factsOf)
      .map(({ timestamp }) => timestamp!)
      .sort((a, b) => a - b)
    expect(timestamps).toEqual([0, 120, 160, 240, 360, 480, 600, 720, 840, 960].map((time) => time * 1000))
  })

  it('alpha beside the pictures of WebM', async () => {
    const source = ['-f', 'lavfi', '-i', 'color=red@0.5:size=64x64:duration=0.2,format=yuva420p']
    const path = await makeClip([...source, '-c:v', 'libvpx-vp9', '-auto-alt-ref', '0'], 'webm')
    const { packets } = await readAll(path)
    expect(packets.length).toBeGreaterThan(0)
    for (const packet of packets) expect((packet as VideoPacket).alphaSideData!.length).toBeGreaterThan(0)
  })
})

describe('where packets come from', () => {
  const args = [...video, ...sound, ...x264, '-c:a', 'aac', '-movflags', '+faststart']
  const clip = () => makeClip(args, 'mp4')
  const allFacts = async (source: Parameters<typeof readAll>[0], options = {}) =>
    (await readAll(source, options)).packets.map(factsOf)

  it('bytes, blobs, streams, iterables, ranges and URLs of files give the same packets as the path', async () => {
    const path = await clip()
    const bytes = new Uint8Array(await readFile(path))
    const expected = await allFacts(path)
    expect(expected.length).toBeGreaterThan(60)
    const pieces = async function* () {
      for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000)
    }
    const ranges = {
      size: bytes.length,
      read: async (at: number, length: number) => bytes.subarray(at, at + Math.min(length, 700)),
    }
    const sources = [
      pathToFileURL(path),
      String(pathToFileURL(path)),
      bytes,
      bytes.buffer,
      new Blob([bytes]),
      pieces(),
      createReadStream(path),
      new Blob([bytes]).stream(),
      ranges,
    ]
    for (const source of sources) expect(await allFacts(source as never)).toEqual(expected)
  })

  it('a server, with ranges and without', async () => {
    const bytes = await readFile(await clip())
    const server = createServer((request, response) => {
      const range = /^bytes=(\d+)-/.exec(request.headers.range ?? '')
      const start = range && request.url === '/ranges.mp4' ? Number(range[1]) : 0
      if (request.url === '/ranges.mp4' && range) {
        response.writeHead(206, {
          'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}`,
          'accept-ranges': 'bytes',
        })
      }
      response.end(bytes.subarray(start))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    try {
      const expected = await allFacts(new Uint8Array(bytes))
      for (const name of ['ranges.mp4', 'plain.mp4']) {
        expect(await allFacts(`http://127.0.0.1:${port}/${name}`, { timeout: 20_000 })).toEqual(expected)
      }
    } finally {
      server.close()
      server.closeAllConnections()
    }
  })
})

describe('reading', () => {
  it('seeks to the key frame before, again and again', async () => {
    const demuxer = await Demuxer.open(await makeClip([...video, ...x264], 'mp4'))
    for (const [from, first] of [
      [500_000, 480_000],
      [0, 0],
      [970_000, 960_000],
      [480_000, 480_000],
    ] as const) {
      const [packet] = await collect(demuxer.packets({ from }))
      expect((packet as VideoPacket).chunk).toMatchObject({ type: 'key', timestamp: first })
    }
    demuxer.close()
  })

  it('goes on where it was left, and with other tracks', async () => {
    const demuxer = await Demuxer.open(await makeClip([...video, ...sound, ...x264, '-c:a', 'aac'], 'mp4'))
    const [picture, tone] = demuxer.tracks
    const seen: number[] = []
    for await (const packet of demuxer.packets({ tracks: [picture!] })) {
      seen.push((packet as VideoPacket).chunk.timestamp)
      if (seen.length === 3) break
    }
    for await (const packet of demuxer.packets({ tracks: [picture!.id] }))
      seen.push((packet as VideoPacket).chunk.timestamp)
    expect(new Set(seen).size).toBe(25)
    const rest = await collect(demuxer.packets({ tracks: [tone!], from: 0 }))
    expect(rest.every(({ track }) => track === tone)).toBe(true)
    expect(rest.length).toBeGreaterThan(45)
    demuxer.close()
  })

  it('reads ahead by a bounded amount', async () => {
    let given = 0
    const bytes = new Uint8Array(
      await readFile(await makeClip([...video, '-t', '1', '-c:v', 'libx264', '-qp', '0', '-g', '1', '-bf', '0'], 'ts')),
    )
    const endless = async function* () {
      for (;;) {
        given += bytes.length
        yield bytes
      }
    }
    const demuxer = await Demuxer.open(endless())
    await demuxer.packets().next()
    await new Promise((resolve) => setTimeout(resolve, 300))
    const before = given
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(given).toBe(before)
    expect(given).toBeLessThan(40e6)
    demuxer.close()
  })

  it('is one reading at a time', async () => {
    const demuxer = await Demuxer.open(await makeClip([...video, ...x264], 'mp4'))
    const first = demuxer.packets()
    await first.next()
    await expect(demuxer.packets().next()).rejects.toMatchObject({ name: 'InvalidStateError' })
    expect(() => demuxer.seek(0)).toThrow(/one reading/)
    demuxer.close()
  })
})

describe('failures', () => {
  const open = (source: unknown, options: object = {}) => Demuxer.open(source as never, options)

  it('have a name and say what went wrong', async () => {
    await expect(open('/nowhere/at-all.mp4')).rejects.toMatchObject({ name: 'NotFoundError' })
    await expect(open('/')).rejects.toMatchObject({ name: 'NotReadableError' })
    await expect(open(new Uint8Array(5000).fill(7))).rejects.toMatchObject({ name: 'DataError' })
    await expect(open(new Uint8Array(0))).rejects.toMatchObject({ name: 'DataError' })
    await expect(open(new Uint8Array(9), { format: 'nothing' })).rejects.toMatchObject({ name: 'NotSupportedError' })
    await expect(open('nothing://here')).rejects.toMatchObject({ name: 'NotSupportedError' })
    await expect(open('http://127.0.0.1:1/x')).rejects.toMatchObject({ name: 'NetworkError' })
    await expect(open(5)).rejects.toThrow(
      'expected a path, a URL, bytes, a stream or something with size and read() for source but received 5',
    )
    await expect(open('x', { timeout: -1 })).rejects.toThrow(
      'expected a positive number of ms for options.timeout but received -1',
    )
    const path = await makeClip([...video, ...x264], 'mp4')
    await expect(open(path, { libavOptions: { no_such: 1 } })).rejects.toMatchObject({
      name: 'NotSupportedError',
      message: expect.stringContaining('no_such'),
    })
  })

  it('of the source come through as they are', async () => {
    const bytes = new Uint8Array(await readFile(await makeClip([...video, ...x264], 'ts')))
    const failing = async function* () {
      yield bytes.subarray(0, 60_000)
      throw new RangeError('the line is dead')
    }
    await expect(readAll(failing())).rejects.toThrow(new RangeError('the line is dead'))
  })

  it('of a file that was cut leave the packets that are there', async () => {
    const bytes = new Uint8Array(await readFile(await makeClip([...video, ...x264, '-movflags', '+faststart'], 'mp4')))
    const demuxer = await Demuxer.open(bytes.subarray(0, bytes.length / 2))
    let count = 0
    try {
      for await (const _ of demuxer.packets()) count++
    } catch (error) {
      expect((error as DOMException).name).toBe('DataError')
    }
    expect(count).toBeGreaterThan(5)
    expect(count).toBeLessThan(25)
    demuxer.close()
  })

  it('of servers that never answer end by the timeout, or by the signal', async () => {
    const server = createServer(() => {})
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.ts`
    try {
      await expect(open(url, { timeout: 200 })).rejects.toMatchObject({ name: 'TimeoutError' })
      const reason = new Error('not any more')
      const controller = new AbortController()
      setTimeout(() => controller.abort(reason), 100)
      await expect(open(url, { signal: controller.signal })).rejects.toBe(reason)
      await expect(open(url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    } finally {
      server.close()
      server.closeAllConnections()
    }
  })

  it('after close(), an AbortError', async () => {
    const demuxer = await Demuxer.open(await makeClip([...video, ...x264], 'mp4'))
    const packets = demuxer.packets()
    await packets.next()
    demuxer.close()
    demuxer.close()
    await expect(collect(packets)).rejects.toMatchObject({ name: 'AbortError' })
  })
})
