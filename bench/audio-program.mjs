// Prints, for audio codecs, the seconds that the ffmpeg command line and this package take to encode 5 minutes of stereo with
// the same options, in turn, medians of three; and how busy the JavaScript thread is with 10,000 Opus packets a second.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AudioData, AudioDecoder, AudioEncoder, EncodedAudioChunk } from '../dist/index.js'

const seconds = 300
const rounds = 3
const sampleRate = 48000
const numberOfFrames = sampleRate / 10
const stereo = { sampleRate, numberOfChannels: 2 }

const cases = {
  opus: [
    { codec: 'opus', bitrate: 128_000, opus: { complexity: 10 } },
    ['-c:a', 'libopus', '-b:a', '128k', '-vbr', 'on', '-compression_level', '10'],
  ],
  aac: [{ codec: 'mp4a.40.2', bitrate: 128_000 }, ['-c:a', 'aac', '-b:a', '128k']],
  mp3: [{ codec: 'mp3', bitrate: 128_000, bitrateMode: 'constant' }, ['-c:a', 'libmp3lame', '-b:a', '128k']],
  flac: [{ codec: 'flac' }, ['-c:a', 'flac', '-compression_level', '5', '-sample_fmt', 's32']],
}

const fail = (error) => {
  throw error
}

/** 100 ms pieces, each the samples of the left channel and then those of the right. */
function readPieces(path) {
  const samples = new Float32Array(new Uint8Array(readFileSync(path)).buffer)
  return Array.from({ length: seconds * 10 }, (_, index) => {
    const piece = new Float32Array(2 * numberOfFrames)
    for (let frame = 0; frame < numberOfFrames; frame++) {
      piece[frame] = samples[2 * (index * numberOfFrames + frame)]
      piece[numberOfFrames + frame] = samples[2 * (index * numberOfFrames + frame) + 1]
    }
    return piece
  })
}

/** Seconds that encoding takes, and the chunks. */
async function encode(config, pieces) {
  const chunks = []
  const start = performance.now()
  const encoder = new AudioEncoder({ output: (chunk) => chunks.push(chunk), error: fail })
  encoder.configure(config)
  for (const [index, piece] of pieces.entries()) {
    const { numberOfChannels } = config
    const timestamp = index * 100_000
    const init = { format: 'f32-planar', sampleRate, numberOfFrames, numberOfChannels, timestamp, data: piece }
    const data = new AudioData(init)
    encoder.encode(data)
    data.close()
    if (encoder.encodeQueueSize > 8)
      await new Promise((resolve) => encoder.addEventListener('dequeue', resolve, { once: true }))
  }
  await encoder.flush()
  encoder.close()
  return { seconds: (performance.now() - start) / 1000, chunks }
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1]

/** The part of ten seconds that this thread is busy while 10,000 packets of 2.5 ms come in every second. */
async function measureUtilization(pieces) {
  const opus = { application: 'lowdelay', frameDuration: 2500 }
  const { chunks } = await encode({ codec: 'opus', sampleRate, numberOfChannels: 1, opus }, pieces)
  const packets = chunks.map((chunk) => {
    const data = new Uint8Array(chunk.byteLength)
    chunk.copyTo(data)
    return new EncodedAudioChunk({ type: 'key', timestamp: chunk.timestamp, data })
  })
  const decoder = new AudioDecoder({ output: (data) => data.close(), error: fail })
  decoder.configure({ codec: 'opus', sampleRate, numberOfChannels: 1 })
  const before = performance.eventLoopUtilization()
  const start = performance.now()
  for (let next = 0; next < 100_000; ) {
    for (const due = (performance.now() - start) * 10; next < due && next < 100_000; next++) {
      decoder.decode(packets[next])
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await decoder.flush()
  decoder.close()
  return performance.eventLoopUtilization(before).utilization
}

const folder = mkdtempSync(join(tmpdir(), 'webcodecs-bench-audio-'))
try {
  const path = join(folder, 'sound.f32')
  const input = ['-f', 'f32le', '-ar', String(sampleRate), '-ac', '2', '-i', path]
  const noise = `anoisesrc=duration=${seconds}:color=pink:sample_rate=${sampleRate}:amplitude=0.3:seed=1[a]`
  const tone = `sine=frequency=440:duration=${seconds}:sample_rate=${sampleRate}[b];[a][b]amerge=inputs=2`
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', `${noise};${tone}`, '-f', 'f32le', path])
  const pieces = readPieces(path)
  const results = {}
  for (const [name, [config, args]] of Object.entries(cases)) {
    const times = { theirs: [], ours: [] }
    for (let round = 0; round < rounds; round++) {
      const start = performance.now()
      execFileSync('ffmpeg', ['-v', 'error', ...input, ...args, '-f', 'null', '-'])
      times.theirs.push((performance.now() - start) / 1000)
      times.ours.push((await encode({ ...stereo, ...config }, pieces)).seconds)
    }
    results[name] = { theirs: median(times.theirs), ours: median(times.ours) }
  }
  const mono = pieces.slice(0, 2_510).map((piece) => piece.subarray(0, numberOfFrames))
  results.utilization = await measureUtilization(mono)
  console.log(JSON.stringify(results))
} finally {
  rmSync(folder, { recursive: true })
}
