/** Lines that are only ever added to. */
export interface Log {
  /** Resolves when the line, which ends with a line feed, is where it stays. @throws BatchError */
  append(line: string): Promise<void>
  close(): Promise<void>
}
