/**
 * What a batch has done, as lines of JSON that are only ever appended, each on the disk before the next step is taken: a
 * batch that was interrupted, however hard, continues where it was.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { OutputError, outputError, type SerializedBatchError, systemCode } from './errors.js'
import { isAlive } from './file-writer.js'
import type { Job } from './job.js'
import type { ProbeResult } from './probe.js'
import type { TranscodeResult } from './result.js'

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

export interface StartRecord extends JobRecord {
  type: 'start'
}

export interface DoneRecord extends JobRecord {
  type: 'done'
  /** SHA-256. */
  inputHash: string
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

function takeLock(path: string): void {
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' })
      return
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw outputError(path, error)
      const pid = Number(readFileSync(path, 'utf8'))
      if (pid > 0 && pid !== process.pid && isAlive(pid)) {
        throw new OutputError('not-writable', `${path}: process ${pid} is at work on the same batch`)
      }
      // Whoever held it is gone.
      rmSync(path, { force: true })
    }
  }
}

/** The records of a journal; a last line that was cut off is none. */
export function readJournal(path: string): JournalRecord[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw outputError(path, error)
  }
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as JournalRecord]
    } catch {
      return []
    }
  })
}

export class Journal {
  readonly path: string
  readonly #file: FileHandle
  readonly #lock: string
  readonly #done = new Map<string, DoneRecord>()
  readonly #latest = new Map<string, DoneRecord | FailedRecord>()
  #writing: Promise<void> = Promise.resolve()

  private constructor(path: string, lock: string, file: FileHandle, records: readonly JournalRecord[]) {
    this.path = path
    this.#lock = lock
    this.#file = file
    for (const record of records) this.#remember(record)
  }

  /** @throws OutputError when it cannot be written, or another process is at work with it */
  static async open(path: string): Promise<Journal> {
    const lock = `${path}.lock`
    takeLock(lock)
    try {
      const records = readJournal(path)
      const file = await open(path, 'a+')
      // What was cut off must not become part of the next line.
      const { size } = await file.stat()
      const { buffer } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1))
      if (size > 0 && buffer.toString() !== '\n') await file.appendFile('\n')
      return new Journal(path, lock, file, records)
    } catch (error) {
      rmSync(lock, { force: true })
      throw outputError(path, error)
    }
  }

  /** What the same content and settings gave before. */
  done(key: string): DoneRecord | undefined {
    return this.#done.get(key)
  }

  /** The last that is known of each source. */
  latest(): Iterable<DoneRecord | FailedRecord> {
    return this.#latest.values()
  }

  #remember(record: JournalRecord): void {
    if (record.type === 'done') this.#done.set(record.key, record)
    if (record.type === 'done' || record.type === 'failed') this.#latest.set(record.input, record)
  }

  /** Resolves when the record is on the disk. */
  append(record: JournalRecord): Promise<void> {
    this.#remember(record)
    const written = this.#writing.then(async () => {
      try {
        await this.#file.appendFile(`${JSON.stringify(record)}\n`)
        await this.#file.datasync()
      } catch (error) {
        throw outputError(this.path, error)
      }
    })
    this.#writing = written.catch(() => {})
    return written
  }

  async close(): Promise<void> {
    await this.#writing
    await this.#file.close()
    rmSync(this.#lock, { force: true })
  }
}
