/** Where the files of a farm are: one interface over a folder that all machines share and over S3-compatible stores. */

/** What a storage tells of an object. */
export interface ObjectInfo {
  /** Bytes. */
  readonly size: number
  /** Of the content, in hexadecimal; null where the storage keeps none: folders, and what others uploaded. */
  readonly sha256: string | null
  /** Differs when the content does: an ETag, or the time of the last change. */
  readonly version: string
  /** The ETag: as long as it is the same, so is the content. Null where only reading tells: folders. */
  readonly tag: string | null
}

export interface ListedObject {
  readonly key: string
  /** Bytes. */
  readonly size: number
  /** Milliseconds since 1970. */
  readonly modified: number
}

export interface PutOptions {
  /** Leaves an object alone that is there already. Default false: it is replaced. */
  ifAbsent?: boolean | undefined
  signal?: AbortSignal | undefined
}

export interface ReadOptions {
  signal?: AbortSignal | undefined
  /** Of the object that is meant: when another has taken its place, that is an error. */
  tag?: string | null | undefined
}

/** "existed": with `ifAbsent`, somebody else was first, and their object is there. */
export type PutResult = 'stored' | 'existed'

/**
 * A tree of objects under keys such as "a/b.mp4". An object is there whole or not at all, whatever happens to who
 * writes it. All methods throw a `StorageError`, which knows whether it is worth a retry.
 */
export interface Storage {
  /** The folder's path, or "s3://bucket". */
  readonly url: string
  /** null when there is no such object. */
  info(key: string): Promise<ObjectInfo | null>
  /** The bytes from `start` on and before `end`. Fewer than asked for are an error. */
  read(key: string, start: number, end: number, options?: ReadOptions): Promise<Uint8Array>
  /** The whole of a small object; null when there is no such object. */
  readWhole(key: string): Promise<Uint8Array | null>
  /** Stores a small object, in place of one that is there. */
  write(key: string, data: Uint8Array): Promise<void>
  /** Stores a local file, and verifies that what was stored is what was read. An upload that broke off goes on where it was. */
  put(key: string, path: string, options?: PutOptions): Promise<PutResult>
  /**
   * Like put(), but takes the local file over: it is gone afterwards. Files in a folder that `scratch()` gave need not be
   * copied.
   */
  take(key: string, path: string, options?: PutOptions): Promise<PutResult>
  /**
   * A new local folder for files to be given to take() with keys that begin with `prefix`. Whoever asked for it removes it.
   * Its files are no objects.
   */
  scratch(prefix: string): Promise<string>
  /** Copies an object to a local file, which appears when it is whole and its checksum is right. */
  get(key: string, path: string, signal?: AbortSignal): Promise<void>
  /** Stores the same under another key too, in place of an object that is there. */
  copy(from: string, to: string, signal?: AbortSignal): Promise<void>
  /** Gives an object another key, in one step for whoever looks. */
  move(from: string, to: string, options?: PutOptions): Promise<PutResult>
  list(prefix: string): AsyncIterable<ListedObject>
  /** Does nothing when there is no such object. */
  remove(key: string): Promise<void>
  /** @throws when nothing can be stored under this key, as far as that can be told beforehand */
  requireWritable(key: string): Promise<void>
  /** null: folders, where files can be locked. */
  readonly conditional: ConditionalStore | null
  /** The path of the object's file, where it is one that this machine can open. */
  localPath(key: string): string | null
  close(): void
}

export interface TaggedData {
  readonly data: Uint8Array
  /** The ETag. */
  readonly tag: string
}

/** What small objects need that several processes change: none destroys what it has not seen. */
export interface ConditionalStore {
  /** The whole of a small object with its ETag; null when there is no such object. */
  readTagged(key: string): Promise<TaggedData | null>
  /**
   * Stores a small object in place of the one that has this ETag, or, with null, where there is none.
   * @returns the new ETag; "refused" when there is another; "unknown" when the store does not know such conditions
   */
  writeInPlaceOf(tag: string | null, key: string, data: Uint8Array): Promise<string | 'refused' | 'unknown'>
}

/** An object in its storage. */
export interface Located {
  readonly storage: Storage
  readonly key: string
}
