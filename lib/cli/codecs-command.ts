/** webcodecs-native codecs: what this build does, found out by opening each codec. */

import { AudioData } from '../audio-data.js'
import { AudioDecoder } from '../audio-decoder.js'
import { AudioEncoder } from '../audio-encoder.js'
import type { AudioDecoderConfig } from '../config/audio-decoder-config.js'
import type { VideoEncoderConfig } from '../config/video-encoder-config.js'
import { VideoDecoder } from '../video-decoder.js'
import { VideoEncoder } from '../video-encoder.js'
import { parseCommand } from './arguments.js'
import { formatTable } from './format.js'

export const codecsHelp = `Usage: webcodecs-native codecs [--json]

Tells which codecs this build encodes and decodes, by opening each of them.

  --json    prints the result as JSON, and nothing else
  --help    this text`

interface VideoRow {
  codec: string
  bitDepth: number
  /** The encoders that open, by FFmpeg's names, the one that is taken by itself first. */
  encoders: string[]
  realtime: boolean
  /** Whether each frame can have its own quantizer. */
  quantizer: boolean
  hardwareEncoder: boolean
  decoder: boolean
  hardwareDecoder: boolean
}

interface AudioRow {
  codec: string
  encoder: boolean
  decoder: boolean
}

const VIDEO: readonly { codec: string; bitDepth: number; string: string; encoders: readonly string[] }[] = [
  { codec: 'h264', bitDepth: 8, string: 'avc1.640028', encoders: ['libx264', 'libopenh264'] },
  { codec: 'h264', bitDepth: 10, string: 'avc1.6E0028', encoders: ['libx264'] },
  { codec: 'hevc', bitDepth: 8, string: 'hvc1.1.6.L120.B0', encoders: ['libx265'] },
  { codec: 'hevc', bitDepth: 10, string: 'hvc1.2.4.L120.B0', encoders: ['libx265'] },
  { codec: 'vp8', bitDepth: 8, string: 'vp8', encoders: ['libvpx'] },
  { codec: 'vp9', bitDepth: 8, string: 'vp09.00.40.08', encoders: ['libvpx-vp9'] },
  { codec: 'vp9', bitDepth: 10, string: 'vp09.02.40.10', encoders: ['libvpx-vp9'] },
  { codec: 'av1', bitDepth: 8, string: 'av01.0.08M.08', encoders: ['libsvtav1', 'libaom-av1'] },
  { codec: 'av1', bitDepth: 10, string: 'av01.0.08M.10', encoders: ['libsvtav1', 'libaom-av1'] },
]

const AUDIO = [
  'mp4a.40.2',
  'opus',
  'mp3',
  'flac',
  'vorbis',
  'pcm-u8',
  'pcm-s16',
  'pcm-s24',
  'pcm-s32',
  'pcm-f32',
  'alaw',
  'ulaw',
  'mp4a.40.5',
  'ac-3',
  'ec-3',
]

export async function codecsCommand(args: readonly string[]): Promise<number> {
  const { values } = parseCommand('codecs', args, { json: { type: 'boolean' } })
  const video: VideoRow[] = []
  for (const row of VIDEO) video.push(await probeVideo(row))
  const audio: AudioRow[] = []
  for (const codec of AUDIO) audio.push(await probeAudio(codec))
  console.log(values['json'] === true ? JSON.stringify({ video, audio }) : describe(video, audio))
  return 0
}

const SIZE = { width: 1280, height: 720, framerate: 30 } as const
const encodes = async (config: Omit<VideoEncoderConfig, 'width' | 'height'>) =>
  (await VideoEncoder.isConfigSupported({ ...SIZE, ...config })).supported

async function probeVideo({ codec, bitDepth, string, encoders: names }: (typeof VIDEO)[number]): Promise<VideoRow> {
  const encoders: string[] = []
  for (const encoder of names) {
    const open = await Promise.all([
      encodes({ codec: string, encoder }),
      encodes({ codec: string, encoder, latencyMode: 'realtime', bitrate: 1e6 }),
    ])
    if (open.includes(true)) encoders.push(encoder)
  }
  const hardwareAcceleration = 'prefer-hardware'
  const decodes = (extra: object) => VideoDecoder.isConfigSupported({ codec: string, ...extra })
  return {
    codec,
    bitDepth,
    encoders,
    realtime: await encodes({ codec: string, latencyMode: 'realtime', bitrate: 1e6 }),
    quantizer: await encodes({ codec: string, bitrateMode: 'quantizer' }),
    hardwareEncoder: await encodes({ codec: string, hardwareAcceleration }),
    decoder: (await decodes({})).supported,
    hardwareDecoder: (await decodes({ hardwareAcceleration })).supported,
  }
}

const SOUND = { sampleRate: 48000, numberOfChannels: 2 } as const

async function probeAudio(codec: string): Promise<AudioRow> {
  const { supported: encoder } = await AudioEncoder.isConfigSupported({ codec, ...SOUND })
  // Some decoders want headers, which only a stream has.
  const config: AudioDecoderConfig = encoder ? await decoderConfigFor(codec) : { codec, ...SOUND }
  return { codec, encoder, decoder: (await AudioDecoder.isConfigSupported(config)).supported }
}

async function decoderConfigFor(codec: string): Promise<AudioDecoderConfig> {
  let config: AudioDecoderConfig = { codec, ...SOUND }
  const encoder = new AudioEncoder({
    output: (_, { decoderConfig }) => {
      config = decoderConfig ?? config
    },
    error: () => {},
  })
  encoder.configure({ codec, ...SOUND })
  const numberOfFrames = 4800
  const data = new Float32Array(numberOfFrames * 2)
  const silence = new AudioData({ ...SOUND, format: 'f32', numberOfFrames, timestamp: 0, data })
  encoder.encode(silence)
  silence.close()
  await encoder.flush()
  encoder.close()
  return config
}

function describe(video: readonly VideoRow[], audio: readonly AudioRow[]): string {
  const yes = (value: boolean) => (value ? 'yes' : 'no')
  return [
    formatTable([
      ['video', 'bits', 'decodes', 'encodes with', 'realtime', 'quantizers', 'hardware'],
      ...video.map((row) => [
        row.codec,
        String(row.bitDepth),
        yes(row.decoder),
        row.encoders.join(', ') || 'no',
        yes(row.realtime),
        yes(row.quantizer),
        row.hardwareEncoder || row.hardwareDecoder
          ? [row.hardwareDecoder ? 'decodes' : '', row.hardwareEncoder ? 'encodes' : ''].filter(Boolean).join(', ')
          : 'no',
      ]),
    ]),
    '',
    formatTable([
      ['audio', 'decodes', 'encodes'],
      ...audio.map(({ codec, encoder, decoder }) => [codec, yes(decoder), yes(encoder)]),
    ]),
  ].join('\n')
}
