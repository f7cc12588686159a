/** What a Muxer writes to: files that appear when they are whole, and bytes for somebody else. */
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isObject, typeError } from '../webidl/conversions.js'

/** Takes bytes anywhere, such as a file of yours. */
export interface RandomAccessTarget {
  /** Bytes for `position`; the next ones wait until it resolves. */
  write(bytes: Uint8Array, position: number): Promise<unknown> | unknown
  /** Whether positions jump back too. Default false: they follow one another. */
  readonly seekable?: boolean
}

/** A path or a "file:" URL; any other URL, which is written by libavformat's protocol; a stream; or what takes bytes. */
export type MuxerTarget = string | URL | WritableStream<Uint8Array> | RandomAccessTarget

export interface OpenedTarget {
  /** For libavformat. */
  readonly url: string
  readonly sink: {
    write(bytes: Uint8Array, position: number): Promise<unknown> | unknown
    readonly seekable: boolean
  } | null
  /** Makes the whole output appear. Resolves with its bytes; undefined where that is not known. */
  commit(): Promise<number | undefined>
  /** Leaves nothing behind. */
  discard(reason: unknown): Promise<void>
}

const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i

/**
 * A file takes its name when it is whole. Formats of several files, such as HLS, are written in a folder beside, and move
 * out of it, what lists the others last.
 */
function fileTarget(path: string): OpenedTarget & { useFolder(): Promise<string> } {
  const full = resolve(path)
  const [folder, name] = [dirname(full), basename(full)]
  const unfinished = join(folder, `.${name}.${randomBytes(6).toString('hex')}.part${extname(name)}`)
  let isFolder = false
  return {
    url: `file:${unfinished}`,
    sink: null,
    async useFolder() {
      isFolder = true
      await mkdir(unfinished)
      return `file:${join(unfinished, name)}`
    },
    async commit() {
      if (!isFolder) {
        const { size } = await stat(unfinished)
        await rename(unfinished, full)
        return size
      }
      let bytes = 0
      const files = (await readdir(unfinished)).sort((a, b) => Number(a === name) - Number(b === name))
      for (const file of files) {
        bytes += (await stat(join(unfinished, file))).size
        await rename(join(unfinished, file), join(folder, file))
      }
      await rm(unfinished, { recursive: true })
      return bytes
    },
    discard: () => rm(unfinished, { recursive: true, force: true }),
  }
}

function streamTarget(stream: WritableStream<Uint8Array>): OpenedTarget {
  const writer = stream.getWriter()
  // Whoever made the stream hears of its errors; here they come with the next write.
  writer.closed.catch(() => {})
  return {
    url: '',
    sink: {
      seekable: false,
      async write(bytes) {
        await writer.ready
        await writer.write(bytes)
      },
    },
    async commit() {
      await writer.close()
      return undefined
    },
    async discard(reason) {
      await writer.abort(reason).catch(() => {})
    },
  }
}

const nothing = async (): Promise<undefined> => undefined

/** @throws TypeError when there is no such target */
export function openTarget(target: MuxerTarget): OpenedTarget & { useFolder?(): Promise<string> } {
  if (typeof target === 'string' || target instanceof URL) {
    const text = String(target)
    if (/^file:\/\//i.test(text)) return fileTarget(fileURLToPath(text))
    if (HAS_SCHEME.test(text)) return { url: text, sink: null, commit: nothing, discard: nothing }
    return fileTarget(text)
  }
  if (isObject(target)) {
    if (typeof (target as Partial<WritableStream>).getWriter === 'function')
      return streamTarget(target as WritableStream)
    const { write, seekable = false } = target as Partial<RandomAccessTarget>
    if (typeof write === 'function') {
      const sink = {
        seekable,
        write: (bytes: Uint8Array, position: number) => (target as RandomAccessTarget).write(bytes, position),
      }
      return { url: '', sink, commit: nothing, discard: nothing }
    }
  }
  throw typeError('a path, a URL, a WritableStream or an object with write()', 'target', target)
}
