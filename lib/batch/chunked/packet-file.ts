/**
 * Files of encoded packets on their way from the machines that make them to the one that joins them: exact timestamps, the
 * decoder's configuration, and a checksum over everything, which containers for players do not have all of.
 *
 *     magic      8 bytes    "WCNPKT01"
 *     records    each a header of 32 bytes, little-endian, and its data:
 *                  u32 track, u32 kind (0 delta, 1 key, 2 configuration), i64 timestamp µs, i64 duration µs,
 *                  u32 bytes of data, u32 zero
 *                  The data of a configuration is the JSON of a decoder configuration for the packets that follow, with its
 *                  description in base64.
 *     footer     JSON: the tracks, and how many packets each has
 *     end        u32 bytes of the footer, SHA-256 of everything before it (32 bytes), "WCNPEND1"
 */
import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { AudioDecoderConfig } from '../../config/audio-decoder-config.js'
import type { VideoDecoderConfig } from '../../config/video-decoder-config.js'
import { outputError, StorageError } from '../errors.js'
import type { MediaSink, SinkChunk, SinkTrack, SinkWriter } from '../media-io.js'

const MAGIC = Buffer.from('WCNPKT01')
const END = Buffer.from('WCNPEND1')
const HEADER_SIZE = 32
/** After the footer: its size, the checksum and the mark. */
const TRAILER_SIZE = 4 + 32 + END.length
/** Bytes that are gathered before they are written. */
const WRITE_SIZE = 1 << 20

const Kind = { delta: 0, key: 1, configuration: 2 } as const

type DecoderConfig = VideoDecoderConfig | AudioDecoderConfig

interface Footer {
  readonly tracks: readonly SinkTrack[]
  readonly packets: readonly number[]
}

/** Writes such a file. */
export class PacketFileSink implements MediaSink {
  readonly #path: string
  readonly #named: string
  readonly #tracks: SinkTrack[] = []
  readonly #packets: number[] = []
  readonly #hash = createHash('sha256')
  #file: FileHandle | null = null
  #gathered: Uint8Array[] = []
  #size = 0
  /** Writes wait for each other: those of all tracks go into the one file. */
  #writing: Promise<void> = Promise.resolve()

  /** @param named what errors call the file */
  constructor(path: string, named: string) {
    this.#path = path
    this.#named = named
  }

  addTrack(track: SinkTrack): SinkWriter {
    const index = this.#tracks.push(track) - 1
    this.#packets.push(0)
    return { write: (chunk) => this.#write(index, chunk), close: () => {} }
  }

  async start(): Promise<void> {
    await this.#doing(async () => {
      this.#file = await open(this.#path, 'w')
      this.#add(MAGIC)
    })
  }

  async finalize(): Promise<void> {
    await this.#doing(async () => {
      const footer: Footer = { tracks: this.#tracks, packets: this.#packets }
      const bytes = Buffer.from(JSON.stringify(footer))
      const size = Buffer.alloc(4)
      size.writeUInt32LE(bytes.length)
      this.#add(bytes)
      this.#add(size)
      await this.#flush()
      await this.#file!.writeFile(Buffer.concat([this.#hash.digest(), END]))
      await this.#file!.sync()
      await this.#file!.close()
      this.#file = null
    })
  }

  async abort(): Promise<void> {
    await this.#writing.catch(() => {})
    await this.#file?.close().catch(() => {})
    this.#file = null
  }

  #write(track: number, { data, key, timestamp, duration, decoderConfig }: SinkChunk): Promise<void> {
    const write = async () => {
      if (decoderConfig) this.#addRecord(track, Kind.configuration, 0, 0, configToBytes(decoderConfig))
      this.#addRecord(track, key ? Kind.key : Kind.delta, timestamp, duration, data)
      this.#packets[track]!++
      if (this.#size >= WRITE_SIZE) await this.#flush()
    }
    this.#writing = this.#writing.then(() => this.#doing(write))
    return this.#writing
  }

  #addRecord(track: number, kind: number, timestamp: number, duration: number, data: Uint8Array): void {
    const header = Buffer.alloc(HEADER_SIZE)
    header.writeUInt32LE(track, 0)
    header.writeUInt32LE(kind, 4)
    header.writeBigInt64LE(BigInt(timestamp), 8)
    header.writeBigInt64LE(BigInt(duration), 16)
    header.writeUInt32LE(data.byteLength, 24)
    this.#add(header)
    this.#add(data)
  }

  #add(bytes: Uint8Array): void {
    this.#hash.update(bytes)
    this.#gathered.push(bytes)
    this.#size += bytes.byteLength
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#gathered)
    this.#gathered = []
    this.#size = 0
    await this.#file!.writeFile(bytes)
  }

  async #doing(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      throw outputError(this.#named, error)
    }
  }
}

/** A packet, with the decoder's configuration where the file has one before it. */
export interface FilePacket extends SinkChunk {
  readonly track: number
}

/** Reads such a file. */
export class PacketFile {
  readonly tracks: readonly SinkTrack[]
  /** How many packets each track has. */
  readonly packetCounts: readonly number[]
  readonly #path: string
  readonly #named: string
  /** Bytes before the footer. */
  readonly #end: number
  readonly #footerEnd: number
  readonly #sha256: Buffer

  private constructor(path: string, named: string, footer: Footer, end: number, footerEnd: number, sha256: Buffer) {
    this.#path = path
    this.#named = named
    this.tracks = footer.tracks
    this.packetCounts = footer.packets
    this.#end = end
    this.#footerEnd = footerEnd
    this.#sha256 = sha256
  }

  /** @throws StorageError `checksum` when it is no whole file of this kind */
  static async open(path: string, named = path): Promise<PacketFile> {
    const file = await open(path, 'r')
    try {
      const { size } = await file.stat()
      const trailer = Buffer.alloc(TRAILER_SIZE)
      await file.read(trailer, 0, TRAILER_SIZE, Math.max(0, size - TRAILER_SIZE))
      const footerSize = trailer.readUInt32LE(0)
      const footerStart = size - TRAILER_SIZE - footerSize
      if (!trailer.subarray(36).equals(END) || footerStart < MAGIC.length) throw damaged(named)
      const footer = Buffer.alloc(footerSize)
      await file.read(footer, 0, footerSize, footerStart)
      const footerEnd = footerStart + footerSize + 4
      return new PacketFile(path, named, JSON.parse(footer.toString()), footerStart, footerEnd, trailer.subarray(4, 36))
    } catch (error) {
      if (error instanceof SyntaxError) throw damaged(named)
      throw error
    } finally {
      await file.close()
    }
  }

  /**
   * In the order in which they were written.
   * @throws StorageError `checksum`, after the last packet at the latest, when the content is not what was written
   */
  async *packets(): AsyncGenerator<FilePacket> {
    const configs = new Map<number, DecoderConfig>()
    const reader = new HashedReader(this.#path, this.#footerEnd)
    try {
      if (!(await reader.take(MAGIC.length)).equals(MAGIC)) throw damaged(this.#named)
      while (reader.position < this.#end) {
        const header = await reader.take(HEADER_SIZE)
        const data = await reader.take(header.readUInt32LE(24))
        if (header.length < HEADER_SIZE || reader.position > this.#end) throw damaged(this.#named)
        const track = header.readUInt32LE(0)
        const kind = header.readUInt32LE(4)
        if (kind === Kind.configuration) {
          configs.set(track, configFromBytes(data))
          continue
        }
        const timestamp = Number(header.readBigInt64LE(8))
        const duration = Number(header.readBigInt64LE(16))
        yield { track, data, key: kind === Kind.key, timestamp, duration, decoderConfig: configs.get(track) }
        configs.delete(track)
      }
      await reader.take(this.#footerEnd - this.#end)
      if (!reader.digest().equals(this.#sha256)) throw damaged(this.#named)
    } finally {
      reader.close()
    }
  }

  /** Reads everything, and throws where `packets()` would. */
  async verify(): Promise<void> {
    for await (const _ of this.packets());
  }
}

const damaged = (named: string): StorageError =>
  new StorageError('checksum', `${named}: it is damaged or not whole`, { retryable: true })

/** Takes the bytes of a file one piece after the other, and hashes them. */
class HashedReader {
  position = 0
  readonly #hash: Hash = createHash('sha256')
  readonly #stream: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)

  constructor(path: string, end: number) {
    this.#stream = createReadStream(path, { end: end - 1, highWaterMark: WRITE_SIZE })[Symbol.asyncIterator]()
  }

  /** Fewer bytes than `size` at the file's end alone. */
  async take(size: number): Promise<Buffer> {
    const parts: Buffer[] = []
    let missing = size
    while (missing > 0) {
      if (this.#rest.length === 0) {
        const next = await this.#stream.next()
        if (next.done) break
        this.#rest = next.value
      }
      const part = this.#rest.subarray(0, missing)
      this.#rest = this.#rest.subarray(part.length)
      missing -= part.length
      parts.push(part)
    }
    // A copy of its own: packets outlive the block that they were read with.
    const bytes = Buffer.concat(parts)
    this.#hash.update(bytes)
    this.position += bytes.length
    return bytes
  }

  digest(): Buffer {
    return this.#hash.digest()
  }

  close(): void {
    void this.#stream.return?.()
  }
}

function configToBytes(config: DecoderConfig): Buffer {
  const { description, ...rest } = config
  const bytes = description === undefined ? undefined : bytesOf(description as ArrayBuffer | ArrayBufferView)
  return Buffer.from(JSON.stringify({ ...rest, ...(bytes ? { description: bytes.toString('base64') } : {}) }))
}

function configFromBytes(bytes: Buffer): DecoderConfig {
  const { description, ...rest } = JSON.parse(bytes.toString())
  if (description === undefined) return rest
  return { ...rest, description: new Uint8Array(Buffer.from(description, 'base64')) }
}

function bytesOf(source: ArrayBuffer | ArrayBufferView): Buffer {
  if (ArrayBuffer.isView(source)) return Buffer.from(source.buffer, source.byteOffset, source.byteLength)
  return Buffer.from(source)
}

/** Whether two configurations let a decoder go on from the packets of one to those of the other. */
export const equalConfigs = (a: DecoderConfig, b: DecoderConfig): boolean => configToBytes(a).equals(configToBytes(b))
