import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** SHA-256 of a file's content, in hexadecimal. */
export async function sha256OfFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  for await (const data of createReadStream(path, { highWaterMark: 1 << 20, signal })) hash.update(data as Buffer)
  return hash.digest('hex')
}
