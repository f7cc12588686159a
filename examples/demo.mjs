/**
 * Transcodes a media file: `npm run demo -- --help`. All the work is `transcode()` of webcodecs-native/batch, which the
 * command `webcodecs-native transcode` is made of too; what is more here is a clip to begin with, and a check by ffmpeg
 * that the output plays.
 */

import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, extname, join } from 'node:path'
import { Logging, LogLevel } from 'mediabunny'
import { BatchError, probe, transcode } from '../dist/batch.js'
import { checkOutput, makeClip } from './demo/ffmpeg.mjs'
import { codecNames, DemoError, parseOptions, usage } from './demo/options.mjs'
import { Progress } from './demo/progress.mjs'
import { printSummary } from './demo/summary.mjs'

// What is wrong with an input is said by the demo itself, once.
Logging.level = LogLevel.Silent

/** By extension: what sound is encoded to. Where the output is an MP4 file, sound is copied. */
const sound = {
  '.webm': { codec: 'opus', bitrate: 192_000 },
  '.mkv': { codec: 'aac', bitrate: 192_000 },
  '.m4a': { codec: 'aac', bitrate: 192_000 },
  '.ogg': { codec: 'opus', bitrate: 192_000 },
  '.mp3': { codec: 'mp3', bitrate: 192_000 },
  '.flac': { codec: 'flac' },
  '.wav': { codec: 'pcm-s16' },
}

/** Paths to remove when the program ends, however it ends. */
const temporaryPaths = new Set()

process.on('exit', () => {
  for (const path of temporaryPaths) rmSync(path, { recursive: true, force: true })
})
for (const [signal, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
  ['SIGHUP', 1],
]) {
  process.on(signal, () => {
    process.stderr.write('\n')
    process.exit(128 + number)
  })
}

/** Bits per second for a good picture: 4 Mb/s up to 1080p at 25 frames per second, and more in proportion above. */
function defaultBitrate({ width, height, framerate }) {
  return Math.max(4_000_000, Math.round((width * height * framerate * 0.08) / 1e5) * 1e5)
}

/** The input's path: given, or that of a clip made for the occasion. */
async function findInput(options) {
  if (options.input !== undefined) return options.input
  const folder = await mkdtemp(join(tmpdir(), 'webcodecs-demo-'))
  temporaryPaths.add(folder)
  const path = join(folder, 'clip.mp4')
  console.log('Making a clip of 10 seconds ...')
  await makeClip(path)
  return path
}

/** The pixels of the output's picture, as transcode() will choose them. */
function sizeOf({ width, height }, wantedWidth) {
  if (wantedWidth === undefined) return { width, height }
  return { width: wantedWidth, height: (wantedWidth * height) / width }
}

function describeJob(source, options) {
  const { input, output, codec, width } = { ...options, input: source.path }
  const picture = source.tracks.find(({ type }) => type === 'video')
  const audio = sound[extname(output).toLowerCase()]
  if (!picture && !audio) throw new DemoError(`${source.path}: it has no video track`)
  const size = picture ? { ...sizeOf(picture, width), framerate: picture.framerate } : null
  const bitrate = options.bitrate ?? (size ? defaultBitrate(size) : undefined)
  const video = { ...(audio ? {} : { codec }), ...(bitrate ? { bitrate } : {}), ...(width ? { width } : {}) }
  return { input, output, ...(audio ? {} : { container: 'mp4' }), video, ...(audio ? { audio } : {}) }
}

/** What was written, in words, and what was not. */
function describeOutput({ video, audio }, source) {
  const written = [...(video ? [video.codec] : []), ...audio.map(({ codec }) => codec)].join(' and ')
  const extra = source.tracks.filter(({ type }) => type === 'audio').length - audio.length
  return extra > 0 ? `${written}; ${extra} more of the input found no room in such a file` : written
}

async function main() {
  // npm runs scripts in the package's folder; INIT_CWD is where the person is.
  const folder = process.env.npm_lifecycle_event === 'demo' ? process.env.INIT_CWD : undefined
  const options = parseOptions(process.argv.slice(2), folder ?? process.cwd())
  if (options.help) {
    console.log(usage)
    return
  }
  const inputPath = await findInput(options)
  const source = await probe(inputPath)
  const job = describeJob(source, options)
  console.log(`${basename(inputPath)} -> ${options.output}`)
  const progress = new Progress(process.stdout)
  const onProgress = ({ frames, position, duration }) => progress.update(frames, duration ? position / duration : 0)
  let result
  try {
    result = await transcode(job, { onProgress })
  } catch (error) {
    progress.abandon()
    throw error
  }
  const [output] = result.outputs
  if (output.container !== 'mp4') {
    console.log(`Encoded ${describeOutput(output, source)}.`)
    return
  }
  progress.finish(output.video.frames)
  const seen = await checkOutput(options.output, output.video).catch((error) => {
    // What does not play is not left lying about.
    rmSync(options.output, { force: true })
    throw error
  })
  printSummary({ source, output, seconds: result.seconds })
  console.log(`The output plays: ${seen}.`)
}

try {
  await main()
} catch (error) {
  if (error.code === 'unsupported-codec' && error.message.includes('video.codec')) {
    error.message = `--codec wants ${codecNames} or a codec string: ${error.message}`
  }
  const isExpected = error instanceof DemoError || error instanceof BatchError
  console.error(isExpected ? `demo: ${error.message}` : error)
  process.exit(1)
}
