/** What is to be known of MP4 and MOV files before anyone reads them. */
import { open } from 'node:fs/promises'
import { InputError } from './errors.js'

/**
 * A file that ends within one of its top-level boxes was cut off.
 * @throws InputError `truncated`
 */
export async function requireWholeBoxes(path: string, fileSize: number): Promise<void> {
  const file = await open(path)
  try {
    const header = Buffer.alloc(16)
    for (let position = 0; position < fileSize; ) {
      const { bytesRead } = await file.read(header, 0, 16, position)
      const type = header.toString('latin1', 4, 8)
      if (position === 0 && type !== 'ftyp') return
      const size32 = header.readUInt32BE(0)
      const size = size32 === 1 ? Number(header.readBigUInt64BE(8)) : size32
      // A box of size 0 reaches to the end of the file. Fewer than 8 bytes are padding that some writers leave.
      if (size === 0 || bytesRead < 8) return
      if (size < 8 || position + size > fileSize) {
        throw new InputError('truncated', `${path}: the file is truncated (within its '${type}' box)`)
      }
      position += size
    }
  } finally {
    await file.close()
  }
}
