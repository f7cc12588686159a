/** What a Demuxer reads from. */
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { types } from 'node:util'
import type { NativeInputConfig } from '../native.js'
import { bytesOf } from '../webidl/buffer-source.js'
import { isObject, typeError } from '../webidl/conversions.js'

/** Something that can be read anywhere, such as an object in a store. */
export interface RandomAccessSource {
  /** Bytes. */
  readonly size: number
  /** Resolves with 1 to `length` bytes from `position` on. Only called within `size`. */
  read(position: number, length: number): Promise<Uint8Array> | Uint8Array
}

/**
 * A path; a URL, as a string with "://" or as an object: "file:", or any protocol of libavformat's, such as "https:",
 * "rtsp:", "rtmp:", "srt:" or "udp:"; bytes; or what gives bytes, from the beginning to the end or anywhere.
 */
export type DemuxerSource =
  | string
  | URL
  | Uint8Array
  | ArrayBuffer
  | Blob
  | RandomAccessSource
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>

/** Hands bytes over on request. */
export interface Feeder {
  /** @param position -1 for the next bytes of a stream. Resolves with no bytes at the end. */
  read(position: number, size: number): Promise<Uint8Array>
  /** Nothing more is read. */
  end(): void
}

export interface OpenedSource {
  readonly config: Pick<NativeInputConfig, 'url' | 'kind' | 'data' | 'size'>
  /** For bytes that do not go to native code at once. */
  readonly feeder: Feeder | null
}

const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i
const NO_BYTES = new Uint8Array(0)

/** How libavformat is told of a file, whatever its name looks like. */
export const fileUrl = (path: string): string => `file:${resolve(path)}`

/** How libavformat is told of what a string or URL names. */
export function urlOf(source: string | URL): string {
  const text = String(source)
  if (/^file:/i.test(text) && (source instanceof URL || HAS_SCHEME.test(text))) return `file:${fileURLToPath(text)}`
  return HAS_SCHEME.test(text) ? text : fileUrl(text)
}

function requireBytes(value: unknown): Uint8Array {
  if (!ArrayBuffer.isView(value) && !types.isAnyArrayBuffer(value)) {
    throw typeError('bytes', 'what the source gives', value)
  }
  return bytesOf(value)
}

function iteratorFeeder(iterator: AsyncIterator<unknown>): Feeder {
  return {
    async read() {
      for (;;) {
        const { done, value } = await iterator.next()
        if (done) return NO_BYTES
        const bytes = requireBytes(value)
        if (bytes.length > 0) return bytes
      }
    },
    end() {
      // Streams that are in error reject here too, and nobody wants to know.
      Promise.resolve(iterator.return?.()).catch(() => {})
    },
  }
}

function streamFeeder(stream: ReadableStream<unknown>): Feeder {
  const reader = stream.getReader()
  const iterator = {
    next: () => reader.read() as Promise<IteratorResult<unknown>>,
    return: async () => {
      await reader.cancel()
      return { done: true as const, value: undefined }
    },
  }
  return iteratorFeeder(iterator)
}

function rangeFeeder(source: RandomAccessSource): Feeder {
  return {
    async read(position, size) {
      const bytes = requireBytes(await source.read(position, size))
      if (bytes.length === 0) throw new RangeError(`expected bytes from ${position} on but received none`)
      return bytes.length > size ? bytes.subarray(0, size) : bytes
    },
    end() {},
  }
}

const isBlob = (source: object): source is Blob => source instanceof Blob

function blobSource(blob: Blob): RandomAccessSource {
  return {
    size: blob.size,
    read: async (position, length) => new Uint8Array(await blob.slice(position, position + length).arrayBuffer()),
  }
}

function isRandomAccess(source: object): source is RandomAccessSource {
  const { size, read } = source as Partial<RandomAccessSource>
  return typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 && typeof read === 'function'
}

/**
 * @param name helps to find the format of bytes
 * @throws TypeError when there is no such source
 */
export function openSource(source: DemuxerSource, name: string): OpenedSource {
  if (typeof source === 'string' || source instanceof URL) {
    return { config: { url: urlOf(source), kind: 'url' }, feeder: null }
  }
  if (ArrayBuffer.isView(source) || types.isArrayBuffer(source)) {
    return { config: { url: name, kind: 'memory', data: bytesOf(source) }, feeder: null }
  }
  if (isObject(source)) {
    if (isBlob(source)) return ranges(blobSource(source), name)
    const stream = source as Partial<ReadableStream & AsyncIterable<unknown>>
    if (typeof stream.getReader === 'function') {
      return { config: { url: name, kind: 'stream' }, feeder: streamFeeder(source as ReadableStream) }
    }
    if (typeof stream[Symbol.asyncIterator] === 'function') {
      const iterator = (source as AsyncIterable<unknown>)[Symbol.asyncIterator]()
      return { config: { url: name, kind: 'stream' }, feeder: iteratorFeeder(iterator) }
    }
    if (isRandomAccess(source)) return ranges(source, name)
  }
  throw typeError('a path, a URL, bytes, a stream or something with size and read()', 'source', source)
}

function ranges(source: RandomAccessSource, name: string): OpenedSource {
  return { config: { url: name, kind: 'ranges', size: source.size }, feeder: rangeFeeder(source) }
}
