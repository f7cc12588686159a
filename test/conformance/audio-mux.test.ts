import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedVideoPacketSource,
  FlacOutputFormat,
  Mp3OutputFormat,
  Mp4OutputFormat,
  OggOutputFormat,
  Output,
  type OutputFormat,
  WavOutputFormat,
  WebMOutputFormat,
} from 'mediabunny'
import { describe, expect, it } from 'vitest'
import type { AudioEncoderConfig } from '../../lib/index.js'
import { alignment, chirp, cut, encodeSound } from '../helpers/audio-codecs.js'
import { encodeAll, makeFrames } from '../helpers/codecs.js'
import { ffmpeg, run } from '../helpers/media.js'

const stereo = { sampleRate: 48000, numberOfChannels: 2 }
const seconds = 2.05

/** What mediabunny calls a codec. */
const trackCodec = (codec: string) =>
  (codec.startsWith('mp4a') ? 'aac' : codec) as ConstructorParameters<typeof EncodedAudioPacketSource>[0]

async function addSound(source: EncodedAudioPacketSource, encoded: Awaited<ReturnType<typeof encodeSound>>) {
  for (const chunk of encoded.chunks) {
    const data = new Uint8Array(chunk.byteLength)
    chunk.copyTo(data)
    const packet = new EncodedPacket(data, chunk.type, chunk.timestamp / 1e6, chunk.duration! / 1e6)
    await source.add(packet, { decoderConfig: encoded.config as AudioDecoderConfig })
  }
}

/** Muxes the sound alone, and calls `use` with the file. */
async function withFile<T>(output: Output<OutputFormat, BufferTarget>, use: (path: string) => Promise<T>): Promise<T> {
  await output.finalize()
  const folder = await mkdtemp(join(tmpdir(), 'webcodecs-audio-'))
  try {
    const path = join(folder, `file${output.format.fileExtension}`)
    await writeFile(path, new Uint8Array(output.target.buffer!))
    return await use(path)
  } finally {
    await rm(folder, { recursive: true })
  }
}

const FILES: [name: string, format: () => OutputFormat, config: AudioEncoderConfig][] = [
  ['MP4 with AAC', () => new Mp4OutputFormat(), { codec: 'mp4a.40.2', ...stereo }],
  ['MP4 with Opus', () => new Mp4OutputFormat(), { codec: 'opus', ...stereo }],
  ['MP4 with MP3', () => new Mp4OutputFormat(), { codec: 'mp3', ...stereo }],
  ['MP4 with FLAC', () => new Mp4OutputFormat(), { codec: 'flac', ...stereo }],
  ['WebM with Opus', () => new WebMOutputFormat(), { codec: 'opus', ...stereo }],
  ['WebM with Vorbis', () => new WebMOutputFormat(), { codec: 'vorbis', ...stereo }],
  ['Ogg with Opus', () => new OggOutputFormat(), { codec: 'opus', ...stereo }],
  ['Ogg with Vorbis', () => new OggOutputFormat(), { codec: 'vorbis', ...stereo }],
  ['WAV with PCM', () => new WavOutputFormat(), { codec: 'pcm-s16', ...stereo }],
  ['FLAC', () => new FlacOutputFormat(), { codec: 'flac', ...stereo }],
  ['MP3', () => new Mp3OutputFormat(), { codec: 'mp3', ...stereo }],
]

describe('muxed sound', () => {
  it.each(FILES)('%s has the right duration, and packet times that increase', async (_, format, config) => {
    const channels = [chirp(seconds, 48000), chirp(seconds, 48000, 1)]
    const encoded = await encodeSound(config, cut(channels))
    const output = new Output({ format: format(), target: new BufferTarget() })
    const source = new EncodedAudioPacketSource(trackCodec(config.codec))
    output.addAudioTrack(source)
    await output.start()
    await addSound(source, encoded)
    await withFile(output, async (path) => {
      const shown = ['-show_entries', 'format=duration:packet=pts_time', '-of', 'json', path]
      const { stdout } = await run('ffprobe', ['-v', 'error', ...shown])
      const { packets, format: container } = JSON.parse(String(stdout))
      const times = packets.map((packet: { pts_time: string }) => Number(packet.pts_time))
      expect(times.every((time: number, index: number) => index === 0 || time > times[index - 1])).toBe(true)
      const frame = Math.max(...encoded.chunks.map((chunk) => chunk.duration!)) / 1e6
      const coded = encoded.chunks.reduce((sum, chunk) => sum + chunk.duration!, 0) / 1e6
      expect(coded).toBeGreaterThanOrEqual(seconds)
      expect(coded).toBeLessThan(seconds + 2 * frame)
      expect(Math.abs(Number(container.duration) - coded)).toBeLessThan(frame + 0.001)

      const decoded = await ffmpeg([
        '-i',
        path,
        '-map',
        '0:a',
        '-ac',
        '1',
        '-af',
        'pan=mono|c0=c0',
        '-f',
        'f32le',
        'pipe:1',
      ])
      const samples = [...new Float32Array(new Uint8Array(decoded.stdout).buffer)]
      const { delay, snr } = alignment(channels[0]!, samples, { from: 40000 })
      expect(snr).toBeGreaterThan(14)
      expect(Math.abs(delay)).toBeLessThanOrEqual(Math.max(frame, 0.024) * 48000)
    })
  })

  it.each([
    ['mp4a.40.2', 1024],
    ['opus', 960],
    ['mp3', 1152],
  ])('of %s in MP4 is at most one frame of its own away from the picture', async (codec, frame) => {
    // A flash and a click at the same time, one second in.
    const click = Array.from({ length: 96000 }, (_, index) =>
      index >= 48000 && index < 52800 ? Math.fround(0.5 * Math.sin(index / 5)) : 0,
    )
    const sound = await encodeSound({ codec, ...stereo, bitrate: 192000 }, cut([click, click]))
    const video = await encodeAll({ codec: 'avc1.42001f', width: 320, height: 240, framerate: 30 }, makeFrames(60))
    const output = new Output({ format: new Mp4OutputFormat(), target: new BufferTarget() })
    const videoSource = new EncodedVideoPacketSource('avc')
    const audioSource = new EncodedAudioPacketSource(trackCodec(codec))
    output.addVideoTrack(videoSource)
    output.addAudioTrack(audioSource)
    await output.start()
    for (const chunk of video.chunks) {
      const data = new Uint8Array(chunk.byteLength)
      chunk.copyTo(data)
      const packet = new EncodedPacket(data, chunk.type, chunk.timestamp / 1e6, 1 / 30)
      await videoSource.add(packet, { decoderConfig: video.config as never })
    }
    await addSound(audioSource, sound)
    await withFile(output, async (path) => {
      const times = ['-copyts', '-i', path, '-map', '0:a', '-ac', '1', '-f', 'f32le', 'pipe:1']
      const samples = new Float32Array(new Uint8Array((await ffmpeg(times)).stdout).buffer)
      const start = samples.findIndex((sample) => Math.abs(sample) > 0.1)
      expect(Math.abs(start - 48000)).toBeLessThanOrEqual(frame + 60)
    })
  })
})
