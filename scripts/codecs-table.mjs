// Writes the table of what this build supports into docs/codecs.md, by asking isConfigSupported().
//   node scripts/codecs-table.mjs           prints it
//   node scripts/codecs-table.mjs --write   puts it between the markers in docs/codecs.md
import { readFileSync, writeFileSync } from 'node:fs'
import { AudioData, AudioDecoder, AudioEncoder, VideoDecoder, VideoEncoder } from '../dist/index.js'

const STRINGS = {
  'H.264 Baseline': 'avc1.42001f',
  'H.264 Main': 'avc1.4d001f',
  'H.264 High': 'avc1.64001f',
  'H.264 High 10': 'avc1.6e001f',
  'H.264 High 4:2:2': 'avc1.7a001f',
  'H.264 High 4:4:4': 'avc1.f4001f',
  'HEVC Main': 'hvc1.1.6.L93.B0',
  'HEVC Main 10': 'hvc1.2.4.L93.B0',
  'HEVC Main 4:2:2 10': 'hvc1.4.10.L93.9D.8',
  'HEVC Main 4:4:4': 'hvc1.4.10.L93.BE.8',
  VP8: 'vp8',
  'VP9 profile 0': 'vp09.00.31.08',
  'VP9 profile 1 (4:4:4)': 'vp09.01.31.08.03',
  'VP9 profile 2 (10 bits)': 'vp09.02.31.10',
  'AV1 Main': 'av01.0.05M.08',
  'AV1 Main, 10 bits': 'av01.0.05M.10',
}

const AUDIO_STRINGS = {
  'AAC-LC': 'mp4a.40.2',
  'AAC-LC, leading zero': 'mp4a.40.02',
  'AAC-LC of MPEG-2': 'mp4a.67',
  'HE-AAC': 'mp4a.40.5',
  'HE-AAC, leading zero': 'mp4a.40.05',
  'HE-AAC v2': 'mp4a.40.29',
  'xHE-AAC': 'mp4a.40.42',
  Opus: 'opus',
  MP3: 'mp3',
  'MP3 of MPEG-2': 'mp4a.69',
  'MP3 of MPEG-1': 'mp4a.6B',
  FLAC: 'flac',
  Vorbis: 'vorbis',
  'AC-3': 'ac-3',
  'E-AC-3': 'ec-3',
  'PCM, 8 bits': 'pcm-u8',
  'PCM, 16 bits': 'pcm-s16',
  'PCM, 24 bits': 'pcm-s24',
  'PCM, 32 bits': 'pcm-s32',
  'PCM, floats': 'pcm-f32',
  'A-law': 'alaw',
  'µ-law': 'ulaw',
}

/** The columns of the encoder table: members that are added to the plain configuration. */
const COLUMNS = {
  realtime: { latencyMode: 'realtime' },
  quality: { latencyMode: 'quality' },
  'constant, realtime': { latencyMode: 'realtime', bitrateMode: 'constant' },
  'constant, quality': { latencyMode: 'quality', bitrateMode: 'constant' },
  'quantizer, realtime': { latencyMode: 'realtime', bitrateMode: 'quantizer' },
  'quantizer, quality': { latencyMode: 'quality', bitrateMode: 'quantizer' },
  L1T2: { latencyMode: 'realtime', scalabilityMode: 'L1T2' },
  L1T3: { latencyMode: 'realtime', scalabilityMode: 'L1T3' },
  alpha: { alpha: 'keep' },
}

const mark = (supported) => (supported ? 'yes' : '-')
const row = (cells) => `| ${cells.join(' | ')} |`

async function tableOf(header, cellsOf, strings = STRINGS) {
  const lines = [row(header), row(header.map(() => '---'))]
  for (const [name, codec] of Object.entries(strings)) {
    lines.push(row([name, `\`${codec}\``, ...(await cellsOf(codec))]))
  }
  return lines.join('\n')
}

const plain = { width: 1280, height: 720, framerate: 25, bitrate: 2_000_000 }
const canEncode = async (codec, extra) =>
  mark((await VideoEncoder.isConfigSupported({ codec, ...plain, ...extra })).supported)
const canDecode = async (codec) => mark((await VideoDecoder.isConfigSupported({ codec })).supported)

const encoders = await tableOf(['encode', 'codec string', ...Object.keys(COLUMNS)], (codec) =>
  Promise.all(Object.values(COLUMNS).map((extra) => canEncode(codec, extra))),
)
const decoders = await tableOf(['decode', 'codec string', 'supported'], async (codec) => [await canDecode(codec)])

const stereo = { sampleRate: 48000, numberOfChannels: 2 }
/** Headers that a decoder cannot do without, from an encoder; an AudioSpecificConfig of xHE-AAC for that. */
async function descriptionOf(codec) {
  if (codec === 'mp4a.40.42') return { description: Buffer.from('f95300', 'hex') }
  if (codec !== 'flac' && codec !== 'vorbis') return {}
  let description
  const encoder = new AudioEncoder({
    output: (_, { decoderConfig }) => {
      description ??= decoderConfig?.description
    },
    error: () => {},
  })
  encoder.configure({ codec, ...stereo })
  const data = new Float32Array(2 * 9600)
  encoder.encode(new AudioData({ format: 'f32', ...stereo, numberOfFrames: 9600, timestamp: 0, data }))
  await encoder.flush().catch(() => {})
  return { description }
}
const canEncodeSound = async (codec, bitrateMode) =>
  mark((await AudioEncoder.isConfigSupported({ codec, ...stereo, bitrateMode })).supported)
const canDecodeSound = async (codec) =>
  mark((await AudioDecoder.isConfigSupported({ codec, ...stereo, ...(await descriptionOf(codec)) })).supported)
const sound = await tableOf(
  ['audio', 'codec string', 'encode, variable', 'encode, constant', 'decode'],
  async (codec) => [
    await canEncodeSound(codec, 'variable'),
    await canEncodeSound(codec, 'constant'),
    await canDecodeSound(codec),
  ],
  AUDIO_STRINGS,
)
const table = `${encoders}\n\n${decoders}\n\n${sound}`

if (process.argv.includes('--write')) {
  const path = new URL('../docs/codecs.md', import.meta.url)
  const [before, after] = ['<!-- table -->', '<!-- end of table -->']
  const text = readFileSync(path, 'utf8')
  const start = text.indexOf(before) + before.length
  writeFileSync(path, `${text.slice(0, start)}\n\n${table}\n\n${text.slice(text.indexOf(after))}`)
} else {
  console.log(table)
}
