/** webcodecs-native transcode */
import { basename } from 'node:path'
import { formatBitrate, formatBytes, formatDuration } from '../batch/figures.js'
import type { Progress } from '../batch/progress.js'
import type { OutputResult, TranscodeResult } from '../batch/result.js'
import { transcodeInSteps } from '../batch/steps/transcode-in-steps.js'
import { Locations } from '../batch/storage/locations.js'
import { transcode } from '../batch/transcode.js'
import '../quiet-mediabunny.js'
import { parseCommand } from './arguments.js'
import { formatTable } from './format.js'
import { listenForInterrupt } from './interrupt.js'
import { JOB_OPTIONS, JOB_OPTIONS_HELP, jobFrom } from './job-options.js'
import { describeProgress, ProgressLines, shortName } from './progress-bar.js'
import { STEP_OPTIONS, stepsFrom } from './step-options.js'
import { UsageError } from './usage-error.js'

export const transcodeHelp = `Usage: webcodecs-native transcode <input> <output> [options]

Decodes a file and encodes it anew. The output's extension says the container: mp4, mov, mkv, webm, ts, and of sound alone m4a,
ogg, mp3, flac, wav, aac. It appears when it is whole; after an error or Ctrl-C nothing is left of it. Both may be addresses of
objects in an S3-compatible store: s3://bucket/key.

${JOB_OPTIONS_HELP}
  --chunked                   cuts a long file into chunks that are encoded at the same time, which uses more processors
  --work <folder>             with --chunked, for what is on its way; after an interruption, the same command goes on with what is
                              in it (default: a folder beside the output, of which nothing is left)
  --overwrite                 replaces an output that is there
  --json                      prints the result as JSON, and nothing else
  --help                      this text`

export async function transcodeCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommand('transcode', args, {
    ...JOB_OPTIONS,
    ...STEP_OPTIONS,
    overwrite: { type: 'boolean', short: 'y' },
    json: { type: 'boolean' },
  })
  const [input, output, ...more] = positionals
  if (input === undefined || output === undefined || more.length > 0) {
    throw new UsageError('expected an input and an output: see webcodecs-native transcode --help')
  }
  if (values['overwrite'] !== true && (await isThere(output))) {
    throw new UsageError(`${output} is there already: --overwrite replaces it`)
  }
  const job = { ...jobFrom(values), input, output }
  const steps = await stepsFrom(values)
  const lines = new ProgressLines(process.stderr)
  const interrupt = listenForInterrupt(() => lines.clear())
  const name = shortName(basename(output))
  try {
    const options = {
      signal: interrupt.signal,
      onProgress: (progress: Progress) => lines.show([`${name}  ${describeProgress(progress)}`]),
    }
    const result = steps ? await transcodeInSteps(job, steps, options) : await transcode(job, options)
    lines.clear()
    if (values['json'] === true) console.log(JSON.stringify(result))
    else console.log(describeResult(result))
    return 0
  } catch (error) {
    lines.clear()
    if (interrupt.status !== undefined) return interrupt.status
    throw error
  } finally {
    await steps?.runner.close()
    interrupt.release()
  }
}

async function isThere(output: string): Promise<boolean> {
  const locations = new Locations()
  try {
    return await locations.has(output)
  } finally {
    await locations.close()
  }
}

export function describeResult({ outputs, seconds, frames, duration }: TranscodeResult): string {
  const rows = [['output', 'size', 'video', 'audio'], ...outputs.map(describeOutput)]
  const fps = frames > 0 ? `, ${(frames / seconds).toFixed(1)} fps` : ''
  const warnings = outputs.flatMap((output) => output.warnings.map((warning) => `${output.path}: ${warning}`))
  const speed = `${formatDuration(duration)} in ${seconds.toFixed(2)} s (${(duration / seconds).toFixed(2)}x${fps})`
  return [formatTable(rows), speed, ...warnings].join('\n')
}

function describeOutput({ path, bytes, video, audio, kind, files }: OutputResult): string[] {
  const sound = audio.map(({ codec, language, bitrate, copied }) => {
    const tongue = language === 'und' ? '' : ` ${language}`
    return `${codec}${tongue} ${copied ? 'copied' : formatBitrate(bitrate)}`
  })
  const picture = video
    ? `${video.codec} ${video.width}x${video.height}, ${video.frames} frames, ${video.copied ? 'copied' : formatBitrate(video.bitrate)}`
    : kind === 'file'
      ? 'none'
      : `${files.length} files`
  return [path, formatBytes(bytes), picture, sound.join('; ') || 'none']
}
