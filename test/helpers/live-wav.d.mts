export const SAMPLE_RATE: number
export function toneAt(index: number): number
export interface ToneServer {
  readonly port: number
  readonly url: string
  readonly connections: number
  breakOff(): void
  close(): Promise<void>
}
export function serveTone(options?: { port?: number }): Promise<ToneServer>
