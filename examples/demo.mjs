/**
 * Transcodes a media file with this package's VideoDecoder and VideoEncoder: `npm run demo -- --help`.
 * Containers are read and written by mediabunny, which finds the codecs where a browser has them: on globalThis.
 */

import { rmSync } from 'node:fs'
import { access, constants, mkdtemp, rename, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { Logging, LogLevel } from 'mediabunny'
import '../dist/register.js'
import { convert, isConversion } from './demo/convert.mjs'
import { checkOutput, makeClip } from './demo/ffmpeg.mjs'
import { openSource } from './demo/input.mjs'
import { codecNames, DemoError, parseOptions, usage } from './demo/options.mjs'
import { Progress } from './demo/progress.mjs'
import { printSummary } from './demo/summary.mjs'
import { transcode } from './demo/transcode.mjs'

const hevcLevels = [30, 60, 63, 90, 93, 120, 123, 150, 153, 156, 180, 183, 186]
const h264Levels = [10, 11, 12, 13, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 52, 60, 61, 62]
const av1Levels = [0, 1, 4, 5, 8, 9, 12, 13, 14, 15, 16, 17, 18, 19]
const digits = (number, base) => number.toString(base).padStart(2, '0')

/** Codec names, mediabunny's names for them, how their codec strings begin, and those to try, from the lowest level on. */
const codecs = [
  {
    name: 'h264',
    muxerCodec: 'avc',
    prefixes: ['avc1.', 'avc3.'],
    codecStrings: h264Levels.map((level) => `avc1.6400${digits(level, 16)}`),
  },
  {
    name: 'hevc',
    muxerCodec: 'hevc',
    prefixes: ['hvc1.', 'hev1.'],
    codecStrings: hevcLevels.map((level) => `hvc1.1.6.L${level}.B0`),
  },
  { name: 'vp8', muxerCodec: 'vp8', prefixes: ['vp8'], codecStrings: ['vp8'] },
  { name: 'vp9', muxerCodec: 'vp9', prefixes: ['vp09.'], codecStrings: ['vp09.00.51.08'] },
  {
    name: 'av1',
    muxerCodec: 'av1',
    prefixes: ['av01.'],
    codecStrings: av1Levels.map((level) => `av01.0.${digits(level, 10)}M.08`),
  },
]

// What is wrong with an input is said by the demo itself, once.
Logging.level = LogLevel.Silent

/** Paths to remove when the program ends, however it ends. */
const temporaryPaths = new Set()

function removeTemporaryPaths() {
  for (const path of temporaryPaths) rmSync(path, { recursive: true, force: true })
}

process.on('exit', removeTemporaryPaths)
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

/** The size at which to encode: even, because that is what 4:2:0 pictures of H.264 can be. */
async function outputSize(video, wantedWidth) {
  const width = await video.getCodedWidth()
  const height = await video.getCodedHeight()
  if (wantedWidth === undefined) return { width: width & ~1, height: height & ~1 }
  return { width: wantedWidth, height: Math.max(2, Math.round((wantedWidth * height) / width / 2) * 2) }
}

/** A display size near the coded one that has exactly the pixel aspect ratio; none for square pixels. */
function displaySize({ width, height }, { num, den }) {
  if (num === den) return {}
  const divisor = greatestCommonDivisor(width * num, height * den)
  const aspectWidth = (width * num) / divisor
  const aspectHeight = (height * den) / divisor
  const factor = Math.max(1, Math.round(height / aspectHeight))
  return { displayWidth: aspectWidth * factor, displayHeight: aspectHeight * factor }
}

function greatestCommonDivisor(a, b) {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

async function planEncoder(source, options) {
  const { video, framerate } = source
  const entry = codecs.find(({ name, prefixes }) => {
    return options.codec === name || prefixes.some((prefix) => options.codec.startsWith(prefix))
  })
  if (!entry) throw new DemoError(`--codec wants ${codecNames} or a codec string, but got '${options.codec}'`)
  const size = await outputSize(video, options.width)
  const bitrate = options.bitrate ?? defaultBitrate({ ...size, framerate })
  const config = {
    ...size,
    ...displaySize(size, await video.getPixelAspectRatio()),
    bitrate,
    framerate,
    latencyMode: 'quality',
    ...(entry.name === 'h264' ? { avc: { format: 'avc' } } : {}),
  }
  for (const codec of options.codec === entry.name ? entry.codecStrings : [options.codec]) {
    const { supported } = await VideoEncoder.isConfigSupported({ ...config, codec })
    if (supported) return { encoderConfig: { ...config, codec }, codec: entry.muxerCodec }
  }
  const what = `${options.codec} at ${size.width}x${size.height}, ${framerate.toFixed(2)} fps, ${bitrate} b/s`
  throw new DemoError(`this build cannot encode ${what}`)
}

async function checkOutputPath(input, output) {
  await access(dirname(output), constants.W_OK).catch(() => {
    throw new DemoError(`cannot write to ${dirname(output)}`)
  })
  const [from, to] = await Promise.all([stat(input), stat(output).catch(() => null)])
  if (to?.isDirectory()) throw new DemoError(`the output ${output} is a folder`)
  if (to && from.dev === to.dev && from.ino === to.ino) throw new DemoError('the output would overwrite the input')
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

/** A path beside the output to write to; gone when the program ends before its time. */
function partialPathOf(output) {
  const path = join(dirname(output), `.${basename(output)}.${process.pid}.part`)
  temporaryPaths.add(path)
  return path
}

async function runConversion(input, options) {
  await checkOutputPath(input, options.output)
  console.log(`${basename(input)} -> ${options.output}`)
  const path = partialPathOf(options.output)
  const { output, bitrate, width } = options
  let shown = 0
  const onProgress = (fraction) => {
    if (fraction < shown + 0.1) return
    shown = fraction
    console.log(`  ${Math.round(fraction * 100)} %`)
  }
  const written = await convert({ input, output, path, bitrate, width, onProgress })
  await rename(path, output)
  console.log(`Encoded ${written}.`)
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
  if (isConversion(options.output)) return runConversion(inputPath, options)
  const source = await openSource(inputPath).catch((error) => {
    throw error instanceof DemoError ? new DemoError(`${inputPath}: ${error.message}`) : error
  })
  await checkOutputPath(inputPath, options.output)
  const { encoderConfig, codec } = await planEncoder(source, options)

  console.log(`${basename(inputPath)} -> ${options.output}`)
  const partialPath = partialPathOf(options.output)
  const progress = new Progress(process.stdout)
  let result
  try {
    const onProgress = (frames, fraction) => progress.update(frames, fraction)
    result = await transcode({ source, path: partialPath, encoderConfig, codec, onProgress })
  } catch (error) {
    progress.abandon()
    throw error
  }
  const seconds = progress.seconds
  progress.finish(result.frames)

  const seen = await checkOutput(partialPath, {
    frames: result.frames,
    duration: result.duration,
    width: encoderConfig.width,
    height: encoderConfig.height,
  })
  const outputFileSize = (await stat(partialPath)).size
  await rename(partialPath, options.output)
  await printSummary({ inputPath, outputPath: options.output, source, encoderConfig, result, seconds, outputFileSize })
  console.log(`The output plays: ${seen}.`)
  source.input.dispose()
}

try {
  await main()
} catch (error) {
  removeTemporaryPaths()
  // A full disk, a folder that may not be written: the system's own message says it all.
  const isExpected = error instanceof DemoError || error.syscall !== undefined
  console.error(isExpected ? `demo: ${error.message}` : error)
  process.exit(1)
}
