// Writes the table of what this build supports into docs/codecs.md, by asking isConfigSupported().
//   node scripts/codecs-table.mjs           prints it
//   node scripts/codecs-table.mjs --write   puts it between the markers in docs/codecs.md
import { readFileSync, writeFileSync } from 'node:fs'
import { VideoDecoder, VideoEncoder } from '../dist/index.js'

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

async function tableOf(header, cellsOf) {
  const lines = [row(header), row(header.map(() => '---'))]
  for (const [name, codec] of Object.entries(STRINGS)) {
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
const table = `${encoders}\n\n${decoders}`

if (process.argv.includes('--write')) {
  const path = new URL('../docs/codecs.md', import.meta.url)
  const [before, after] = ['<!-- table -->', '<!-- end of table -->']
  const text = readFileSync(path, 'utf8')
  const start = text.indexOf(before) + before.length
  writeFileSync(path, `${text.slice(0, start)}\n\n${table}\n\n${text.slice(text.indexOf(after))}`)
} else {
  console.log(table)
}
