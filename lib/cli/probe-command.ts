/** webcodecs-native probe */
import { BatchError } from '../batch/errors.js'
import { formatBitrate, formatBytes, formatDuration } from '../batch/figures.js'
import { type ProbedAudio, type ProbedVideo, type ProbeResult, probe } from '../batch/probe.js'
import '../quiet-mediabunny.js'
import { parseCommand } from './arguments.js'
import { formatTable } from './format.js'
import { UsageError } from './usage-error.js'

export const probeHelp = `Usage: webcodecs-native probe <input>... [--json]

Tells what is in files, or objects of a store (s3://bucket/key): tracks, codecs, sizes, colours, languages, durations, and what of it this build decodes.

  --json    prints an array with one object for each file, and nothing else
  --help    this text`

export async function probeCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommand('probe', args, { json: { type: 'boolean' } })
  if (positionals.length === 0) throw new UsageError('expected an input: see webcodecs-native probe --help')
  const results: (ProbeResult | { path: string; error: object })[] = []
  let failed = false
  for (const path of positionals) {
    try {
      const result = await probe(path)
      results.push(result)
      if (values['json'] !== true) console.log(describeProbe(result))
    } catch (error) {
      if (!(error instanceof BatchError)) throw error
      failed = true
      results.push({ path, error: error.toJSON() })
      if (values['json'] !== true) console.error(`webcodecs-native: ${error.message}`)
    }
  }
  if (values['json'] === true) console.log(JSON.stringify(results))
  return failed ? 1 : 0
}

function describeProbe({ path, format, bytes, duration, metadata, tracks }: ProbeResult): string {
  const size = bytes === null ? '' : `, ${formatBytes(bytes)}`
  const rows = [
    ['track', 'codec', '', 'language', 'duration', 'bitrate', 'decodes here'],
    ...tracks.map((track) => [
      `${track.id} ${track.type}`,
      track.codecString,
      track.type === 'video' ? describeVideo(track) : describeAudio(track),
      track.language,
      formatDuration(track.duration),
      formatBitrate(track.bitrate),
      track.decodable ? 'yes' : 'no',
    ]),
  ]
  const tags = Object.entries(metadata).map(([key, value]) => `${key}: ${value}`)
  return [`${path}: ${format}, ${formatDuration(duration)}${size}`, formatTable(rows), ...tags, ''].join('\n')
}

function describeVideo({ width, height, pixelAspect, rotation, flip, framerate, colorSpace }: ProbedVideo): string {
  const { num, den } = pixelAspect
  const { primaries, transfer, matrix, fullRange } = colorSpace ?? {}
  const color = [...new Set([primaries, transfer, matrix])].filter((name) => name).join('/')
  return [
    `${width}x${height}`,
    num === den ? '' : `pixels ${num}:${den}`,
    rotation === 0 ? '' : `turned ${rotation}`,
    flip ? 'mirrored' : '',
    `${framerate.toFixed(2)} fps`,
    color,
    fullRange === true ? 'full range' : '',
  ]
    .filter((part) => part !== '')
    .join(', ')
}

const describeAudio = ({ sampleRate, numberOfChannels }: ProbedAudio): string =>
  `${sampleRate} Hz, ${numberOfChannels} ${numberOfChannels === 1 ? 'channel' : 'channels'}`
