// The encoders that could serve a codec, by the command line alone: what each makes of as many bits, and how fast.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { matchRate, median, runTheirs } from './codec-measurement.mjs'
import { rawSource } from './source.mjs'

const picture = { kind: 'encode', width: 1280, height: 720, format: 'I420', bitrate: 2_500_000, codec: 'av01.0.05M.08' }
const aom = (usage, speed) => ({ label: `libaom ${usage}, cpu-used ${speed}`, encoder: 'libaom-av1', usage, speed })
const svt = (speed) => ({ label: `SVT-AV1, preset ${speed}`, encoder: 'libsvtav1', speed })
const svtLowDelay = (speed) => ({
  ...svt(speed),
  label: `SVT-AV1, preset ${speed}, low delay`,
  parameters: { 'pred-struct': 1 },
})

export const candidateCases = [
  {
    name: 'candidates av1 720p realtime',
    ...picture,
    frames: 250,
    latencyMode: 'realtime',
    candidates: [7, 8, 9, 10].map((speed) => aom('realtime', speed)).concat([12, 10].map(svtLowDelay)),
  },
  {
    name: 'candidates av1 720p quality',
    ...picture,
    frames: 125,
    latencyMode: 'quality',
    candidates: [aom('realtime', 6), aom('good', 6), ...[12, 10, 8].map(svt)],
  },
]

async function measureCandidate(encodeCase, source, rounds, path) {
  const { bitrate, quality } = await matchRate(encodeCase, source, encodeCase.bitrate, path)
  const runs = []
  for (let round = 0; round < rounds; round++) runs.push(await runTheirs({ ...encodeCase, bitrate }, source))
  return {
    label: encodeCase.label,
    fps: median(runs.map(({ fps }) => fps)),
    cpuSeconds: median(runs.map(({ cpuSeconds }) => cpuSeconds)),
    streams: quality,
  }
}

/** Each candidate of the case, at the bitrate of the case as measured. */
export async function measureCandidates(candidateCase, rounds) {
  const { candidates, ...common } = candidateCase
  const source = rawSource(candidateCase)
  const folder = mkdtempSync(join(tmpdir(), 'webcodecs-native-bench-'))
  try {
    const rows = []
    for (const candidate of candidates) {
      rows.push(await measureCandidate({ ...common, ...candidate }, source, rounds, join(folder, 'stream')))
    }
    return { name: candidateCase.name, content: source.content, rows }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
