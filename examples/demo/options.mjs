import { parse, resolve } from 'node:path'
import { parseArgs } from 'node:util'

/** A failure with a message for the person at the terminal: printed as one line, without a stack. */
export class DemoError extends Error {}

/** The short names that --codec takes. */
export const codecNames = 'h264, hevc, vp8, vp9, av1'

export const usage = `Usage: npm run demo -- [options] [input [output]]

Transcodes the video of a media file with the VideoDecoder and VideoEncoder of this package, and copies its audio.
Without an input, it first makes a clip of 10 seconds with a moving picture and sound.

  input               MP4, MOV, MKV, WebM or MPEG-TS with H.264, HEVC, VP8, VP9 or AV1 video
  output              an MP4 file (default: <input's name>.webcodecs.mp4 here; demo-output.mp4 without an input);
                      or a file whose sound is encoded, too: .webm (VP9 and Opus), .mkv (H.264 and AAC), and of sound
                      alone .m4a (AAC), .ogg (Opus), .mp3, .flac and .wav; from any input that mediabunny reads

  --width <pixels>    width of the coded picture; the height follows (default: as the input)
  --bitrate <rate>    bits per second: 4000000, 800k, 4M (default: at least 4M, more for pictures above 1080p)
  --codec <codec>     ${codecNames}, or a full codec string such as avc1.42001f (default: h264)
  --help              this text`

const rateUnits = { '': 1, k: 1e3, m: 1e6 }

function parseBitrate(text) {
  const match = /^(\d+(?:\.\d+)?)([km]?)$/i.exec(text)
  const bitrate = match ? Math.round(Number(match[1]) * rateUnits[match[2].toLowerCase()]) : 0
  if (bitrate < 1000) throw new DemoError(`--bitrate wants bits per second, such as 4M or 800k, but got '${text}'`)
  return bitrate
}

function parseWidth(text) {
  const width = Number(text)
  if (!Number.isInteger(width) || width < 16 || width % 2 !== 0) {
    throw new DemoError(`--width wants an even number of pixels from 16 on, but got '${text}'`)
  }
  return width
}

/**
 * @param {readonly string[]} args
 * @param {string} folder paths are relative to it
 */
export function parseOptions(args, folder) {
  let parsed
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: {
        width: { type: 'string' },
        bitrate: { type: 'string' },
        codec: { type: 'string', default: 'h264' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    throw new DemoError(error.message.split('. ')[0])
  }
  const { values, positionals } = parsed
  if (positionals.length > 2) throw new DemoError(`there is an argument too many: '${positionals[2]}'`)
  const [input, output] = positionals
  const defaultOutput = input === undefined ? 'demo-output.mp4' : `${parse(input).name}.webcodecs.mp4`
  return {
    help: values.help,
    input: input === undefined ? undefined : resolve(folder, input),
    output: resolve(folder, output ?? defaultOutput),
    width: values.width === undefined ? undefined : parseWidth(values.width),
    bitrate: values.bitrate === undefined ? undefined : parseBitrate(values.bitrate),
    codec: values.codec,
  }
}
