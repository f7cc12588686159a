/** What JavaScript borrows of native memory, by resource. */

interface Loan {
  /** What native code gave, with each ArrayBuffer in a WeakRef: the loan keeps nothing alive. */
  readonly planes: readonly (WeakRef<ArrayBuffer> | number)[]
}

export class Loans {
  readonly #loans = new Map<number, Loan>()
  readonly #collected = new FinalizationRegistry<number>((loanId) => {
    // Borrowed again meanwhile?
    if (!this.#current(loanId)) this.#loans.delete(loanId)
  })

  /** The planes lent under this number if all of them are alive, else what `lend` gives. */
  borrow(loanId: number, lend: () => (ArrayBuffer | number)[]): (ArrayBuffer | number)[] {
    const current = this.#current(loanId)
    if (current) return current
    const planes = lend()
    for (const plane of planes) if (typeof plane !== 'number') this.#collected.register(plane, loanId)
    this.#loans.set(loanId, { planes: planes.map((plane) => (typeof plane === 'number' ? plane : new WeakRef(plane))) })
    return planes
  }

  /** The resource has been closed: the arrays over it lose their memory, by `detach`. */
  end(loanId: number, detach: (buffer: ArrayBuffer) => void): void {
    const loan = this.#loans.get(loanId)
    if (!loan) return
    this.#loans.delete(loanId)
    for (const plane of loan.planes) {
      const buffer = typeof plane === 'number' ? undefined : plane.deref()
      // One that the user has detached has nothing to lose.
      if (buffer && buffer.byteLength > 0) detach(buffer)
    }
  }

  #current(loanId: number): (ArrayBuffer | number)[] | undefined {
    const planes: (ArrayBuffer | number)[] = []
    for (const plane of this.#loans.get(loanId)?.planes ?? []) {
      const value = typeof plane === 'number' ? plane : plane.deref()
      if (value === undefined || (typeof value !== 'number' && value.byteLength === 0)) return undefined
      planes.push(value)
    }
    return planes.length > 0 ? planes : undefined
  }
}
