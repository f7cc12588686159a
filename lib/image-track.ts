/** ImageTrack and ImageTrackList, and what ImageDecoder needs of them. */
import { defineInterface } from './webidl/interface.js'

/** Only ImageDecoder makes these objects. */
const constructorKey = Symbol('constructor')

function requireKey(key: unknown): void {
  if (key !== constructorKey) throw new TypeError('Illegal constructor')
}

/** What the bytes tell of a track. */
export interface TrackDescription {
  readonly animated: boolean
  readonly frameCount: number
  readonly repetitionCount: number
}

/** What a track list asks of its decoder. */
export interface TrackOwner {
  readonly isClosed: boolean
  /** The last steps of the setter of ImageTrack.selected. */
  onTrackSelected(): void
}

interface TrackInternals {
  create(list: ImageTrackList, description: TrackDescription): ImageTrack
  update(track: ImageTrack, description: TrackDescription): void
  setSelected(track: ImageTrack, selected: boolean): void
}

let trackInternals!: TrackInternals

/** One of the images or animations in a file. https://www.w3.org/TR/webcodecs/#imagetrack-interface */
export class ImageTrack {
  readonly #list: ImageTrackList
  #description: TrackDescription
  #selected = false

  /** @throws TypeError always: tracks come from an ImageDecoder */
  constructor()
  constructor(key?: unknown, list?: ImageTrackList, description?: TrackDescription) {
    requireKey(key)
    this.#list = list!
    this.#description = description!
  }

  /** Whether the track is an animation. */
  get animated(): boolean {
    return this.#description.animated
  }

  /** The number of frames found so far; grows while the file arrives. */
  get frameCount(): number {
    return this.#description.frameCount
  }

  /** How often the animation is to be shown again after the first time; Infinity for ever. */
  get repetitionCount(): number {
    return this.#description.repetitionCount
  }

  /** Whether decode() takes its frames from this track. Setting it aborts all decoding under way. */
  get selected(): boolean {
    return this.#selected
  }

  set selected(value: boolean) {
    const selected = Boolean(value)
    if (imageTrackListInternals.isClosed(this.#list) || selected === this.#selected) return
    imageTrackListInternals.select(this.#list, selected ? this : null)
  }

  static {
    trackInternals = {
      create: (list, description) => new ImageTrack(...([constructorKey, list, description] as unknown as [])),
      update: (track, description) => {
        track.#description = description
      },
      setSelected: (track, selected) => {
        track.#selected = selected
      },
    }
    // Web IDL counts no arguments of an interface without a constructor.
    Object.defineProperty(this, 'length', { value: 0, configurable: true })
    defineInterface(this, 'ImageTrack')
  }
}

interface ListInternals {
  create(owner: TrackOwner): ImageTrackList
  /** The last steps of "Establish Tracks". */
  establish(list: ImageTrackList, descriptions: readonly TrackDescription[], selectedIndex: number): void
  /** spec: "Update Tracks" */
  update(list: ImageTrackList, descriptions: readonly TrackDescription[]): void
  isEstablished(list: ImageTrackList): boolean
  isClosed(list: ImageTrackList): boolean
  select(list: ImageTrackList, track: ImageTrack | null): void
  /** Step 3 of "Close ImageDecoder". */
  close(list: ImageTrackList, exception: DOMException): void
}

/** What ImageDecoder needs of track lists and the prototype does not tell. */
export let imageTrackListInternals!: ListInternals

/** The tracks of a file; indexable and iterable. https://www.w3.org/TR/webcodecs/#imagetracklist-interface */
export class ImageTrackList {
  /** The track at this position. */
  readonly [index: number]: ImageTrack
  declare readonly [Symbol.iterator]: () => ArrayIterator<ImageTrack>

  readonly #owner: TrackOwner
  readonly #ready: Promise<undefined>
  #resolveReady!: (value: undefined) => void
  #rejectReady!: (exception: DOMException) => void
  #established = false
  #tracks: ImageTrack[] = []
  #selectedIndex = -1

  /** @throws TypeError always: track lists come from an ImageDecoder */
  constructor()
  constructor(key?: unknown, owner?: TrackOwner) {
    requireKey(key)
    this.#owner = owner!
    this.#ready = new Promise((resolve, reject) => {
      this.#resolveReady = resolve
      this.#rejectReady = reject
    })
    // Whoever does not ask for the tracks is not to be troubled with their failure.
    this.#ready.catch(() => {})
  }

  /**
   * Resolves when the tracks are known. Rejects with the exception that closed the decoder if that came first:
   * InvalidStateError for data without an image, AbortError after close(), and NotSupportedError.
   */
  get ready(): Promise<undefined> {
    try {
      return this.#ready
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** The number of tracks; 0 until they are known. */
  get length(): number {
    return this.#tracks.length
  }

  /** The position of the selected track; -1 for none. */
  get selectedIndex(): number {
    return this.#selectedIndex
  }

  /** The selected track, or null. */
  get selectedTrack(): ImageTrack | null {
    return this.#tracks[this.#selectedIndex] ?? null
  }

  #select(track: ImageTrack | null): void {
    const selectedTrack = this.#tracks[this.#selectedIndex]
    if (selectedTrack) trackInternals.setSelected(selectedTrack, false)
    this.#selectedIndex = track ? this.#tracks.indexOf(track) : -1
    if (track) trackInternals.setSelected(track, true)
  }

  #close(exception: DOMException): void {
    if (!this.#established) this.#rejectReady(exception)
    for (const index of this.#tracks.keys()) Reflect.deleteProperty(this, index)
    this.#tracks = []
    this.#selectedIndex = -1
  }

  static {
    imageTrackListInternals = {
      create: (owner) => new ImageTrackList(...([constructorKey, owner] as unknown as [])),
      establish: (list, descriptions, selectedIndex) => {
        list.#tracks = descriptions.map((description) => trackInternals.create(list, description))
        for (const [index, value] of list.#tracks.entries()) {
          Object.defineProperty(list, index, { value, enumerable: true, configurable: true })
        }
        list.#select(list.#tracks[selectedIndex]!)
        list.#established = true
        list.#resolveReady(undefined)
      },
      update: (list, descriptions) => {
        for (const [index, track] of list.#tracks.entries()) trackInternals.update(track, descriptions[index]!)
      },
      isEstablished: (list) => list.#established,
      isClosed: (list) => list.#owner.isClosed,
      select: (list, track) => {
        list.#select(track)
        list.#owner.onTrackSelected()
      },
      close: (list, exception) => list.#close(exception),
    }
    Object.defineProperty(this, 'length', { value: 0, configurable: true })
    defineInterface(this, 'ImageTrackList')
    Object.defineProperty(this.prototype, Symbol.iterator, {
      value: Array.prototype[Symbol.iterator],
      writable: true,
      configurable: true,
    })
  }
}
