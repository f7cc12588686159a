// Cases without a codec: times of calls, each measured by a program of its own.
import { fileURLToPath } from 'node:url'
import { median, timeProcess } from './codec-measurement.mjs'
import { runConversion } from './conversion.mjs'
import { measureTracker } from './diagnostics.mjs'
import { imageSource } from './source.mjs'
import { transcodeCases } from './transcode-cases.mjs'

async function runProgram(name, programArguments = []) {
  const path = fileURLToPath(new URL(`./${name}.mjs`, import.meta.url))
  const { stdout } = await timeProcess(process.execPath, ['--expose-gc', path, ...programArguments])
  return JSON.parse(stdout)
}

function row(name, value, unit, limit) {
  const missed =
    limit !== undefined && value > limit
      ? [`${name}: ${value.toFixed(1)} ${unit}, wanted at most ${limit.toFixed(1)}`]
      : []
  return { name, value, unit, limit, missed }
}

async function measureFrames() {
  const { set, construct, transfer } = await runProgram('frame-program')
  return [
    row('Uint8Array.set of a 1080p I420 picture', set, 'µs'),
    row('new VideoFrame() + close()', construct, 'µs', set + 30),
    row('new VideoFrame({ transfer }) + close()', transfer, 'µs', 30),
  ]
}

async function measureBorrowing() {
  const times = await runProgram('borrow-program')
  return [
    row('1080p I420 frame: copyTo()', times.copyFrame, 'µs'),
    row('the same: borrowPlanes()', times.borrowFrame, 'µs', times.copyFrame),
    row('10 ms of stereo: copyTo()', times.copyAudio, 'µs'),
    row('the same: borrowPlanes()', times.borrowAudio, 'µs'),
  ]
}

/** 1080p copies against a memcpy of the same bytes, and the conversion against libyuv called from C++. */
async function measureCopies() {
  const { libyuv, ours } = await runConversion()
  const { memcpy, copy, memcpyRgba, convert } = await runProgram('copy-program')
  return [
    row('libyuv from C++, 1080p I420 to RGBA', libyuv, 'µs'),
    row('the same by our function, from C++', ours, 'µs', libyuv / 0.9),
    row('copyTo({ format: "RGBA" })', convert, 'µs', libyuv / 0.9 + 1.3 * memcpyRgba),
    row('Uint8Array.set of 1080p RGBA', memcpyRgba, 'µs'),
    row('Uint8Array.set of 1080p I420', memcpy, 'µs'),
    row('copyTo() of 1080p I420', copy, 'µs', 1.3 * memcpy + 30),
  ]
}

async function measureChunks() {
  const { construct } = await runProgram('chunk-program')
  return [row('new EncodedVideoChunk() of 1 kB', construct, 'µs', 2)]
}

async function measureCrossing() {
  const { empty, small, hd, uhd } = await runProgram('crossing-program')
  return [
    row('an empty message to a worker and back', empty, 'µs'),
    row('a 64x64 frame, transferred', small, 'µs', 3 * empty),
    row('a 1080p frame, transferred', hd, 'µs', 3 * empty),
    // Flat in frame size: within what the median of one run varies by.
    row('a 2160p frame, transferred', uhd, 'µs', 1.15 * small),
  ]
}

/** The least ratio of the command line's time to ours. */
const audioRatios = { opus: 0.95, aac: 0.95, mp3: 0.95, flac: 0.8 }

async function measureAudio() {
  const { utilization, ...times } = await runProgram('audio-program')
  return [
    ...Object.entries(times).flatMap(([codec, { theirs, ours }]) => [
      row(`ffmpeg command line, 5 minutes to ${codec}`, theirs * 1000, 'ms'),
      row(`AudioEncoder, the same`, ours * 1000, 'ms', (theirs * 1000) / audioRatios[codec]),
    ]),
    row('JavaScript thread with 10,000 Opus packets a second', utilization * 100, '%', 50),
  ]
}

async function measureGetters() {
  const getters = await runProgram('getter-program')
  return Object.entries(getters).map(([name, nanoseconds]) =>
    row(`frame.${name}`, nanoseconds, 'ns', name.endsWith('Rect') ? 200 : 10),
  )
}

async function measureImport() {
  const runs = []
  for (let i = 0; i < 9; i++) runs.push(await runProgram('import-program'))
  return [
    row('import', median(runs.map((run) => run.import)), 'ms', 25),
    row('first use (the native library loads)', median(runs.map((run) => run.firstUse)), 'ms'),
  ]
}

/** Large images; the `ffmpeg` command decodes each many times, to the same format, on one thread too. */
async function measureImages() {
  const [width, height, repeats] = [4000, 3000, 12]
  const rows = []
  for (const { name, extension, type, pixelFormat } of [
    { name: 'JPEG', extension: 'jpg', type: 'image/jpeg', pixelFormat: 'yuvj420p' },
    { name: 'PNG', extension: 'png', type: 'image/png', pixelFormat: 'bgr0' },
    { name: 'WebP', extension: 'webp', type: 'image/webp', pixelFormat: 'yuv420p' },
  ]) {
    const path = imageSource(width, height, extension)
    const decode = (count) =>
      timeProcess('ffmpeg', [
        ...['-v', 'error', '-nostdin', '-threads', '1', '-loop', '1', '-i', path, '-frames:v', String(count)],
        ...['-pix_fmt', pixelFormat, '-f', 'null', '-'],
      ])
    const [ours, theirs] = [[], []]
    for (let round = 0; round < 3; round++) {
      ours.push((await runProgram('image-program', [path, type, String(repeats)])).milliseconds)
      const [one, many] = [await decode(1), await decode(1 + repeats)]
      theirs.push(((many.seconds - one.seconds) * 1000) / repeats)
    }
    const reference = median(theirs)
    rows.push(row(`${name} of 12 million pixels: ImageDecoder`, median(ours), 'ms', reference * 1.25))
    rows.push(row(`${name}: ffmpeg`, reference, 'ms'))
  }
  return rows
}

/** A renderer and an encoder in two threads, with a pool of buffers between them and without, in turn. */
async function measureBufferPool() {
  const example = fileURLToPath(new URL('../scripts/example.mjs', import.meta.url))
  const run = async (...options) => {
    const { stdout } = await timeProcess(process.execPath, [example, 'worker-render', '--json', ...options])
    const { renderer, encoder } = JSON.parse(stdout)
    return {
      allocations: renderer.pool.allocations,
      hitRate: renderer.pool.hitRate * 100,
      pauses: renderer.pauses.total + encoder.pauses.total,
      latency: encoder.latency.p50,
      fps: encoder.fps,
    }
  }
  const [pooled, plain] = [[], []]
  for (let round = 0; round < 3; round++) {
    pooled.push(await run())
    plain.push(await run('--no-pool'))
  }
  const middle = (runs, key) => median(runs.map((one) => one[key]))
  return [
    row('720p RGBA between threads, pool: allocations', middle(pooled, 'allocations'), '', 30),
    row('the same without a pool', middle(plain, 'allocations'), ''),
    row('pool: misses', 100 - middle(pooled, 'hitRate'), '%', 5),
    row('pool: pauses for garbage collection', middle(pooled, 'pauses'), 'ms', middle(plain, 'pauses')),
    row('without', middle(plain, 'pauses'), 'ms'),
    row('pool: latency p50', middle(pooled, 'latency'), 'ms', middle(plain, 'latency') * 1.05),
    row('without', middle(plain, 'latency'), 'ms'),
    row('pool', middle(pooled, 'fps'), 'fps'),
    row('without', middle(plain, 'fps'), 'fps'),
  ]
}

/** The most that the allocation tracker may cost while it is off. */
const maxTrackerCost = 1.01

async function measureDiagnostics() {
  const { without, off, on } = await measureTracker()
  return [
    row('320x180 RGBA encoded, addon without the tracker', without.encode, 'µs'),
    row('the same, tracker off', off.encode, 'µs', without.encode * maxTrackerCost),
    row('the same, tracker on', on.encode, 'µs'),
    row('new VideoFrame() + close(), addon without the tracker', without.make, 'µs'),
    row('the same, tracker off', off.make, 'µs', without.make * maxTrackerCost),
    row('the same, tracker on', on.make, 'µs'),
  ]
}

export const scriptCases = [
  { name: 'frame construction', measure: measureFrames },
  { name: 'borrowing', measure: measureBorrowing },
  { name: 'copies', measure: measureCopies },
  { name: 'audio', measure: measureAudio },
  { name: 'chunks', measure: measureChunks },
  { name: 'threads', measure: measureCrossing },
  { name: 'getters', measure: measureGetters },
  { name: 'images', measure: measureImages },
  { name: 'import', measure: measureImport },
  { name: 'diagnostics', measure: measureDiagnostics },
  { name: 'buffer pool', measure: measureBufferPool },
  ...transcodeCases,
]
