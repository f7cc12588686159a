// Realtime encoding against Chromium, in turn: the frame rate at no lower quality and an equal measured bitrate. Only
// the loop over the frames is timed, which is the same code on both sides.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { median, quality, timeProcess } from './codec-measurement.mjs'
import { framerate, rawSource } from './source.mjs'
import { streamFile } from './stream-file.mjs'

const program = fileURLToPath(new URL('./realtime-program.mjs', import.meta.url))

/** Measured bitrates may differ by this part. */
const rateTolerance = 0.03
const rateSteps = 6

const picture = { width: 1280, height: 720, format: 'I420', framerate, bitrate: 2_500_000, frames: 250 }

export const chromiumCases = [
  { name: 'chromium h264 720p realtime', ...picture, codec: 'avc1.42001f', targets: { minRatio: 1, minGain: 0 } },
  { name: 'chromium vp8 720p realtime', ...picture, codec: 'vp8', targets: { minRatio: 1, minGain: 0 } },
  { name: 'chromium vp9 720p realtime', ...picture, codec: 'vp09.00.31.08', targets: { minRatio: 1, minGain: 0 } },
  // For information.
  { name: 'chromium av1 720p realtime', ...picture, codec: 'av01.0.05M.08', targets: {} },
]

function bitrateOf({ frames }, { bytes, count }) {
  if (count !== frames) throw new Error(`${frames} frames gave ${count} chunks`)
  return (bytes * 8 * framerate) / frames
}

/** The two parties: each measures a case and, when asked, writes its stream. */
function parties(chromium, source) {
  return {
    async ours(encodeCase, output) {
      const args = [program, JSON.stringify([encodeCase, source]), ...(output ? [output] : [])]
      return JSON.parse((await timeProcess(process.execPath, args)).stdout)
    },
    async theirs(encodeCase, output) {
      const args = ['/source', encodeCase, output !== undefined]
      const { chunks, ...result } = await chromium.call('bench/realtime-loop.js', 'measureFrom', ...args)
      if (output) writeFileSync(output, streamFile(encodeCase, framerate, chunks))
      return result
    },
  }
}

/** Our case with the bitrate to ask for, so that as many bits come out as Chromium makes of what it is asked. */
async function matchRate(encodeCase, { ours, theirs }) {
  const wanted = bitrateOf(encodeCase, await theirs(encodeCase))
  let { bitrate } = encodeCase
  for (let step = 0; step < rateSteps; step++) {
    const made = bitrateOf(encodeCase, await ours({ ...encodeCase, bitrate }))
    if (Math.abs(made / wanted - 1) < rateTolerance / 3) break
    bitrate = Math.round((bitrate * wanted) / made)
  }
  return { ...encodeCase, bitrate }
}

async function compareQuality(ourCase, theirCase, source, { ours, theirs }) {
  const folder = mkdtempSync(join(tmpdir(), 'webcodecs-native-bench-'))
  try {
    const paths = [join(folder, 'ours'), join(folder, 'theirs')]
    await ours(ourCase, paths[0])
    await theirs(theirCase, paths[1])
    return { ours: await quality(paths[0], theirCase, source), theirs: await quality(paths[1], theirCase, source) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function missedTargets({ name, targets }, { ratio, streams }) {
  const missed = []
  const rates = streams.ours.bitrate / streams.theirs.bitrate
  if (Math.abs(rates - 1) > rateTolerance) missed.push(`${name}: the bitrates are not equal, ${rates.toFixed(3)}`)
  if (targets.minRatio && ratio < targets.minRatio) {
    missed.push(`${name}: ratio ${ratio.toFixed(2)}, wanted ${targets.minRatio}`)
  }
  const gain = streams.ours.psnr - streams.theirs.psnr
  if (targets.minGain !== undefined && gain < targets.minGain) {
    missed.push(`${name}: ${gain.toFixed(2)} dB over Chromium, wanted ${targets.minGain}`)
  }
  return missed
}

/** Measures a case `rounds` times in each party, in turn. */
export async function measureChromiumCase(theirCase, rounds) {
  const { openChromium } = await import('../test/helpers/chromium.js')
  const source = rawSource(theirCase)
  const chromium = await openChromium({ files: { '/source': source.path } })
  try {
    const both = parties(chromium, source)
    const ourCase = await matchRate(theirCase, both)
    const streams = await compareQuality(ourCase, theirCase, source, both)
    const pairs = []
    for (let round = 0; round < rounds; round++) {
      const ours = theirCase.frames / (await both.ours(ourCase)).seconds
      const theirs = theirCase.frames / (await both.theirs(theirCase)).seconds
      pairs.push({ ours, theirs })
    }
    const result = {
      name: theirCase.name,
      content: source.content,
      chromium: chromium.version,
      targets: theirCase.targets,
      requested: { ours: ourCase.bitrate, theirs: theirCase.bitrate },
      ours: median(pairs.map(({ ours }) => ours)),
      theirs: median(pairs.map(({ theirs }) => theirs)),
      ratio: median(pairs.map(({ ours, theirs }) => ours / theirs)),
      streams,
      pairs,
    }
    return { ...result, missed: missedTargets(theirCase, result) }
  } finally {
    await chromium.close()
  }
}
