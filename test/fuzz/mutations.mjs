// Ways to damage data. Each takes a generator from helpers/random.js, so that a seed gives the same damage again.

/**
 * @typedef {(limit: number) => number} Pick the next random integer from 0 to below `limit`
 * @typedef {(data: Uint8Array, pick: Pick) => Uint8Array} ByteMutation gives a damaged copy
 */

/** @returns {ByteMutation} */
function changeInPlace(change) {
  return (data, pick) => {
    const copy = data.slice()
    if (copy.length > 0) change(copy, pick)
    return copy
  }
}

/** Damage of which much of the data survives. @type {Record<string, ByteMutation>} */
export const lightMutations = {
  'a few bits': changeInPlace((data, pick) => {
    for (let count = 1 + pick(3); count > 0; count--) data[pick(data.length)] ^= 1 << pick(8)
  }),
  'a few bytes': changeInPlace((data, pick) => {
    for (let count = 1 + pick(3); count > 0; count--) data[pick(data.length)] = pick(256)
  }),
}

/** @type {Record<string, ByteMutation>} */
export const heavyMutations = {
  'many bits': changeInPlace((data, pick) => {
    for (let count = 1 + data.length / 8; count > 0; count--) data[pick(data.length)] ^= 1 << pick(8)
  }),
  'bytes in front': changeInPlace((data, pick) => {
    for (let index = 0; index < Math.min(16, data.length); index++) if (pick(3) === 0) data[index] = pick(256)
  }),
  noise: changeInPlace((data, pick) => {
    for (let index = 0; index < data.length; index++) data[index] = pick(256)
  }),
  'a run of one value': changeInPlace((data, pick) => {
    const begin = pick(data.length)
    data.fill([0, 255, pick(256)][pick(3)], begin, begin + 1 + pick(data.length))
  }),
  'a cut': (data, pick) => data.slice(0, pick(data.length + 1)),
  'a lost beginning': (data, pick) => data.slice(pick(data.length + 1)),
  'a repeated part': (data, pick) => {
    const begin = pick(data.length + 1)
    const end = begin + pick(data.length - begin + 1)
    const parts = [data.subarray(0, end), data.subarray(begin, end), data.subarray(end)]
    const repeated = new Uint8Array(data.length + end - begin)
    let at = 0
    for (const part of parts) {
      repeated.set(part, at)
      at += part.length
    }
    return repeated
  },
}

/** Ways to damage the order of a list; each gives a new one. @type {Record<string, <T>(list: readonly T[], pick: Pick) => T[]>} */
export const orderMutations = {
  deletion: (list, pick) => {
    const victim = pick(list.length)
    return list.filter((_, index) => index !== victim)
  },
  duplication: (list, pick) => {
    const at = pick(list.length)
    return [...list.slice(0, at + 1), ...list.slice(at)]
  },
  reordering: (list, pick) => {
    const copy = [...list]
    for (let count = 1 + pick(3); count > 0; count--) {
      const [from, to] = [pick(copy.length), pick(copy.length)]
      copy.splice(to, 0, ...copy.splice(from, 1))
    }
    return copy
  },
}

/** One of the table's mutations, with its name. */
export function pickFrom(table, pick) {
  const names = Object.keys(table)
  const name = names[pick(names.length)]
  return { name, mutate: table[name] }
}
