// Compares what was observed on the two sides, and keeps count of what was reached.
import { knownDifferences } from './known-differences.js'
import { required } from './required.js'
import { type CaseTrace, equalValues, type Step } from './trace.js'

/** How far levels of a colour conversion may be apart. */
const levelTolerance = 2

function equalSteps(a: Step, b: Step): boolean {
  if (a.member !== b.member || a.call !== b.call || a.outcome !== b.outcome) return false
  if (!a.levels || !b.levels) return a.levels === b.levels && equalValues(a.value, b.value)
  const { levels } = b
  return a.levels.every((level, i) => Math.abs(level - levels[i]!) <= levelTolerance)
}

export class Comparison {
  #cases = 0
  #steps = 0
  readonly #reached = new Map<string, number>()
  readonly #known = new Map<string, number>()

  /** The differences that are not known, for people. */
  compare(ours: CaseTrace, theirs: CaseTrace): string[] {
    this.#cases++
    const count = Math.max(ours.steps.length, theirs.steps.length)
    const differences: string[] = []
    for (let i = 0; i < count; i++) {
      const [mine, other] = [ours.steps[i], theirs.steps[i]]
      if (mine) this.#reach(mine)
      this.#steps++
      if (mine && other && equalSteps(mine, other)) continue
      const known = knownDifferences.find(
        ({ applies }) => mine && other && applies(mine, other, ours.steps.slice(0, i)),
      )
      if (known) {
        this.#known.set(known.where, (this.#known.get(known.where) ?? 0) + 1)
        if (known.continues) continue
        break
      }
      const text = (step: Step | undefined) => JSON.stringify(step)?.slice(0, 1200)
      differences.push(`${ours.name} ${ours.seed}, step ${i}\n  here:     ${text(mine)}\n  Chromium: ${text(other)}`)
      if (ours.name !== 'shape' && ours.name !== 'wrong object') break
    }
    return differences
  }

  #reach({ member, outcome }: Step): void {
    const key = `${member}: ${outcome}`
    this.#reached.set(key, (this.#reached.get(key) ?? 0) + 1)
  }

  /** What every run must reach and this one did not. */
  missing(): string[] {
    return required.filter((key) => !this.#reached.has(key))
  }

  report(): string {
    const lines = (counts: Map<string, number>) =>
      [...counts]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, count]) => `  ${String(count).padStart(6)}  ${key}`)
        .join('\n')
    const members = [...this.#reached].filter(([key]) => /^[A-Z]\w+\.\w+: /.test(key))
    return [
      `${this.#cases} cases, ${this.#steps} observations on each side.`,
      `Reached:\n${lines(new Map(members))}`,
      `${required.length - this.missing().length} of ${required.length} required ones reached.`,
      `Known differences met (docs/differences.md):\n${lines(this.#known)}`,
    ].join('\n')
  }
}
