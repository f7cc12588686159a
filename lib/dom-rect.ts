/** Geometry Interfaces: DOMRectInit, and DOMRectReadOnly for runtimes that have none. */
import { unrestrictedDouble } from './webidl/conversions.js'
import { dictionary, withDefault } from './webidl/dictionary.js'
import { defineInterface } from './webidl/interface.js'

export interface DOMRectInit {
  x?: number
  y?: number
  width?: number
  height?: number
}

export interface DOMRectReadOnly {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly top: number
  readonly right: number
  readonly bottom: number
  readonly left: number
  toJSON(): Required<DOMRectInit> & { top: number; right: number; bottom: number; left: number }
}

export const readDOMRectInit = dictionary('DOMRectInit', {
  x: withDefault(unrestrictedDouble, 0),
  y: withDefault(unrestrictedDouble, 0),
  width: withDefault(unrestrictedDouble, 0),
  height: withDefault(unrestrictedDouble, 0),
})

/** https://www.w3.org/TR/geometry-1/#domrectreadonly */
class DOMRectReadOnlyFallback implements DOMRectReadOnly {
  readonly #x: number
  readonly #y: number
  readonly #width: number
  readonly #height: number

  constructor(x = 0, y = 0, width = 0, height = 0) {
    this.#x = unrestrictedDouble(x, 'x')
    this.#y = unrestrictedDouble(y, 'y')
    this.#width = unrestrictedDouble(width, 'width')
    this.#height = unrestrictedDouble(height, 'height')
  }

  static fromRect(other: DOMRectInit = {}): DOMRectReadOnlyFallback {
    const { x, y, width, height } = readDOMRectInit(other, '')
    return new DOMRectReadOnlyFallback(x, y, width, height)
  }

  get x(): number {
    return this.#x
  }

  get y(): number {
    return this.#y
  }

  get width(): number {
    return this.#width
  }

  get height(): number {
    return this.#height
  }

  get top(): number {
    return Math.min(this.#y, this.#y + this.#height)
  }

  get right(): number {
    return Math.max(this.#x, this.#x + this.#width)
  }

  get bottom(): number {
    return Math.max(this.#y, this.#y + this.#height)
  }

  get left(): number {
    return Math.min(this.#x, this.#x + this.#width)
  }

  toJSON(): ReturnType<DOMRectReadOnly['toJSON']> {
    const { top, right, bottom, left } = this
    return { x: this.#x, y: this.#y, width: this.#width, height: this.#height, top, right, bottom, left }
  }

  static {
    defineInterface(this, 'DOMRectReadOnly')
  }
}

type DOMRectReadOnlyConstructor = new (x?: number, y?: number, width?: number, height?: number) => DOMRectReadOnly

/** The runtime's own DOMRectReadOnly where it has one. */
export const DOMRectReadOnly: DOMRectReadOnlyConstructor =
  (globalThis as { DOMRectReadOnly?: DOMRectReadOnlyConstructor }).DOMRectReadOnly ?? DOMRectReadOnlyFallback
