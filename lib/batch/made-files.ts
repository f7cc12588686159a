/** Whether what was made is still there. */
import { stat } from 'node:fs/promises'
import type { OutputResult } from './result.js'

const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => null))?.size ?? -1

/** Whether the files of outputs are there, with the sizes that they had. */
export async function arePresent(outputs: readonly OutputResult[]): Promise<boolean> {
  for (const { files, bytes } of outputs) {
    const sizes = await Promise.all(files.map(sizeOf))
    if (!sizes.every((size) => size >= 0) || sizes.reduce((sum, size) => sum + size, 0) !== bytes) return false
  }
  return true
}
