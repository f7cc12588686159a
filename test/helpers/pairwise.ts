import { random } from './random.js'

/** Factors by name, each with its levels. */
export type Factors = Record<string, readonly unknown[]>
export type Combination<F extends Factors> = { [K in keyof F]: F[K][number] }

const keyOf = (names: readonly [string, string], levels: readonly number[]): string =>
  `${names.join()}:${levels.join()}`

/** Every combination of the factors' levels. */
export function* product<F extends Factors>(factors: F): Generator<Combination<F>> {
  const entries = Object.entries(factors)
  const total = entries.reduce((count, [, levels]) => count * levels.length, 1)
  for (let index = 0; index < total; index++) {
    let rest = index
    yield Object.fromEntries(
      entries.map(([name, levels]) => {
        const level = levels[rest % levels.length]
        rest = Math.floor(rest / levels.length)
        return [name, level]
      }),
    ) as Combination<F>
  }
}

/**
 * Few combinations in which every two levels of the given pairs of factors meet, where an allowed combination has both.
 * The same seed gives the same combinations.
 */
export function pairwise<F extends Factors>(
  factors: F,
  pairs: readonly (readonly [keyof F & string, keyof F & string])[],
  isAllowed: (combination: Combination<F>) => boolean,
  seed: number,
): Combination<F>[] {
  const pick = random(seed)
  const names = Object.keys(factors)
  const keysOf = (levels: Record<string, number>): string[] =>
    pairs.map((pair) => keyOf(pair, [levels[pair[0]]!, levels[pair[1]]!]))
  const combine = (levels: Record<string, number>) =>
    Object.fromEntries(names.map((name) => [name, factors[name]![levels[name]!]])) as Combination<F>

  const uncovered = new Map<string, Record<string, number>>()
  for (const pair of pairs) {
    for (const [first] of factors[pair[0]]!.entries()) {
      for (const [second] of factors[pair[1]]!.entries()) {
        uncovered.set(keyOf(pair, [first, second]), { [pair[0]]: first, [pair[1]]: second })
      }
    }
  }
  const chosen: Combination<F>[] = []
  while (uncovered.size > 0) {
    const [key, fixed] = uncovered.entries().next().value!
    let best: Record<string, number> | null = null
    let bestCount = 0
    for (let attempt = 0; attempt < 200; attempt++) {
      const levels = Object.fromEntries(names.map((name) => [name, fixed[name] ?? pick(factors[name]!.length)]))
      const count = keysOf(levels).filter((covered) => uncovered.has(covered)).length
      if (count <= bestCount || !isAllowed(combine(levels))) continue
      best = levels
      bestCount = count
    }
    // No allowed combination has both, or hardly any: 200 attempts at a pair that is seldom allowed.
    uncovered.delete(key)
    if (!best) continue
    for (const covered of keysOf(best)) uncovered.delete(covered)
    chosen.push(combine(best))
  }
  return chosen
}
