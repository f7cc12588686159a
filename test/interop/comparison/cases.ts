// The cases, which run in Node and in Chromium alike.
import { runAudioDataCase } from './audio-data-cases.js'
import { runAudioDecoderCase } from './audio-decoder-cases.js'
import { runAudioEncoderCase } from './audio-encoder-cases.js'
import { runChunkCase } from './chunk-cases.js'
import { runColorSpaceCase } from './color-space-cases.js'
import { type Fixtures, runDecoderCase } from './decoder-cases.js'
import { runEncoderCase } from './encoder-cases.js'
import { runClosedFrameCase, runFrameCase, runFrameSourceCase } from './frame-cases.js'
import { runImageCase } from './image-cases.js'
import { Random } from './random.js'
import { runShapeCase, runWrongObjectCase } from './shape-cases.js'
import { type Api, type CaseTrace, errorName, Trace } from './trace.js'

export type Case = (api: Api, random: Random, trace: Trace, fixtures: Fixtures) => void | Promise<void>

const kinds = {
  shape: runShapeCase,
  'wrong object': runWrongObjectCase,
  'colour space': runColorSpaceCase,
  chunk: runChunkCase,
  frame: runFrameCase,
  'frame source': runFrameSourceCase,
  'closed frame': runClosedFrameCase,
  'audio data': runAudioDataCase,
  image: runImageCase,
  decoder: runDecoderCase,
  encoder: runEncoderCase,
  'audio decoder': runAudioDecoderCase,
  'audio encoder': runAudioEncoderCase,
} as const satisfies Record<string, Case>

export type Kind = keyof typeof kinds

/** How many of a kind are run for each hundred cases: as many as it has variety. */
export const shares: Readonly<Record<Kind, number>> = {
  ...{ shape: 1, 'wrong object': 2, 'colour space': 5, chunk: 9, frame: 31 },
  ...{ 'frame source': 2, 'closed frame': 2, 'audio data': 8, image: 5, decoder: 10, encoder: 10 },
  ...{ 'audio decoder': 8, 'audio encoder': 7 },
}

/** Milliseconds; longer than any case takes, unless a promise never settles. */
const patience = 5000

async function runCase(api: Api, kind: Kind, seed: number, fixtures: Fixtures): Promise<CaseTrace> {
  const trace = new Trace()
  let timer: ReturnType<typeof setTimeout> | undefined
  const stuck = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      trace.note('case', 'took too long', 'timeout')
      resolve()
    }, patience)
  })
  try {
    await Promise.race([kinds[kind](api, new Random(seed), trace, fixtures), stuck])
  } catch (error) {
    trace.note('case', 'ended by an exception', errorName(error))
  }
  clearTimeout(timer)
  return { name: kind, seed, steps: [...trace.steps] }
}

/** Runs the cases of these seeds, one after the other. */
export async function runCases(api: Api, kind: Kind, seeds: number[], fixtures: Fixtures): Promise<CaseTrace[]> {
  const traces: CaseTrace[] = []
  for (const seed of seeds) traces.push(await runCase(api, kind, seed, fixtures))
  return traces
}
