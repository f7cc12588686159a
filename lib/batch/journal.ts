/**
 * What a batch has done, as lines of JSON that are only ever added, each where it stays before the next step is taken: a
 * batch that was interrupted, however hard, continues where it was.
 */
import type { SerializedBatchError } from './errors.js'
import type { Job } from './job.js'
import { FileLog, readFileLog } from './journal/file-log.js'
import type { Log } from './journal/log.js'
import { readStoreLog, StoreLog } from './journal/store-log.js'
import type { ProbeResult } from './probe.js'
import type { TranscodeResult } from './result.js'
import { Locations } from './storage/locations.js'
import type { S3Options } from './storage/s3.js'

interface RecordBase {
  /** Milliseconds since 1970. */
  time: number
}

/** A batch begins or goes on. */
export interface BatchRecord extends RecordBase {
  type: 'batch'
  version: string
  inputs: number
}

interface JobRecord extends RecordBase {
  /** Of the content of the source and the settings: equal keys mean equal outputs. */
  key: string
  input: string
}

interface SourceRecord extends JobRecord {
  /** SHA-256. */
  inputHash: string
  /** The ETag of a source in a store: while that is the same, so is the content. */
  inputTag?: string | undefined
}

export interface StartRecord extends SourceRecord {
  type: 'start'
}

export interface DoneRecord extends SourceRecord {
  type: 'done'
  /** What was made of it. */
  job: Job
  /** What went in. */
  probe: ProbeResult
  /** What came out: sizes, bitrates, bytes of each second, the time it took. */
  result: TranscodeResult
  /** Whether the outputs are copies of what the same content gave before. */
  copied: boolean
}

export interface FailedRecord extends JobRecord {
  type: 'failed'
  error: SerializedBatchError
}

export type JournalRecord = BatchRecord | StartRecord | DoneRecord | FailedRecord

/**
 * The records of a journal, a file or a folder in a store; a last line that was cut off is none.
 * @throws OutputError, StorageError
 */
export async function readJournal(
  address: string,
  { s3 }: { s3?: S3Options | undefined } = {},
): Promise<JournalRecord[]> {
  const locations = new Locations(s3)
  try {
    const located = await locations.locate(address)
    const path = located.storage.localPath(located.key)
    return parseLines(await (path === null ? readStoreLog(located) : readFileLog(path)))
  } finally {
    await locations.close()
  }
}

const parseLines = (text: string): JournalRecord[] =>
  text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as JournalRecord]
    } catch {
      return []
    }
  })

export class Journal {
  /** Address of the file, or of the folder in a store. */
  readonly path: string
  readonly #log: Log
  /** By key, then by source: several may have the same content. */
  readonly #done = new Map<string, Map<string, DoneRecord>>()
  readonly #latest = new Map<string, DoneRecord | FailedRecord>()
  readonly #hashes = new Map<string, string>()
  #closed: Promise<void> | null = null

  private constructor(path: string, log: Log, records: readonly JournalRecord[]) {
    this.path = path
    this.#log = log
    for (const record of records) this.#remember(record)
  }

  /** @throws OutputError, StorageError when it cannot be written, or another process is at work with it */
  static async open(address: string, locations: Locations, signal?: AbortSignal): Promise<Journal> {
    const located = await locations.locate(address)
    const path = located.storage.localPath(located.key)
    const { log, text } = path === null ? await StoreLog.open(located, signal) : await FileLog.open(path)
    return new Journal(address, log, parseLines(text))
  }

  /** What the same content and settings gave before, under each name that it had, the latest first. */
  done(key: string): DoneRecord[] {
    return [...(this.#done.get(key)?.values() ?? [])].reverse()
  }

  /** The last that is known of each source. */
  latest(): Iterable<DoneRecord | FailedRecord> {
    return this.#latest.values()
  }

  /** SHA-256 of a source in a store, where it was read before and has had the same ETag since. */
  hashOf(input: string, tag: string): string | undefined {
    return this.#hashes.get(`${tag} ${input}`)
  }

  #remember(record: JournalRecord): void {
    if (record.type === 'done') {
      const records = this.#done.get(record.key) ?? new Map<string, DoneRecord>()
      records.delete(record.input)
      this.#done.set(record.key, records.set(record.input, record))
    }
    if (record.type === 'done' || record.type === 'failed') this.#latest.set(record.input, record)
    if ('inputTag' in record && record.inputTag !== undefined) {
      this.#hashes.set(`${record.inputTag} ${record.input}`, record.inputHash)
    }
  }

  /** Resolves when the record is where it stays. */
  append(record: JournalRecord): Promise<void> {
    this.#remember(record)
    return this.#log.append(`${JSON.stringify(record)}\n`)
  }

  close(): Promise<void> {
    this.#closed ??= this.#log.close()
    return this.#closed
  }
}
