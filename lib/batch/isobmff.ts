/** What is to be known of MP4 and MOV files before anyone reads them. */
import { InputError } from './errors.js'

/**
 * A file that ends within one of its top-level boxes was cut off.
 * @param read gives the bytes from a place on and before another
 * @throws InputError `truncated`
 */
export async function requireWholeBoxes(
  path: string,
  fileSize: number,
  read: (start: number, end: number) => Promise<Uint8Array>,
): Promise<void> {
  for (let position = 0; position < fileSize; ) {
    const bytes = await read(position, Math.min(position + 16, fileSize))
    const header = Buffer.alloc(16)
    header.set(bytes)
    const type = header.toString('latin1', 4, 8)
    if (position === 0 && type !== 'ftyp') return
    const size32 = header.readUInt32BE(0)
    const size = size32 === 1 ? Number(header.readBigUInt64BE(8)) : size32
    // A box of size 0 reaches to the end of the file. Fewer than 8 bytes are padding that some writers leave.
    if (size === 0 || bytes.length < 8) return
    if (size < 8 || position + size > fileSize) {
      throw new InputError('truncated', `${path}: the file is truncated (within its '${type}' box)`)
    }
    position += size
  }
}
