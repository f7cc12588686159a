import type { Random } from './random.js'
import { type Api, plain, show, type Trace } from './trace.js'
import { colorSpaceInit, mostly, observed } from './values.js'

export function runColorSpaceCase(api: Api, random: Random, trace: Trace): void {
  for (let i = 0; i < 4; i++) {
    const init = mostly(random, () => colorSpaceInit(random, 0.15), 0.15)
    const order: string[] = []
    const argument =
      typeof init === 'object' && init !== null && random.chance(0.5)
        ? observed(init, ['primaries', 'transfer', 'matrix', 'fullRange'], order)
        : init
    const construct = () =>
      random.chance(0.02) ? new api.VideoColorSpace() : new api.VideoColorSpace(argument as never)
    const space = trace.attempt('VideoColorSpace.constructor', show(init), construct)
    trace.note('VideoColorSpace.constructor', 'members read', 'ok', order)
    if (!space) continue
    for (const key of ['primaries', 'transfer', 'matrix', 'fullRange'] as const) {
      trace.attempt(`VideoColorSpace.${key}`, '', () => space[key])
    }
    trace.attempt('VideoColorSpace.toJSON', '', () => space.toJSON())
    const copy = trace.attempt('VideoColorSpace.constructor', 'a VideoColorSpace', () => new api.VideoColorSpace(space))
    trace.note('VideoColorSpace.toJSON', 'of the copy', 'ok', plain(copy?.toJSON()))
  }
}
