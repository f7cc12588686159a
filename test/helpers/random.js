/**
 * A small generator (mulberry32), so that what failed once can be made again from its seed.
 * @returns {(limit: number) => number} the next integer from 0 to below `limit`
 */
export function random(seed) {
  let state = (seed * 0x9e3779b9 + 0x2545f491) >>> 0
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
  }
}
